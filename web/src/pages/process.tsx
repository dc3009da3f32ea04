import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import * as api from "../api/client";
import { useJob } from "../api/job";
import { Findings, ResultPanel } from "../panels/result";
import { useStudio } from "../panels/studio";
import { Viewport } from "../panels/viewport";
import { JobProgress, ProblemNote } from "../ui/feedback";
import { bytes } from "../ui/format";
import { Icon } from "../ui/icons";
import { useLoaded } from "../ui/use";

export function ProcessPage(): JSX.Element {
  const platforms = useLoaded(api.platforms);
  const { state, run, cancel } = useJob();
  const [file, setFile] = useState<File | null>(null);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const avatar = state.kind === "done" ? state.avatar : null;
  const studio = useStudio(avatar);
  const busy = state.kind === "sending" || state.kind === "running";

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    if (!file) return input.current?.click();
    run((told, signal) => api.startProcess(file, String(form.get("platform")), form.has("auto_fix"), told, signal));
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer?.files[0];
    if (dropped) setFile(dropped);
  };

  return (
    <div class={avatar ? "studio" : "studio studio-two"}>
      <aside class="side" aria-label="What to process">
        <form class="recipe-form" onSubmit={submit}>
          <div>
            <h1 class="side-title">Upload & process</h1>
            <p class="faint">A character is read, checked against the platform's rules and written for it.</p>
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
                <span class="faint">GLB</span>
              </p>
            )}
            <label class="button button-small">
              {file ? "Choose another" : "Choose a file"}
              <input
                ref={input}
                class="hidden"
                type="file"
                name="mesh"
                accept=".glb,model/gltf-binary"
                onChange={(e) => setFile(e.currentTarget.files?.[0] ?? null)}
              />
            </label>
          </div>
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
          <label class="check">
            <input type="checkbox" name="auto_fix" defaultChecked />
            <span>
              <b>Repair</b>
              <small>Fix what can be fixed without asking</small>
            </span>
          </label>
          <div class="form-end">
            <button class="button button-primary button-wide" disabled={busy || !file}>
              <Icon name="upload" />
              {busy ? "Processing…" : "Process"}
            </button>
          </div>
          {platforms.problem && <ProblemNote problem={platforms.problem} />}
        </form>
      </aside>
      <Viewport studio={studio}>
        {busy && (
          <JobProgress
            progress={state.kind === "running" ? state.progress : null}
            upload={state.kind === "sending" ? state.share : 1}
            onCancel={cancel}
          />
        )}
        {state.kind === "failed" && (
          <div class="stack">
            <ProblemNote problem={state.problem} />
            {state.problem.findings && (
              <div class="card">
                <Findings findings={state.problem.findings} />
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
      {avatar && (
        <aside class="side side-right" aria-label="What was made">
          <ResultPanel key={avatar.avatar_id} avatar={avatar} studio={studio} />
        </aside>
      )}
    </div>
  );
}
