import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../api/client";
import { useJob } from "../api/job";
import type { ClipInfo, Platform, Preset, Recipe } from "../api/types";
import { ClipChoice, clipsOf } from "../panels/clip_choice";
import { ResultPanel } from "../panels/result";
import { useStudio } from "../panels/studio";
import { Viewport } from "../panels/viewport";
import { Busy, JobProgress, ProblemNote } from "../ui/feedback";
import { Icon } from "../ui/icons";
import { PatientImage } from "../ui/patient_image";
import { useLoaded } from "../ui/use";

const IDEAS = ["tall athletic male", "slim female elf, silver hair", "old wizard with a long robe", "muscular woman, red hair"];

export function GeneratePage(): JSX.Element {
  const presets = useLoaded(api.presets);
  const platforms = useLoaded(api.platforms);
  const animations = useLoaded(api.animations);
  const { state, run, cancel } = useJob();
  const avatar = state.kind === "done" ? state.avatar : null;
  const studio = useStudio(avatar);
  const busy = state.kind === "sending" || state.kind === "running";

  return (
    <div class={avatar ? "studio" : "studio studio-two"}>
      <aside class="side" aria-label="What to make">
        <RecipeForm
          presets={presets.data}
          platforms={platforms.data}
          animations={animations.data}
          busy={busy}
          onSubmit={(recipe) => run(() => api.startGenerate(recipe))}
        />
        {(presets.problem ?? platforms.problem) && <ProblemNote problem={(presets.problem ?? platforms.problem)!} />}
      </aside>
      <Viewport studio={studio}>
        {busy && (
          <JobProgress progress={state.kind === "running" ? state.progress : null} upload={null} onCancel={cancel} />
        )}
        {state.kind === "failed" && <ProblemNote problem={state.problem} />}
        {state.kind === "idle" && (
          <div class="invite">
            <Icon name="spark" />
            <h2>Nobody here yet</h2>
            <p>Choose a preset, or say in a few words who it should be.</p>
          </div>
        )}
      </Viewport>
      {avatar && (
        <aside class="side side-right" aria-label="What was made">
          <ResultPanel key={avatar.avatar_id} avatar={avatar} studio={studio} />
        </aside>
      )}
    </div>
  );
}

