/** A job as a page sees it: started, told about, ended or given up. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import * as api from "./client";
import type { Avatar, Problem, Progress } from "./types";

export type JobState =
  | { kind: "idle" }
  | { kind: "sending"; share: number }
  | { kind: "running"; progress: Progress | null }
  | { kind: "done"; avatar: Avatar }
  | { kind: "failed"; problem: Problem };

type Start = (told: (share: number) => void, signal: AbortSignal) => Promise<string>;

export function useJob(): { state: JobState; run: (start: Start) => void; cancel: () => void; reset: () => void } {
  const [state, setState] = useState<JobState>({ kind: "idle" });
  const current = useRef<{ stop: AbortController; job: string | null } | null>(null);

  const drop = useCallback(() => {
    const { stop, job } = current.current ?? {};
    current.current = null;
    stop?.abort();
    if (job) void api.cancel(job).catch(() => undefined);
  }, []);
  useEffect(() => () => current.current?.stop.abort(), []);

  const run = useCallback(
    (start: Start) => {
      drop();
      const mine = { stop: new AbortController(), job: null as string | null };
      current.current = mine;
      const set = (next: JobState): void => {
        if (current.current === mine) setState(next);
      };
      set({ kind: "sending", share: 0 });
      void (async () => {
        try {
          mine.job = await start((share) => set({ kind: "sending", share }), mine.stop.signal);
          set({ kind: "running", progress: null });
          const avatar = await api.follow(mine.job, mine.stop.signal, (progress) => set({ kind: "running", progress }));
          set({ kind: "done", avatar });
          if (current.current === mine) current.current = null;
        } catch (error) {
          set({ kind: "failed", problem: problemOf(error) });
          if (current.current === mine) current.current = null;
        }
      })();
    },
    [drop],
  );
  const cancel = useCallback(() => {
    drop();
    setState({ kind: "idle" });
  }, [drop]);
  return { state, run, cancel, reset: cancel };
}

export function problemOf(error: unknown): Problem {
  if (error instanceof api.ApiError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { error: "Something went wrong", error_code: "PAGE", detail, suggestions: [] };
}
