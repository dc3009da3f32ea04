/** Tabs as the ARIA practices want them: arrows move, one tab stop. */

import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";

export interface Tab {
  id: string;
  label: string;
  badge?: string | number | undefined;
  content: () => ComponentChildren;
}

export function Tabs({ tabs, label }: { tabs: Tab[]; label: string }): JSX.Element {
  const [chosen, setChosen] = useState(tabs[0]?.id ?? "");
  const list = useRef<HTMLDivElement>(null);
  const current = tabs.find((t) => t.id === chosen) ?? tabs[0];
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !current) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length];
    if (!next) return;
    setChosen(next.id);
    list.current?.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  };
  return (
    <div class="tabs">
      <div class="tab-list" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            id={`tab-${tab.id}`}
            type="button"
            role="tab"
            aria-selected={tab === current}
            aria-controls={`panel-${tab.id}`}
            tabIndex={tab === current ? 0 : -1}
            onClick={() => setChosen(tab.id)}
          >
            {tab.label}
            {tab.badge !== undefined && <span class="badge">{tab.badge}</span>}
          </button>
        ))}
      </div>
      {current && (
        <div class="tab-panel" role="tabpanel" id={`panel-${current.id}`} aria-labelledby={`tab-${current.id}`}>
          {current.content()}
        </div>
      )}
    </div>
  );
}
