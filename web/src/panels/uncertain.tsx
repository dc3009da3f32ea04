/** A skeleton that was found, but not surely enough: its picture, how sure each joint is, and what a person can do. */

import type { JSX } from "preact";
import type { Problem } from "../api/types";
import { Icon } from "../ui/icons";
import { spoken } from "../viewer/names";
import { Sureness } from "./joint_panel";

export function Uncertain(props: { problem: Problem; onPlace?: (() => void) | undefined; onAccept: () => void }): JSX.Element | null {
  const { problem } = props;
  const joints = Object.entries(problem.joints ?? {}).sort(([, a], [, b]) => a - b);
  const safe = problem.picture?.startsWith("data:image/png;base64,") ? problem.picture : null;
  if (joints.length === 0 && !safe) return null;
  return (
    <div class="card uncertain">
      {safe && <img src={safe} alt="The skeleton that was found, from the front and the side: red joints are guesses, green ones sure" />}
      <div class="row">
        {props.onPlace && (
          <button class="button button-primary button-small" type="button" onClick={props.onPlace}>
            <Icon name="bones" />
            Place joints by hand
          </button>
        )}
        <button class="button button-small" type="button" onClick={props.onAccept}>
          Use it all the same
        </button>
      </div>
      <ul class="joint-list">
        {joints.map(([name, p]) => (
          <li key={name} class="joint-row">
            <span>{spoken(name)}</span>
            <Sureness p={p} />
          </li>
        ))}
      </ul>
    </div>
  );
}
