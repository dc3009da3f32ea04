/** What was made and how: files, words, findings, levels, recipe. */

import type { JSX } from "preact";
import * as api from "../api/client";
import type { Avatar } from "../api/types";
import { CopyButton, ProblemNote } from "../ui/feedback";
import { bytes, count, millimetres } from "../ui/format";
import { Icon } from "../ui/icons";
import { Link } from "../ui/shell";
import { Tabs, type Tab } from "../ui/tabs";
import { Findings } from "./finding_list";
import { JointPanel } from "./joint_panel";
import { MorphPanel } from "./morphs";
import { AgainNote, BeforeAfter, FindingsReview, Mended, RigSummary, type Review } from "./review";
import type { Studio } from "./studio";
import { WeightPanel } from "./weight_panel";

/** review: given where a processed upload can be looked at beside its source and worked on. */
export function ResultPanel(props: { avatar: Avatar; studio: Studio; review?: Review | undefined }): JSX.Element {
  const { avatar, studio, review } = props;
  const { rig } = avatar;
  const findings = [...(avatar.validation?.findings ?? []), ...(review ? (avatar.findings?.before.findings ?? []) : [])];
  const serious = findings.filter((f) => f.severity === "error" || f.severity === "warning").length;
  const found = review ? () => <FindingsReview avatar={avatar} review={review} /> : () => <Findings findings={findings} />;
  const tabs: Tab[] = [
    { id: "result", label: "Result", content: () => <Summary avatar={avatar} /> },
    { id: "findings", label: "Findings", badge: serious || undefined, content: found },
  ];
  if (rig && review) {
    const { joints, again } = review;
    const busy = again.state.kind === "sending" || again.state.kind === "running";
    const reskin = (): void => again.run({ hints: joints.hints() });
    tabs.push({ id: "joints", label: "Joints", content: () => <JointPanel rig={rig} joints={joints} busy={busy} onReskin={reskin} /> });
  }
  if (rig) tabs.push({ id: "weights", label: "Weights", content: () => <WeightPanel avatar={avatar} studio={studio} /> });
  tabs.splice(rig ? tabs.length : 1, 0, { id: "shapes", label: "Shapes", content: () => <MorphPanel studio={studio} /> });
  tabs.push({ id: "lods", label: "LODs", content: () => <Levels avatar={avatar} studio={studio} /> });
  if (avatar.recipe) tabs.push({ id: "recipe", label: "Recipe", content: () => <RecipeText avatar={avatar} /> });
  return (
    <div class="result-panel">
      {review && (
        <div class="again">
          <AgainNote avatar={avatar} again={review.again} />
        </div>
      )}
      <Tabs tabs={tabs} label="About the avatar" />
    </div>
  );
}

function Summary({ avatar }: { avatar: Avatar }): JSX.Element {
  return (
    <>
      {avatar.errors.map((problem) => (
        <ProblemNote key={problem.detail} problem={problem} />
      ))}
      <Words avatar={avatar} />
      {avatar.rig && location.pathname !== "/api/preview" && (
        <Link to={`/api/preview?avatar_id=${avatar.avatar_id}`} class="button button-primary button-wide">
          Review beside the uploaded file
        </Link>
      )}
      <RigSummary avatar={avatar} />
      {avatar.findings && <BeforeAfter avatar={avatar} />}
      <Mended avatar={avatar} />
      <section class="block">
        <h3>Files</h3>
        <ul class="files">
          {avatar.files.map((file) => (
            <li key={file.name}>
              <a href={api.localPath(file.url)} download={file.name}>
                <Icon name="download" />
                <span class="file-name">{file.name}</span>
                <span class="faint numbers">{bytes(file.size)}</span>
              </a>
            </li>
          ))}
        </ul>
      </section>
      <section class="block">
        <h3>Facts</h3>
        <dl class="facts-list">
          <dt>Platform</dt>
          <dd>{avatar.platform}</dd>
          <dt>Triangles</dt>
          <dd>{count(avatar.face_count)}</dd>
          <dt>Vertices</dt>
          <dd>{count(avatar.vertex_count)}</dd>
          <dt>Bones</dt>
          <dd>{avatar.bone_count}</dd>
          <dt>Shapes</dt>
          <dd>{avatar.morph_names.length}</dd>
          {(avatar.animations?.length ?? 0) > 0 && (
            <>
              <dt>Animations</dt>
              <dd>{avatar.animations?.length}</dd>
            </>
          )}
          {avatar.timings?.["total"] !== undefined && (
            <>
              <dt>Made in</dt>
              <dd>{(avatar.timings["total"] / 1000).toFixed(1)} s</dd>
            </>
          )}
          <dt>Avatar</dt>
          <dd>
            <code class="id">{avatar.avatar_id}</code>
          </dd>
        </dl>
        <div class="row">
          <CopyButton text={avatar.avatar_id} label="Copy id" />
          {location.pathname !== "/api/preview" && (
            <a class="button button-small" href={`/api/preview?avatar_id=${avatar.avatar_id}`} target="_blank" rel="noopener">
              <Icon name="open" />
              Preview page
            </a>
          )}
        </div>
      </section>
    </>
  );
}

