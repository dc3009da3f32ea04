/** A heat map of how much the surface follows one bone. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Avatar } from "../api/types";
import { Icon } from "../ui/icons";
import { spoken } from "../viewer/names";
import type { Studio } from "./studio";

export function WeightPanel({ avatar, studio }: { avatar: Avatar; studio: Studio }): JSX.Element {
  const [query, setQuery] = useState("");
  useEffect(() => () => studio.setHeat(null), []);
  const bones = Object.entries(avatar.rig?.bones ?? {});
  if (bones.length === 0) return <p class="empty">This avatar has no bones.</p>;
  const words = query.toLowerCase();
  const found = bones.filter(([name, own]) => `${spoken(name)} ${own}`.toLowerCase().includes(words));
  return (
    <div class="joints">
      <div class="morph-head">
        <label class="search">
          <Icon name="search" />
          <span class="hidden">Search bones</span>
          <input type="search" placeholder="Search bones" value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
        </label>
        <button class="button button-small" type="button" disabled={studio.heat === null} onClick={() => studio.setHeat(null)}>
          <Icon name="reset" />
          Off
        </button>
      </div>
      <p class="heat-key" aria-hidden="true">
        <span>0</span>
        <i class="heat-ramp" />
        <span>1</span>
      </p>
      {found.length === 0 && <p class="empty">No bone is called that.</p>}
      <ul class="joint-list">
        {found.map(([name, own]) => (
          <li key={name}>
            <button
              type="button"
              class="joint-row"
              data-bone={name}
              aria-pressed={studio.heat === own}
              onClick={() => studio.setHeat(studio.heat === own ? null : own)}
            >
              <span>{spoken(name)}</span>
              <code class="faint">{own}</code>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
