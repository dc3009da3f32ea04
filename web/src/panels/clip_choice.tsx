/** Which clips of the library a file is to hold. Part of a form: fields `animations` and `root_motion`. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ClipInfo } from "../api/types";

export function ClipChoice({ clips }: { clips: ClipInfo[] }): JSX.Element {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (name: string, on: boolean): void => {
    const next = new Set(chosen);
    if (on) next.add(name);
    else next.delete(name);
    setChosen(next);
  };
  const all = chosen.size === clips.length;
  return (
    <details class="more">
      <summary>Animations{chosen.size > 0 && ` (${chosen.size})`}</summary>
      <div class="clips" role="group" aria-label="Animations">
        {clips.map((clip) => (
          <label key={clip.name} class="chip chip-check" title={`${clip.seconds.toFixed(1)} s${clip.loop ? ", loops" : ""}`}>
            <input
              type="checkbox"
              name="animations"
              value={clip.name}
              checked={chosen.has(clip.name)}
              onChange={(e) => choose(clip.name, e.currentTarget.checked)}
            />
            {clip.title}
          </label>
        ))}
      </div>
      <button type="button" class="button button-small" onClick={() => setChosen(new Set(all ? [] : clips.map((c) => c.name)))}>
        {all ? "None" : "All"}
      </button>
      <label class="check">
        <input type="checkbox" name="root_motion" />
        <span>
          <b>Root motion</b>
          <small>Clips move over the ground instead of in place</small>
        </span>
      </label>
    </details>
  );
}

/** What the form says of clips; nothing when none is wanted. */
export function clipsOf(form: FormData): { animations?: string[]; root_motion?: boolean } {
  const animations = form.getAll("animations").map(String);
  if (!animations.length) return {};
  return form.has("root_motion") ? { animations, root_motion: true } : { animations };
}
