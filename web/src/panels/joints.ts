/** Joints in a person's hands: which is chosen, which were moved, and the way back. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Rig } from "../api/types";
import { mirrored } from "../viewer/names";
import { SAME, toFile, toStand, type Point } from "../viewer/placing";
import type { Stage } from "../viewer/stage";

export type Places = Readonly<Record<string, Point>>;

export interface Joints {
  names: string[];
  /** In metres, where the figure stands. */
  places: Places;
  confidence: Readonly<Record<string, number>>;
  moved: ReadonlySet<string>;
  shown: boolean;
  setShown: (on: boolean) => void;
  selected: string | null;
  select: (name: string | null) => void;
  symmetric: boolean;
  setSymmetric: (on: boolean) => void;
  move: (name: string, to: Point) => void;
  undo: () => void;
  redo: () => void;
  canUndo: boolean;
  canRedo: boolean;
  reset: () => void;
  /** What to send as `hints`: places in the file's space. */
  hints: () => Record<string, Point>;
}

const FAR = 1e-5; // metres: less is no move

/** `rig`: null when there is nothing to move. */
export function useJoints(rig: Rig | null, stage: Stage | null, key: string): Joints {
  const placing = rig?.transform ?? SAME;
  const found = useMemo<Places>(
    () => Object.fromEntries(Object.entries(rig?.places ?? {}).map(([name, p]) => [name, toStand(placing, p)])),
    [key, rig],
  );
  const [past, setPast] = useState<{ steps: Places[]; at: number }>({ steps: [found], at: 0 });
  const [shown, setShown] = useState(false);
  const [selected, select] = useState<string | null>(null);
  const [symmetric, setSymmetric] = useState(true);
  useEffect(() => {
    setPast({ steps: [found], at: 0 });
    select(null);
  }, [found]);
  const places = past.steps[past.at] ?? found;
  const moved = useMemo(
    () => new Set(Object.keys(places).filter((n) => Math.max(...[0, 1, 2].map((i) => Math.abs((places[n]?.[i] ?? 0) - (found[n]?.[i] ?? 0)))) > FAR)),
    [places, found],
  );
  const step = useCallback((next: Places) => {
    setPast(({ steps, at }) => ({ steps: [...steps.slice(0, at + 1), next].slice(-200), at: Math.min(at + 1, 199) }));
  }, []);
  const confidence = rig?.joints ?? {};

  const editor = useRef<import("../viewer/joints").JointEditor | null>(null);
  const current = { places, confidence, moved, selected, symmetric };
  const wanted = useRef(current);
  wanted.current = current;
  const on = shown && stage !== null && rig !== null;
  useEffect(() => {
    if (!on || !stage) return;
    let alive = true;
    void import("../viewer/joints").then(({ JointEditor }) => {
      if (!alive) return;
      const made = new JointEditor(stage.room);
      made.onSelect = select;
      made.onMove = step;
      made.symmetric = wanted.current.symmetric;
      made.show(wanted.current);
      made.select(wanted.current.selected);
      editor.current = made;
    });
    return () => {
      alive = false;
      editor.current?.dispose();
      editor.current = null;
      stage.redraw();
    };
  }, [on, stage, step]);
  useEffect(() => editor.current?.show({ places, confidence, moved }), [places, moved]);
  useEffect(() => editor.current?.select(selected), [selected]);
  useEffect(() => {
    if (editor.current) editor.current.symmetric = symmetric;
  }, [symmetric]);

  const move = (name: string, to: Point): void => {
    const from = places[name];
    if (!from || !to.every(Number.isFinite)) return;
    const next: Record<string, Point> = { ...places, [name]: to };
    const other = mirrored(name);
    const there = other === null ? undefined : places[other];
    if (symmetric && other !== null && there) {
      next[other] = [there[0] - (to[0] - from[0]), there[1] + to[1] - from[1], there[2] + to[2] - from[2]];
    }
    step(next);
  };
  const go = (by: number) => (): void => setPast(({ steps, at }) => ({ steps, at: Math.max(0, Math.min(steps.length - 1, at + by)) }));
  return {
    names: Object.keys(found),
    places,
    confidence,
    moved,
    shown,
    setShown,
    selected,
    select,
    symmetric,
    setSymmetric,
    move,
    undo: go(-1),
    redo: go(1),
    canUndo: past.at > 0,
    canRedo: past.at < past.steps.length - 1,
    reset: () => step(found),
    hints: () => hintsOf(rig, places, moved),
  };
}

/**
 * A skeleton that was found is found again around the joints that were moved now or before; one that came with the
 * file is held fast whole, or moving one joint would lose all others.
 */
export function hintsOf(rig: Rig | null, places: Places, moved: ReadonlySet<string>): Record<string, Point> {
  const placing = rig?.transform ?? SAME;
  const before = new Set(rig?.hints ?? []);
  const all = rig !== null && rig.state !== "created";
  const wanted = Object.entries(places).filter(([name]) => all || moved.has(name) || before.has(name));
  return Object.fromEntries(
    wanted.map(([name, p]) => {
      const own = rig?.places?.[name];
      const place = own && !moved.has(name) ? own : toFile(placing, p);
      return [name, place.map((v) => Number(v.toPrecision(7))) as Point];
    }),
  );
}
