import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import * as api from "../api/client";
import { problemOf, useJob } from "../api/job";
import type { Avatar, Problem } from "../api/types";
import { useAgain } from "../panels/again";
import { useJoints } from "../panels/joints";
import { ResultPanel } from "../panels/result";
import { useSource, type SourceFile } from "../panels/source";
import { SourceView } from "../panels/source_view";
import { useStudio } from "../panels/studio";
import { Viewport } from "../panels/viewport";
import { Busy, JobProgress, ProblemNote } from "../ui/feedback";
import { Icon } from "../ui/icons";
import { Brand, Link } from "../ui/shell";
import { nameOf } from "./avatars";

/**
 * `?avatar_id=` shows an avatar, with `&share=` to whoever has the link; `?preset=` makes the preset once a day and
 * shows it.
 */
export function PreviewPage({ address }: { address: URL }): JSX.Element {
  const id = address.searchParams.get("avatar_id");
  const preset = address.searchParams.get("preset");
  const share = address.searchParams.get("share");
  const [loaded, setLoaded] = useState<Avatar | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { state, run, cancel } = useJob();

  useEffect(() => {
    setLoaded(null);
    setProblem(null);
    if (id) api.avatar(id, share).then(setLoaded, (error: unknown) => setProblem(problemOf(error)));
    else if (preset) run(() => api.startGenerate({ preset }, `preview of ${preset}`));
  }, [id, preset, share]);

  const avatar = loaded ?? (state.kind === "done" ? state.avatar : null);
  const failure = problem ?? (state.kind === "failed" ? state.problem : null);
  const studio = useStudio(avatar);
  const [open, setOpen] = useState(true);
  const [beside, setBeside] = useState(true);
  const uploaded = useMemo(() => sourceOf(avatar), [avatar]);
  const file = beside ? uploaded : null;
  const source = useSource(file);
  const joints = useJoints(avatar?.rig ?? null, source.ready ? source.stage : null, avatar?.avatar_id ?? "");
  const again = useAgain(avatar);
  const review = uploaded && share === null ? { source: file ? source : null, joints, again } : undefined;
  // What is looked at on one side is looked at on the other.
  useEffect(() => {
    const [a, b] = [source.stage, studio.stage];
    if (!a || !b || !file) return;
    b.link(a);
    a.link(b);
    return () => {
      a.link(null);
      b.link(null);
    };
  }, [source.stage, studio.stage, file]);
  // Whichever comes last would frame itself; the result is the wider one, with its arms out.
  const both = source.ready && studio.facts !== null;
  useEffect(() => {
    if (both) studio.stage?.view("full", false);
  }, [both, studio.stage]);
  return (
    <div class="preview">
      <header class="preview-head">
        {share === null ? (
          <Link to="/avatars" class="brand">
            <Brand />
          </Link>
        ) : (
          <span class="brand">
            <Brand />
          </span>
        )}
        {avatar && (
          <p class="preview-name">
            <b>{nameOf(avatar)}</b> <span class="tag">{avatar.platform}</span>
          </p>
        )}
        <span class="row">
          {avatar?.files[0] && (
            <a class="button button-small" href={api.localPath(avatar.files[0].url)} download={avatar.files[0].name}>
              <Icon name="download" />
              Download
            </a>
          )}
          {uploaded && (
            <button class="button button-small" type="button" aria-pressed={beside} onClick={() => setBeside(!beside)}>
              {beside ? "Hide upload" : "Show upload"}
            </button>
          )}
          {avatar && (
            <button class="button button-small" type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? "Hide panel" : "Show panel"}
            </button>
          )}
        </span>
      </header>
      <div class={avatar && open ? "studio studio-preview" : "studio studio-one"}>
        <div class={file ? "pair" : "pair pair-one"}>
          {file && <SourceView source={source} name={file.name} />}
          <Viewport studio={studio}>
            {failure ? (
              <ProblemNote problem={failure} />
            ) : state.kind === "running" || state.kind === "sending" ? (
              <JobProgress progress={state.kind === "running" ? state.progress : null} upload={null} onCancel={cancel} />
            ) : id || preset ? (
              <Busy label="Loading the avatar" />
            ) : (
              <div class="invite">
                <h2>Whom do you want to see?</h2>
                <p>
                  Add <code>?avatar_id=…</code> or <code>?preset=…</code> to the address, or pick one from the list.
                </p>
                <Link to="/avatars" class="button">
                  Avatars
                </Link>
              </div>
            )}
          </Viewport>
        </div>
        {avatar && open && (
          <aside class="side side-right" aria-label="About the avatar">
            <ResultPanel key={avatar.avatar_id} avatar={avatar} studio={studio} review={review} />
          </aside>
        )}
      </div>
    </div>
  );
}

/** What the avatar was made from, when it was made from a file. */
function sourceOf(avatar: Avatar | null): SourceFile | null {
  const found = avatar?.files.find((f) => f.role === "source");
  if (!avatar || !found) return null;
  return {
    key: found.url,
    name: found.uploaded_as ?? found.name,
    load: (signal, told) => api.download(api.localPath(found.url), signal, told),
    box: avatar.source?.box ?? null,
    placing: avatar.rig?.transform ?? null,
  };
}
