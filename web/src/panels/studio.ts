/** What is on the stage and how it is shown: the state that viewport and panels share. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api/client";
import { problemOf } from "../api/job";
import type { Avatar, AvatarFile, Problem } from "../api/types";
import type { AnimationClip } from "three";
import type { Channel } from "../viewer/channel_names";
import type { Facts } from "../viewer/model";
import type { Stage, View } from "../viewer/stage";

export interface Clip {
  name: string;
  seconds: number;
}

export interface Studio {
  /** Give it to the element that the picture goes into. */
  host: (element: HTMLElement | null) => void;
  stage: Stage | null;
  /** null: nothing is being loaded. */
  loading: number | null;
  problem: Problem | null;
  facts: Facts | null;
  clips: Clip[];
  morphs: string[];
  values: Readonly<Record<string, number>>;
  setMorph: (name: string, value: number) => void;
  resetMorphs: () => void;
  levels: AvatarFile[];
  level: number;
  setLevel: (level: number) => void;
  skeleton: boolean;
  setSkeleton: (on: boolean) => void;
  wireframe: boolean;
  setWireframe: (on: boolean) => void;
  /** The bone whose weights are shown, by its name in the file. */
  heat: string | null;
  setHeat: (bone: string | null) => void;
  channel: Channel;
  setChannel: (channel: Channel) => void;
  turning: boolean;
  setTurning: (on: boolean) => void;
  clip: string | null;
  setClip: (clip: string | null) => void;
  view: (view: View) => void;
  savePicture: () => Promise<void>;
}

/** The GLB of each level of detail, finest first: NAME.glb, NAME_lod1.glb, ... */
export function levelFiles(avatar: Avatar | null): AvatarFile[] {
  const glbs = avatar?.files.filter((f) => f.role !== "source" && (f.format === "glb" || f.format === "vrm")) ?? [];
  const first = glbs[0];
  if (!first) return [];
  const coarser = glbs
    .map((file) => ({ file, level: Number(/_lod([1-9])\.glb$/i.exec(file.name)?.[1] ?? 0) }))
    .filter(({ level }) => level > 0)
    .sort((a, b) => a.level - b.level);
  return [first, ...coarser.map(({ file }) => file)];
}

