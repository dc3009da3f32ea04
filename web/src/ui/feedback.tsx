/** What the pages say back: waiting, progress, problems, "copied". */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem, Progress } from "../api/types";
import { Icon } from "./icons";

export function Busy({ label, full = false }: { label: string; full?: boolean }): JSX.Element {
  return (
    <div class={full ? "busy busy-full" : "busy"} role="status">
      <span class="spinner" aria-hidden="true" />
      <span>{label}…</span>
    </div>
  );
}

export function ProblemNote({ problem, onFix }: { problem: Problem; onFix?: ((action: string) => void) | undefined }): JSX.Element {
  return (
    <div class="note note-bad" role="alert">
      <Icon name="warn" />
      <div>
        <strong>{problem.error}</strong>
        <p>{problem.detail}</p>
        {(problem.issues?.length ?? 0) > 1 && (
          <ul>
            {problem.issues?.map((issue) => (
              <li key={issue.pointer}>
                <code>{issue.pointer}</code> {issue.message}
              </li>
            ))}
          </ul>
        )}
        {problem.suggestions.length > 0 && (
          <ul class="suggestions">
            {problem.suggestions.map((s) => (
              <li key={s.title}>
                <b>{s.title}</b> {s.description}
                {s.action && onFix && (
                  <button class="button button-small" type="button" onClick={() => onFix(s.action ?? "")}>
                    Apply this fix
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
        {problem.request_id && <p class="faint">Request {problem.request_id}</p>}
      </div>
    </div>
  );
}

/** Stages as the service names them, in its order, in words. */
const STAGES: [string, string][] = [
  ["queued", "Waiting"],
  ["reading", "Reading"],
  ["checking", "Checking"],
  ["repairing", "Repairing"],
  ["body", "Shaping the body"],
  ["dressing", "Dressing"],
  ["rigging", "Placing the skeleton"],
  ["skinning", "Binding the skin"],
  ["face", "Shaping expressions"],
  ["lods", "Levels of detail"],
  ["texturing", "Painting"],
  ["exporting", "Writing files"],
  ["export_ready", "Ready"],
];

export function stageTitle(stage: string): string {
  return STAGES.find(([id]) => id === stage)?.[1] ?? stage;
}

/** `upload`: the share that was sent so far, for files; null when there is none to send. */
export function JobProgress(props: {
  progress: Progress | null;
  upload: number | null;
  onCancel: () => void;
}): JSX.Element {
  const { progress, upload } = props;
  const sending = upload !== null && upload < 1;
  const share = sending ? upload : (progress?.progress ?? 0);
  const title = sending ? "Sending the file" : progress ? stageTitle(progress.stage) : "Starting";
  return (
    <div class="job" role="status" aria-live="polite">
      <div class="job-line">
        <strong>{title}</strong>
        <span class="numbers">{Math.round(share * 100)} %</span>
      </div>
      <progress value={share} max={1} aria-label={title} />
      <div class="job-line faint">
        <span>{progress && !sending ? progress.title : " "}</span>
        <button class="button button-small" type="button" onClick={props.onCancel}>
          Cancel
        </button>
      </div>
    </div>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }): JSX.Element {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    await writeClipboard(text);
    setCopied(true);
  };
  return (
    <button class="button button-small" type="button" onClick={() => void copy()} aria-live="polite">
      <Icon name={copied ? "check" : "copy"} />
      {copied ? "Copied" : label}
    </button>
  );
}

/** navigator.clipboard is only there on https and localhost; a self-hosted service may be on neither. */
async function writeClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