function RecipeForm(props: {
  presets: Preset[] | null;
  platforms: Platform[] | null;
  animations: ClipInfo[] | null;
  busy: boolean;
  onSubmit: (recipe: Recipe) => void;
}): JSX.Element {
  const [preset, setPreset] = useState("");
  const [prompt, setPrompt] = useState("");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    props.onSubmit(recipeOf(form));
  };
  return (
    <form class="recipe-form" onSubmit={submit}>
      <fieldset class="presets">
        <legend>Preset</legend>
        {!props.presets && <Busy label="Loading presets" />}
        <div class="preset-grid">
          {props.presets && <PresetCard preset={null} chosen={preset === ""} onChoose={() => setPreset("")} />}
          {props.presets?.map((p) => (
            <PresetCard key={p.id} preset={p} chosen={preset === p.id} onChoose={() => setPreset(p.id)} />
          ))}
        </div>
      </fieldset>
      <label class="field">
        <span>In words</span>
        <textarea
          name="prompt"
          rows={3}
          maxLength={2000}
          placeholder="tall athletic male with short red hair"
          value={prompt}
          onInput={(e) => setPrompt(e.currentTarget.value)}
        />
      </label>
      <div class="ideas" aria-label="Ideas">
        {IDEAS.map((idea) => (
          <button key={idea} type="button" class="chip" onClick={() => setPrompt(idea)}>
            {idea}
          </button>
        ))}
      </div>
      <label class="field">
        <span>Platform</span>
        <select name="platform" defaultValue="web" key={props.platforms ? "loaded" : "empty"}>
          {(props.platforms ?? [{ id: "web", title: "Web", formats: [] }]).map((p) => (
            <option key={p.id} value={p.id} selected={p.id === "web"}>
              {p.title}
            </option>
          ))}
        </select>
      </label>
      <fieldset class="checks">
        <legend class="hidden">What the file holds</legend>
        <Check name="morph_targets" title="Expressions" about="ARKit shapes, visemes and extras" on />
        <Check name="lods" title="Levels of detail" about="Three coarser levels beside the full one" on />
        <Check name="no_face" title="Still face" about="No shapes; eyes and jaw do not move" />
      </fieldset>
      {props.animations && <ClipChoice clips={props.animations} />}
      <details class="more">
        <summary>More options</summary>
        <div class="grid-two">
          <Choice name="pose" label="Rest pose" options={[["T", "T pose"], ["A", "A pose"]]} />
          <Choice
            name="compression"
            label="Compression"
            options={[["none", "None"], ["meshopt", "meshopt"]]}
          />
          <Choice
            name="texture_size"
            label="Texture size"
            options={[["", "Platform's own"], ["512", "512"], ["1024", "1024"], ["2048", "2048"], ["4096", "4096"]]}
          />
          <Choice
            name="texture_format"
            label="Texture format"
            options={[["auto", "Automatic"], ["png", "PNG"], ["jpeg", "JPEG"], ["webp", "WebP"]]}
          />
          <Choice name="atlas" label="Texture atlas" options={[["", "Platform's own"], ["yes", "Yes"], ["no", "No"]]} />
          <label class="field">
            <span>Seed</span>
            <input name="seed" type="number" min={0} max={9007199254740991} step={1} defaultValue="0" />
          </label>
        </div>
        <label class="field">
          <span>Name</span>
          <input name="name" maxLength={64} placeholder="Used in file and node names" autocomplete="off" />
        </label>
      </details>
      <div class="form-end">
        <button class="button button-primary button-wide" disabled={props.busy}>
          <Icon name="spark" />
          {props.busy ? "Generating…" : "Generate avatar"}
        </button>
      </div>
    </form>
  );
}

function PresetCard(props: { preset: Preset | null; chosen: boolean; onChoose: () => void }): JSX.Element {
  const { preset } = props;
  return (
    <label class={props.chosen ? "preset is-chosen" : "preset"} title={preset?.about ?? "Only the words"}>
      <input type="radio" name="preset" value={preset?.id ?? ""} checked={props.chosen} onChange={props.onChoose} />
      <span class="preset-picture" aria-hidden="true">
        {preset ? (
          <PatientImage src={api.presetPicture(preset)}>
            <span class="preset-letter">{preset.title.charAt(0)}</span>
          </PatientImage>
        ) : (
          <Icon name="spark" />
        )}
      </span>
      <span class="preset-title">{preset?.title ?? "None"}</span>
    </label>
  );
}

function Check(props: { name: string; title: string; about: string; on?: boolean }): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" name={props.name} defaultChecked={props.on ?? false} />
      <span>
        <b>{props.title}</b>
        <small>{props.about}</small>
      </span>
    </label>
  );
}

function Choice(props: { name: string; label: string; options: [string, string][] }): JSX.Element {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select name={props.name}>
        {props.options.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The form as a request: what was left alone is left out. */
export function recipeOf(form: FormData): Recipe {
  const text = (name: string): string => String(form.get(name) ?? "").trim();
  const recipe: Recipe = {
    platform: text("platform") || "web",
    morph_targets: form.has("morph_targets"),
    lods: form.has("lods"),
    no_face: form.has("no_face"),
  };
  if (text("preset")) recipe.preset = text("preset");
  if (text("prompt")) recipe.prompt = text("prompt");
  if (text("name")) recipe.name = text("name");
  if (text("pose") === "A") recipe.pose = "A";
  if (text("compression") && text("compression") !== "none") recipe.compression = text("compression");
  if (text("texture_size")) recipe.texture_size = Number(text("texture_size"));
  if (text("texture_format") && text("texture_format") !== "auto") recipe.texture_format = text("texture_format");
  if (text("atlas")) recipe.atlas = text("atlas") === "yes";
  if (Number(text("seed")) > 0) recipe.seed = Number(text("seed"));
  return { ...recipe, ...clipsOf(form) };
}