export function useStudio(avatar: Avatar | null): Studio {
  const [stage, setStage] = useState<Stage | null>(null);
  const [loading, setLoading] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [facts, setFacts] = useState<Facts | null>(null);
  const [clips, setClips] = useState<Clip[]>([]);
  const [morphs, setMorphs] = useState<string[]>([]);
  const [values, setValues] = useState<Record<string, number>>({});
  const [level, setLevel] = useState(0);
  const [skeleton, setSkeleton] = useState(false);
  const [wireframe, setWireframe] = useState(false);
  const [heat, setHeat] = useState<string | null>(null);
  const [channel, setChannel] = useState<Channel>("lit");
  const [turning, setTurning] = useState(false);
  const [clip, setClip] = useState<string | null>(null);
  const made = useRef<{ host: HTMLElement; stage: Promise<Stage> } | null>(null);

  // three.js is large: it is fetched when there is a place to draw, beside the page itself.
  const host = useCallback((element: HTMLElement | null) => {
    const before = made.current;
    if (element === before?.host) return;
    if (before) void before.stage.then((s) => s.dispose());
    made.current = null;
    setStage(null);
    if (!element) return;
    const stage = import("../viewer").then((viewer) => new viewer.Stage(element));
    made.current = { host: element, stage };
    stage.then(
      (s) => made.current?.host === element && setStage(s),
      (error: unknown) => setProblem(viewerProblem(error)),
    );
  }, []);

  const id = avatar?.avatar_id;
  useEffect(() => {
    setLevel(0);
    setValues({});
    setClip(null);
    setHeat(null);
  }, [id]);

  const levels = levelFiles(avatar);
  const url = levels[Math.min(level, levels.length - 1)]?.url;
  const sure = confidences(avatar);
  // Coarser levels hold no clips: they move as the full detail does.
  const kept = useRef<{ id: string | undefined; clips: AnimationClip[] }>({ id: undefined, clips: [] });
  const wanted = useRef({ values, skeleton, wireframe, channel, clip, heat, sure });
  wanted.current = { values, skeleton, wireframe, channel, clip, heat, sure };
  useEffect(() => {
    if (!stage) return;
    if (!url) {
      stage.clear();
      setFacts(null);
      setMorphs([]);
      setClips([]);
      return;
    }
    const stop = new AbortController();
    setProblem(null);
    setLoading(0);
    void (async () => {
      try {
        const bytes = await api.download(api.localPath(url), stop.signal, setLoading);
        const { Model } = await import("../viewer");
        const model = await Model.read(bytes, kept.current.id === id ? kept.current.clips : []);
        if (model.clips.length) kept.current = { id, clips: model.clips };
        if (stop.signal.aborted) return model.dispose();
        const now = wanted.current;
        for (const [name, value] of Object.entries(now.values)) model.setMorph(name, value);
        stage.show(model);
        stage.channel(now.channel);
        stage.confidence(now.sure);
        stage.heat(now.heat);
        stage.skeleton(now.skeleton);
        stage.wireframe(now.wireframe);
        stage.play(now.clip);
        setFacts(model.facts);
        setMorphs(model.morphs);
        setClips(model.clips.map((c) => ({ name: c.name, seconds: c.duration })));
      } catch (error) {
        if (stop.signal.aborted) return;
        setProblem(problemOf(error));
      }
      setLoading(null);
    })();
    return () => stop.abort();
  }, [stage, url]);

  useEffect(() => stage?.skeleton(skeleton), [stage, skeleton]);
  useEffect(() => stage?.wireframe(wireframe), [stage, wireframe]);
  useEffect(() => stage?.channel(channel), [stage, channel]);
  useEffect(() => stage?.heat(heat), [stage, heat]);
  useEffect(() => stage?.turntable(turning), [stage, turning]);
  useEffect(() => stage?.play(clip), [stage, clip]);

  const setMorph = useCallback(
    (name: string, value: number) => {
      stage?.morph(name, value);
      setValues((now) => ({ ...now, [name]: value }));
    },
    [stage],
  );
  const resetMorphs = useCallback(() => {
    setValues((now) => {
      for (const name of Object.keys(now)) stage?.morph(name, 0);
      return {};
    });
  }, [stage]);
  const view = useCallback((v: View) => stage?.view(v), [stage]);
  const savePicture = async (): Promise<void> => {
    const picture = await stage?.picture();
    if (!picture) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(picture);
    link.download = `${levels[0]?.name.replace(/\.\w+$/, "") ?? "avatar"}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  return {
    host,
    stage,
    loading,
    problem,
    facts,
    clips,
    morphs,
    values,
    setMorph,
    resetMorphs,
    levels,
    level,
    setLevel,
    skeleton,
    setSkeleton,
    wireframe,
    setWireframe,
    heat,
    setHeat,
    channel,
    setChannel,
    turning,
    setTurning,
    clip,
    setClip,
    view,
    savePicture,
  };
}

/** How sure each bone is, by its name in the files; empty for skeletons that nobody guessed. */
function confidences(avatar: Avatar | null): Map<string, number> {
  const { bones, joints } = avatar?.rig ?? {};
  return new Map(Object.entries(bones ?? {}).map(([name, own]) => [own, joints?.[name] ?? 0]));
}

function viewerProblem(error: unknown): Problem {
  const detail = error instanceof Error ? error.message : String(error);
  const webgl = /webgl/i.test(detail);
  return {
    error: "The 3D view cannot start",
    error_code: "VIEWER",
    detail: webgl ? "This browser gives no WebGL 2. Files can still be downloaded." : detail,
    suggestions: [],
  };
}
