/** The list of joints: how sure each is, where it is, and what a person changed. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Rig } from "../api/types";
import { Icon } from "../ui/icons";
import { spoken } from "../viewer/names";
import type { Point } from "../viewer/placing";
import type { Joints } from "./joints";

const AXES = ["X", "Y", "Z"] as const;

export function JointPanel(props: { rig: Rig; joints: Joints; busy: boolean; onReskin: () => void }): JSX.Element {
  const { rig, joints, busy } = props;
  useEffect(() => {
    joints.setShown(true);
    return () => joints.setShown(false);
  }, []);
  if (joints.names.length === 0) return <p class="empty">The answer does not say where this skeleton's joints are.</p>;
  const sorted = [...joints.names].sort((a, b) => (joints.confidence[a] ?? 0) - (joints.confidence[b] ?? 0));
  const place = joints.selected ? joints.places[joints.selected] : undefined;
  const given = new Set(rig.hints ?? []);
  return (
    <div class="joints">
      <section class="block">
        <p class="faint">
          Click a joint in the uploaded figure or in the list, and drag it.
          {rig.state !== "created" && " This skeleton came with the file: re-skinning binds the surface to it anew."}
        </p>
        <div class="row">
          <button class="button button-small" type="button" onClick={joints.undo} disabled={!joints.canUndo}>
            <Icon name="reset" />
            Undo
          </button>
          <button class="button button-small" type="button" onClick={joints.redo} disabled={!joints.canRedo}>
            Redo
          </button>
          <button class="button button-small" type="button" onClick={joints.reset} disabled={joints.moved.size === 0}>
            All back
          </button>
        </div>
        <label class="check">
          <input type="checkbox" checked={joints.symmetric} onChange={(e) => joints.setSymmetric(e.currentTarget.checked)} />
          <span>
            <b>Both sides</b>
            <small>The other side moves as in a mirror</small>
          </span>
        </label>
      </section>
      {joints.selected && place && (
        <section class="block joint-place" aria-label="Place of the chosen joint">
          <h3>{spoken(joints.selected)}</h3>
          <div class="joint-axes">
            {AXES.map((axis, i) => (
              <label key={axis} class="field">
                <span>{axis} in cm</span>
                <input
                  type="number"
                  step={0.5}
                  data-axis={axis}
                  value={Math.round(1e4 * (place[i] ?? 0)) / 100}
                  onChange={(e) => {
                    const to = [...place] as Point;
                    to[i] = e.currentTarget.valueAsNumber / 100;
                    if (joints.selected) joints.move(joints.selected, to);
                  }}
                />
              </label>
            ))}
          </div>
        </section>
      )}
      <section class="block">
        <h3>
          Joints <span class="badge">{sorted.length}</span>
        </h3>
        <ul class="joint-list">
          {sorted.map((name) => (
            <li key={name}>
              <button
                type="button"
                class="joint-row"
                data-joint={name}
                aria-pressed={joints.selected === name}
                onClick={() => joints.select(joints.selected === name ? null : name)}
              >
                <span>{spoken(name)}</span>
                {joints.moved.has(name) ? <span class="tag tag-write">moved</span> : given.has(name) && <span class="tag">given</span>}
                <Sureness p={joints.confidence[name] ?? 0} />
              </button>
            </li>
          ))}
        </ul>
      </section>
      <div class="panel-end">
        <button
          class="button button-primary button-wide"
          type="button"
          disabled={busy || joints.moved.size === 0}
          onClick={props.onReskin}
        >
          <Icon name="bones" />
          {busy ? "Working…" : joints.moved.size === 0 ? "Re-skin" : `Re-skin with ${joints.moved.size} moved`}
        </button>
      </div>
    </div>
  );
}

/** A probability as a number and a bar in its colour. */
export function Sureness({ p }: { p: number }): JSX.Element {
  const level = p >= 0.75 ? "good" : p >= 0.5 ? "middle" : "bad";
  return (
    <span class={`sureness sureness-${level}`} title="Probability that it is right within 4 % of the height">
      <meter value={p} min={0} max={1} aria-label="Confidence" />
      <span class="numbers">{Math.round(100 * p)} %</span>
    </span>
  );
}
