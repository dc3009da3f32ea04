/** The picture and the tools around it. */

import type { ComponentChildren, JSX } from "preact";
import { ProblemNote } from "../ui/feedback";
import { count } from "../ui/format";
import { Icon, type IconName } from "../ui/icons";
import { CHANNELS, type Channel } from "../viewer/channel_names";
import type { View } from "../viewer/stage";
import { ClipPlayer } from "./clip_player";
import type { Studio } from "./studio";

const VIEWS: [View, string][] = [
  ["full", "Full"],
  ["face", "Face"],
  ["side", "Side"],
  ["back", "Back"],
];

/** children: shown over the picture while there is no avatar. */
export function Viewport({ studio, children }: { studio: Studio; children?: ComponentChildren }): JSX.Element {
  const { facts } = studio;
  return (
    <section class="viewport" aria-label="Viewer" data-ready={facts !== null && studio.loading === null}>
      <div class="stage" ref={studio.host} />
      {facts && (
        <>
          <div class="tools tools-top">
            {studio.levels.length > 1 && (
              <div class="segments" role="group" aria-label="Level of detail">
                {studio.levels.map((file, level) => (
                  <button
                    key={file.name}
                    type="button"
                    aria-pressed={studio.level === level}
                    onClick={() => studio.setLevel(level)}
                    title={file.name}
                  >
                    LOD {level}
                  </button>
                ))}
              </div>
            )}
            <label class="tool-select">
              <span class="hidden">Channel</span>
              <select value={studio.channel} onChange={(e) => studio.setChannel(e.currentTarget.value as Channel)}>
                {Object.entries(CHANNELS).map(([id, label]) => (
                  <option key={id} value={id}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
            <Toggle icon="bones" label="Skeleton" on={studio.skeleton} set={studio.setSkeleton} />
            <Toggle icon="wire" label="Wireframe" on={studio.wireframe} set={studio.setWireframe} />
          </div>
          <div class="tools tools-bottom">
            {studio.clips.length > 0 && <ClipPlayer studio={studio} />}
            <div class="segments" role="group" aria-label="Camera">
              {VIEWS.map(([view, label]) => (
                <button key={view} type="button" onClick={() => studio.view(view)}>
                  {label}
                </button>
              ))}
            </div>
            <Toggle icon="turn" label="Turntable" on={studio.turning} set={studio.setTurning} />
            <button class="tool" type="button" title="Save a picture" onClick={() => void studio.savePicture()}>
              <Icon name="camera" />
              <span class="hidden">Save a picture</span>
            </button>
            <p class="facts numbers">
              {count(facts.triangles)} triangles · {count(facts.vertices)} vertices · {facts.bones} bones ·{" "}
              {facts.materials} materials · {facts.height.toFixed(2)} m
            </p>
          </div>
        </>
      )}
      {studio.loading !== null && (
        <div class="viewport-loading" role="status">
          <progress {...(studio.loading > 0 && studio.loading < 1 ? { value: studio.loading } : {})} max={1} aria-label="Loading" />
          <span class="hidden">Loading the avatar</span>
        </div>
      )}
      {studio.problem && (
        <div class="viewport-cover">
          <ProblemNote problem={studio.problem} />
        </div>
      )}
      {!facts && !studio.problem && children && <div class="viewport-cover">{children}</div>}
    </section>
  );
}

function Toggle(props: { icon: IconName; label: string; on: boolean; set: (on: boolean) => void }): JSX.Element {
  return (
    <button class="tool" type="button" aria-pressed={props.on} title={props.label} onClick={() => props.set(!props.on)}>
      <Icon name={props.icon} />
      <span>{props.label}</span>
    </button>
  );
}
