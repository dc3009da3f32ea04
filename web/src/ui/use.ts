/** Data that a page loads when it opens. */

import { useCallback, useEffect, useState } from "preact/hooks";
import { problemOf } from "../api/job";
import type { Problem } from "../api/types";

export interface Loaded<T> {
  data: T | null;
  problem: Problem | null;
  reload: () => void;
}

/** `load` again whenever `key` changes; answers that come too late are dropped. */
export function useLoaded<T>(load: () => Promise<T>, key = ""): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; problem: Problem | null }>({ data: null, problem: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let alive = true;
    load().then(
      (data) => alive && setState({ data, problem: null }),
      (error: unknown) => alive && setState({ data: null, problem: problemOf(error) }),
    );
    return () => {
      alive = false;
    };
  }, [key, turn]);
  return { ...state, reload: useCallback(() => setTurn((n) => n + 1), []) };
}
