/** The uploaded file on a stage of its own, beside what was made of it. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { problemOf } from "../api/job";
import type { Finding, Problem } from "../api/types";
import type { Placing } from "../viewer/placing";
import type { Stage, View } from "../viewer/stage";

/** What is shown: a name with its ending, and how to come by the bytes. key: another one is loaded anew. */
export interface SourceFile {
  key: string;
  name: string;
  load: (signal: AbortSignal, told: (share: number) => void) => Promise<ArrayBuffer>;
  box: [number[], number[]] | null;
  placing: Placing | null;
}

export interface SourceStudio {
  host: (element: HTMLElement | null) => void;
  stage: Stage | null;
  loading: number | null;
  ready: boolean;
  problem: Problem | null;
  notes: string[];
  triangles: number;
  wireframe: boolean;
  setWireframe: (on: boolean) => void;
  /** Show where a finding is and fly there; null: nothing. */
  mark: (finding: Finding | null) => void;
  marked: Finding | null;
  view: (view: View) => void;
}

export function useSource(file: SourceFile | null): SourceStudio {
  const [stage, setStage] = useState<Stage | null>(null);
  const [loading, setLoading] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [shown, setShown] = useState<{ notes: string[]; triangles: number } | null>(null);
  const [wireframe, setWireframe] = useState(false);
  const [marked, mark] = useState<Finding | null>(null);
  const made = useRef<{ host: HTMLElement; stage: Promise<Stage> } | null>(null);
  const room = useRef<import("three").Object3D | null>(null);

  const host = useCallback((element: HTMLElement | null) => {
    const before = made.current;
    if (element === before?.host) return;
    if (before) void before.stage.then((s) => s.dispose());
    made.current = null;
    setStage(null);
    if (!element) return;
    const making = import("../viewer").then((viewer) => new viewer.Stage(element));
    made.current = { host: element, stage: making };
    making.then(
      (s) => made.current?.host === element && setStage(s),
      (error: unknown) => setProblem(problemOf(error)),
    );
  }, []);

  const key = file?.key;
  const wanted = useRef({ file, wireframe });
  wanted.current = { file, wireframe };
  useEffect(() => {
    mark(null);
    setShown(null);
    setProblem(null);
    const { file } = wanted.current;
    if (!stage || !file) return stage?.clear();
    const stop = new AbortController();
    setLoading(0);
    void (async () => {
      try {
        const [bytes, { readSource }] = await Promise.all([file.load(stop.signal, setLoading), import("../viewer")]);
        const source = await readSource(file.name, bytes, { box: file.box, placing: file.placing });
        if (stop.signal.aborted) return source.model.dispose();
        room.current = source.room;
        stage.show(source.model);
        stage.wireframe(wanted.current.wireframe);
        setShown({ notes: source.notes, triangles: source.model.facts.triangles });
      } catch (error) {
        if (stop.signal.aborted) return;
        stage.clear();
        setProblem({ ...problemOf(error), error: "The uploaded file cannot be drawn here" });
      }
      setLoading(null);
    })();
    return () => stop.abort();
  }, [stage, key]);
  useEffect(() => stage?.wireframe(wireframe), [stage, wireframe]);

  useEffect(() => {
    if (!stage || !shown || !marked?.places || !room.current) return;
    let drop = (): void => undefined;
    let alive = true;
    void import("../viewer").then(({ marksOf, dropMarks }) => {
      const marks = alive && marked.places ? marksOf(marked.places) : null;
      if (!marks || !room.current) return;
      room.current.add(marks);
      stage.lookAt(marks);
      drop = () => {
        dropMarks(marks);
        stage.redraw();
      };
    });
    return () => {
      alive = false;
      drop();
    };
  }, [stage, shown, marked]);

  return {
    host,
    stage,
    loading,
    ready: shown !== null,
    problem,
    notes: shown?.notes ?? [],
    triangles: shown?.triangles ?? 0,
    wireframe,
    setWireframe,
    mark: useCallback((finding) => mark((now) => (now === finding ? null : finding)), []),
    marked,
    view: useCallback((v: View) => stage?.view(v), [stage]),
  };
}
