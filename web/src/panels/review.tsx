/** What a processed upload says about itself: before and after, what was found, what was mended. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Avatar, Finding, Tally } from "../api/types";
import { JobProgress, ProblemNote } from "../ui/feedback";
import { count } from "../ui/format";
import { fixesWith, type Again } from "./again";
import { Findings } from "./finding_list";
import { Sureness } from "./joint_panel";
import type { Joints } from "./joints";
import type { SourceStudio } from "./source";

/** What the panels of a processed avatar share. source: null where the upload is not shown. */
export interface Review {
  source: SourceStudio | null;
  joints: Joints;
  again: Again;
}

/** A job on its way, or what became of it, above the panels. */
export function AgainNote({ avatar, again }: { avatar: Avatar; again: Again }): JSX.Element | null {
  const { state } = again;
  if (state.kind === "sending" || state.kind === "running") {
    return <JobProgress progress={state.kind === "running" ? state.progress : null} upload={null} onCancel={again.cancel} />;
  }
  if (state.kind !== "failed") return null;
  const options = avatar.options ?? {};
  return (
    <ProblemNote
      problem={state.problem}
      onFix={(action) => again.run({ fixes: fixesWith(action, state.problem.findings ?? [], options) })}
    />
  );
}

const SEVERITIES: Finding["severity"][] = ["error", "warning", "info", "hint"];

export function BeforeAfter({ avatar }: { avatar: Avatar }): JSX.Element {
  const { source, findings } = avatar;
  const rows: [string, number | undefined, number][] = [
    ["Triangles", source?.triangles, avatar.face_count],
    ["Vertices", source?.vertices, avatar.vertex_count],
    ["Joints", source?.joints, avatar.bone_count],
    ["Shapes", source?.morphs, avatar.morph_names.length],
  ];
  return (
    <section class="block">
      <h3>Before and after</h3>
      <table class="table table-tight numbers">
        <thead>
          <tr>
            <th scope="col" />
            <th scope="col" class="right">
              Uploaded
            </th>
            <th scope="col" class="right">
              Result
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, before, after]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td class="right">{before === undefined ? "–" : count(before)}</td>
              <td class="right">{count(after)}</td>
            </tr>
          ))}
          {findings &&
            SEVERITIES.filter((s) => findings.before[s] + findings.after[s] > 0).map((s) => (
              <tr key={s}>
                <th scope="row">Findings: {s}</th>
                <td class="right">{findings.before[s]}</td>
                <td class="right">{findings.after[s]}</td>
              </tr>
            ))}
        </tbody>
      </table>
      {(source?.notes?.length ?? 0) + (avatar.notes?.length ?? 0) > 0 && (
        <ul class="plain-notes">
          {[...(source?.notes ?? []), ...(avatar.notes ?? [])].map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function Mended({ avatar }: { avatar: Avatar }): JSX.Element | null {
  const fixed = avatar.fixes_applied ?? [];
  if (fixed.length === 0) return null;
  return (
    <section class="block">
      <h3>Fixes applied</h3>
      <ul class="words">
        {fixed.map((f) => (
          <li key={f.id} class="word">
            <b>{f.id.replaceAll("-", " ")}</b>
            <span>{f.words}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const STATES: Record<string, string> = {
  kept: "the file's own, kept",
  mapped: "the file's own, mapped to ours",
  created: "found in the shape",
};

export function RigSummary({ avatar }: { avatar: Avatar }): JSX.Element | null {
  const { rig } = avatar;
  if (!rig) return null;
  return (
    <section class="block">
      <h3>Skeleton</h3>
      <p>
        {Object.keys(rig.joints).length} joints, {STATES[rig.state] ?? rig.state}
        {rig.family ? ` (${rig.family})` : ""}. <Sureness p={rig.confidence} />
      </p>
      {(rig.notes?.length ?? 0) > 0 && (
        <ul class="plain-notes">
          {rig.notes?.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Findings in the upload, which can be shown in it, and those that are left in the result. */
export function FindingsReview({ avatar, review }: { avatar: Avatar; review: Review }): JSX.Element {
  const { source, again } = review;
  useEffect(() => () => source?.mark(null), []);
  const before: Tally | undefined = avatar.findings?.before;
  const applied = new Set((avatar.fixes_applied ?? []).map((f) => f.id));
  const busy = again.state.kind === "sending" || again.state.kind === "running";
  const fix = (action: string): void =>
    again.run({ fixes: fixesWith(action, before?.findings ?? [], avatar.options ?? {}) });
  return (
    <>
      <section class="block">
        <h3>In the uploaded file</h3>
        <Findings
          findings={before?.findings ?? []}
          onMark={source?.ready ? source.mark : undefined}
          marked={source?.marked}
          onFix={busy ? undefined : fix}
          applied={applied}
        />
      </section>
      <section class="block">
        <h3>Left in the result</h3>
        <Findings findings={[...(avatar.findings?.after.findings ?? []), ...(avatar.validation?.findings ?? [])]} />
      </section>
    </>
  );
}
