/** The upload of an avatar processed again, with something changed. */

import { useCallback, useEffect } from "preact/hooks";
import * as api from "../api/client";
import { useJob, type JobState } from "../api/job";
import type { Avatar, Finding, ProcessOptions } from "../api/types";
import { go } from "../router";

export interface Again {
  state: JobState;
  run: (changes: ProcessOptions) => void;
  cancel: () => void;
}

/** The new avatar is shown in place of the old one, which is kept: "back" leads to it. */
export function useAgain(avatar: Avatar | null): Again {
  const { state, run, cancel } = useJob();
  const made = state.kind === "done" ? state.avatar.avatar_id : null;
  useEffect(() => {
    if (!made) return;
    cancel();
    go(`/api/preview?avatar_id=${encodeURIComponent(made)}`);
  }, [made, cancel]);
  return {
    state,
    cancel,
    run: useCallback(
      (changes) => {
        if (!avatar) return;
        const options: ProcessOptions = { platform: avatar.platform, ...avatar.options, ...changes };
        run((told, signal) => api.startProcess({ avatar_id: avatar.avatar_id }, options, told, signal));
      },
      [avatar, run],
    ),
  };
}

/** `fixes` replaces what the service would choose by itself, so what it does unasked is sent along with the new one. */
export function fixesWith(action: string, findings: readonly Finding[], options: ProcessOptions): string[] {
  const own = options.fixes ?? (options.auto_fix === false ? [] : findings.filter((f) => f.suggestion?.auto_fixable).map((f) => f.fix ?? ""));
  return [...new Set([...own, action])].filter(Boolean).slice(0, 32);
}