function Words({ avatar }: { avatar: Avatar }): JSX.Element | null {
  const words = avatar.interpretation?.words ?? [];
  const notes = avatar.interpretation?.notes ?? [];
  if (words.length + notes.length === 0) return null;
  return (
    <section class="block">
      <h3>What the words did</h3>
      <ul class="words">
        {words.map((word, i) => {
          const ignored = Object.keys(word.fields).length === 0;
          return (
            <li key={i} class={ignored ? "word word-ignored" : "word"}>
              <b>{word.text}</b>
              <span>{word.effect}</span>
            </li>
          );
        })}
        {notes.map((note) => (
          <li key={note} class="word">
            <Icon name="info" />
            <span>{note}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Levels({ avatar, studio }: { avatar: Avatar; studio: Studio }): JSX.Element {
  if (avatar.lods.length === 0) return <p class="empty">There is one level only.</p>;
  const full = avatar.lods[0]?.faces ?? 1;
  return (
    <>
      <div class="table-wrap">
        <table class="table table-tight numbers">
          <thead>
            <tr>
              <th scope="col">Level</th>
              <th scope="col" class="right">
                Triangles
              </th>
              <th scope="col" class="right">
                Shape
              </th>
              <th scope="col" class="right">
                Posed
              </th>
              <th scope="col" class="right">
                Face
              </th>
            </tr>
          </thead>
          <tbody>
            {avatar.lods.map((level) => (
              <tr key={level.level} class={studio.level === level.level ? "is-current" : ""}>
                <th scope="row">
                  <button
                    class="link"
                    type="button"
                    disabled={level.level >= studio.levels.length}
                    aria-pressed={studio.level === level.level}
                    onClick={() => studio.setLevel(level.level)}
                  >
                    LOD {level.level}
                  </button>
                </th>
                <td class="right">
                  {count(level.faces)} <span class="faint">{Math.round((100 * level.faces) / full)} %</span>
                </td>
                <td class="right">{millimetres(level.geometric_mm)}</td>
                <td class="right">{millimetres(level.posed_mm)}</td>
                <td class="right">{millimetres(level.expressive_mm)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="faint">
        Largest distance to the finest level in millimetres: at rest, over the test poses, and over the expressions.
      </p>
    </>
  );
}

function RecipeText({ avatar }: { avatar: Avatar }): JSX.Element {
  const text = JSON.stringify(avatar.recipe, null, 2);
  return (
    <>
      <div class="row row-between">
        <p class="faint">Sent to /api/generate, it gives the same bytes.</p>
        <CopyButton text={text} label="Copy JSON" />
      </div>
      <pre class="code" tabIndex={0}>
        {text}
      </pre>
      {(avatar.licences?.length ?? 0) > 0 && (
        <details class="licences">
          <summary>Licences</summary>
          <ul>
            {avatar.licences?.map((l) => (
              <li key={l.name}>
                <b>{l.name}</b> {l.licence} · {l.author}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
