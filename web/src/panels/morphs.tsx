/** A slider for every expression shape. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../ui/icons";
import { grouped, labelOf } from "../viewer/morphs";
import type { Studio } from "./studio";

export function MorphPanel({ studio }: { studio: Studio }): JSX.Element {
  const [query, setQuery] = useState("");
  if (studio.morphs.length === 0) {
    return <p class="empty">{studio.facts ? "This file has no expression shapes." : "Shapes appear with the avatar."}</p>;
  }
  const groups = grouped(studio.morphs, query);
  const moved = Object.values(studio.values).some((v) => v !== 0);
  return (
    <div class="morphs">
      <div class="morph-head">
        <label class="search">
          <Icon name="search" />
          <span class="hidden">Search shapes</span>
          <input type="search" placeholder="Search shapes" value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
        </label>
        <button class="button button-small" type="button" onClick={studio.resetMorphs} disabled={!moved}>
          <Icon name="reset" />
          Reset
        </button>
      </div>
      {groups.length === 0 && <p class="empty">No shape is called that.</p>}
      {groups.map(([group, names]) => (
        <details key={group} class="morph-group" open>
          <summary>
            {group} <span class="badge">{names.length}</span>
          </summary>
          {names.map((name) => (
            <label key={name} class="slider" title={name}>
              <span>{labelOf(name)}</span>
              <input
                type="range"
                min={0}
                max={1}
                step={0.01}
                value={studio.values[name] ?? 0}
                data-morph={name}
                onInput={(e) => studio.setMorph(name, e.currentTarget.valueAsNumber)}
                onDblClick={() => studio.setMorph(name, 0)}
              />
              <output>{Math.round(100 * (studio.values[name] ?? 0))}</output>
            </label>
          ))}
        </details>
      ))}
    </div>
  );
}
