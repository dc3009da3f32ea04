import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import * as api from "../api/client";
import { useJob } from "../api/job";
import type { ProcessOptions, Problem } from "../api/types";
import { fixesWith } from "../panels/again";
import { ClipChoice, clipsOf } from "../panels/clip_choice";
import { Findings } from "../panels/finding_list";
import { JointPanel } from "../panels/joint_panel";
import { useJoints } from "../panels/joints";
import { ResultPanel } from "../panels/result";
import { useSource, type SourceFile } from "../panels/source";
import { SourceView } from "../panels/source_view";
import { useStudio } from "../panels/studio";
import { Uncertain } from "../panels/uncertain";
import { Viewport } from "../panels/viewport";
import { JobProgress, ProblemNote } from "../ui/feedback";
import { bytes } from "../ui/format";
import { Icon } from "../ui/icons";
import { useLoaded } from "../ui/use";

/** What the service reads. `.gltf` comes as a zip, with its files beside it. */
const READABLE = [".glb", ".gltf", ".vrm", ".fbx", ".obj", ".ply", ".stl", ".dae", ".usdz", ".usda", ".usdc", ".usd", ".zip"];

export function ProcessPage(): JSX.Element {
  const platforms = useLoaded(api.platforms);
  const animations = useLoaded(api.animations);
  const { state, run, cancel } = useJob();
  const [file, setFile] = useState<File | null>(null);
  const [over, setOver] = useState(false);
  const [byHand, setByHand] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const sent = useRef<{ file: File; options: ProcessOptions } | null>(null);
  const avatar = state.kind === "done" ? state.avatar : null;
  const studio = useStudio(avatar);
  const busy = state.kind === "sending" || state.kind === "running";
  const problem = state.kind === "failed" ? state.problem : null;

  const rig = problem?.rig ?? null;
  const local = useMemo<SourceFile | null>(() => {
    const of = sent.current?.file;
    if (!byHand || !rig || !of) return null;
    const load = (): Promise<ArrayBuffer> => of.arrayBuffer();
    return { key: `${of.name} ${of.size} ${of.lastModified}`, name: of.name, load, box: null, placing: rig.transform ?? null };
  }, [byHand, rig]);
  const source = useSource(local);
  const joints = useJoints(rig, source.stage, "local");

  const start = (of: File, options: ProcessOptions): void => {
    sent.current = { file: of, options };
    setByHand(false);
    run((told, signal) => api.startProcess(of, options, told, signal));
  };
  /** The same again, with something changed. */
  const again = (changes: ProcessOptions): void => {
    if (sent.current) start(sent.current.file, { ...sent.current.options, ...changes });
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    if (!file) return input.current?.click();
    start(file, optionsOf(form));
  };
  const fix = (of: Problem) => (action: string): void =>
    again({ fixes: fixesWith(action, of.findings ?? [], sent.current?.options ?? {}) });
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer?.files[0];
    if (dropped) setFile(dropped);
  };

  return (
    <div class={avatar || local ? "studio" : "studio studio-two"}>
      <aside class="side" aria-label="What to process">
        <form class="recipe-form" onSubmit={submit}>
          <div>
            <h1 class="side-title">Upload & process</h1>
            <p class="faint">A character is read, checked, mended, rigged where it has no skeleton, and written for an engine.</p>
          </div>
          <div
            class={over ? "drop is-over" : "drop"}
            onDragOver={(e) => {
              e.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={drop}
          >
            <Icon name="upload" />
            {file ? (
              <p>
                <b class="file-name">{file.name}</b>
                <br />
                <span class="faint">{bytes(file.size)}</span>
              </p>
            ) : (
              <p>
                Drop a file here
                <br />
                <span class="faint">GLB, VRM, FBX, OBJ, PLY, STL, DAE, USDZ; glTF or OBJ with their files as ZIP</span>
              </p>
            )}
            <label class="button button-small">
              {file ? "Choose another" : "Choose a file"}
              <input
                ref={input}
                class="hidden"
                type="file"
                name="mesh"
                accept={READABLE.join(",")}
                onChange={(e) => setFile(e.currentTarget.files?.[0] ?? null)}
              />
            </label>
          </div>
          <div class="grid-two">
            <label class="field">
              <span>Platform</span>
              <select name="platform" key={platforms.data ? "loaded" : "empty"}>
                {(platforms.data ?? []).map((p) => (
                  <option key={p.id} value={p.id} selected={p.id === "web"}>
                    {p.title}
                  </option>
                ))}
              </select>
            </label>
            <label class="field">
              <span>Rest pose</span>
              <select name="pose">
                <option value="T">T-pose</option>
                <option value="A">A-pose</option>
                <option value="keep">As in the file</option>
              </select>
            </label>
          </div>
          <div class="checks">
            <Check name="auto_fix" label="Repair" note="Fix what can be fixed without asking" on />
            <Check name="face" label="Face" note="Give it expressions when a face is found" on />
            <Check name="lods" label="Levels of detail" note="Write coarser levels too" on />
          </div>
          {animations.data && <ClipChoice clips={animations.data} />}
          <details class="more">
            <summary>More</summary>
            <div class="grid-two">
              <label class="field">
                <span>Largest texture</span>
                <select name="texture_size">
                  <option value="">By platform</option>
                  {[256, 512, 1024, 2048, 4096].map((n) => (
                    <option key={n} value={n}>
                      {n} px
                    </option>
                  ))}
                </select>
              </label>
              <label class="field">
                <span>Compression</span>
                <select name="compression">
                  <option value="none">None</option>
                  <option value="meshopt">meshopt</option>
                  <option value="draco">Draco</option>
                </select>
              </label>
              <label class="field">
                <span>Least confidence</span>
                <input type="number" name="min_confidence" min={0} max={1} step={0.05} defaultValue="0.5" />
              </label>
            </div>
          </details>
          <div class="form-end">
            <button class="button button-primary button-wide" disabled={busy || !file}>
              <Icon name="upload" />
              {busy ? "Processing…" : "Process"}
            </button>
          </div>
          {platforms.problem && <ProblemNote problem={platforms.problem} />}
        </form>
      </aside>
      {local ? (
        <SourceView source={source} name={local.name} />
      ) : (
        <Viewport studio={studio}>
          {busy && (
            <JobProgress
              progress={state.kind === "running" ? state.progress : null}
              upload={state.kind === "sending" ? state.share : 1}
              onCancel={cancel}
            />
          )}
          {problem && (
            <div class="stack">
              <ProblemNote problem={problem} onFix={fix(problem)} />
              <Uncertain
                problem={problem}
                onPlace={rig ? () => setByHand(true) : undefined}
                onAccept={() => again({ min_confidence: 0 })}
              />
              {problem.findings && (
                <div class="card">
                  <Findings findings={problem.findings} onFix={fix(problem)} />
                </div>
              )}
            </div>
          )}
          {state.kind === "idle" && (
            <div class="invite">
              <Icon name="upload" />
              <h2>Bring your own character</h2>
              <p>The processed file appears here, with its findings beside it.</p>
            </div>
          )}
        </Viewport>
      )}
      {local && rig && (
        <aside class="side side-right side-plain" aria-label="Joints">
          <JointPanel rig={rig} joints={joints} busy={busy} onReskin={() => again({ hints: joints.hints() })} />
        </aside>
      )}
      {avatar && (
        <aside class="side side-right" aria-label="What was made">
          <ResultPanel key={avatar.avatar_id} avatar={avatar} studio={studio} />
        </aside>
      )}
    </div>
  );
}

function Check(props: { name: string; label: string; note: string; on: boolean }): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" name={props.name} defaultChecked={props.on} />
      <span>
        <b>{props.label}</b>
        <small>{props.note}</small>
      </span>
    </label>
  );
}

function optionsOf(form: FormData): ProcessOptions {
  const size = Number(form.get("texture_size"));
  return {
    platform: String(form.get("platform")),
    pose: String(form.get("pose")) as "T" | "A" | "keep",
    auto_fix: form.has("auto_fix"),
    no_face: !form.has("face"),
    lods: form.has("lods"),
    compression: String(form.get("compression")),
    min_confidence: Number(form.get("min_confidence")),
    ...(size ? { texture_size: size } : {}),
    ...clipsOf(form),
  };
}
