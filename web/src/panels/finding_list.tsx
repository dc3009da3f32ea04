/** Findings: what is wrong, how sure the remedy is, and where in the file it is. */

import type { JSX } from "preact";
import type { Finding } from "../api/types";
import { Icon } from "../ui/icons";

const RANK: Finding["severity"][] = ["error", "warning", "info", "hint"];

export interface FindingActions {
  /** Show where it is. */
  onMark?: ((finding: Finding) => void) | undefined;
  marked?: Finding | null | undefined;
  /** Apply its fix. */
  onFix?: ((action: string) => void) | undefined;
  /** Fixes that were applied already. */
  applied?: ReadonlySet<string> | undefined;
}

export function Findings({ findings, ...actions }: { findings: Finding[] } & FindingActions): JSX.Element {
  if (findings.length === 0) {
    return (
      <p class="empty empty-good">
        <Icon name="check" /> The platform's rules find nothing to say.
      </p>
    );
  }
  const sorted = [...findings].sort((a, b) => RANK.indexOf(a.severity) - RANK.indexOf(b.severity));
  return (
    <ul class="findings">
      {sorted.map((f, i) => (
        <Item key={i} finding={f} {...actions} />
      ))}
    </ul>
  );
}

function Item({ finding: f, onMark, marked, onFix, applied }: { finding: Finding } & FindingActions): JSX.Element {
  const shown = (f.places?.faces?.length ?? 0) + (f.places?.vertices?.length ?? 0);
  const mended = f.fix ? (applied?.has(f.fix) ?? false) : false;
  return (
    <li class={`finding finding-${f.severity}`}>
      <Icon name={f.severity === "error" || f.severity === "warning" ? "warn" : "info"} />
      <div>
        <p>{f.message}</p>
        <p class="faint">
          {f.severity} · <code>{f.rule}</code>
          {f.where ? ` · ${f.where}` : ""}
        </p>
        {f.suggestion && !mended && (
          <p class="finding-way">
            <b>{f.suggestion.title}.</b> {f.suggestion.description}{" "}
            <span class="faint">{Math.round(100 * f.suggestion.confidence)} % sure to help</span>
          </p>
        )}
        {((shown > 0 && onMark) || mended || (f.fix && onFix)) && (
          <div class="row finding-actions">
            {shown > 0 && onMark && (
              <button class="button button-small" type="button" aria-pressed={marked === f} onClick={() => onMark(f)}>
                <Icon name="search" />
                {marked === f ? "Hide" : "Show"}
              </button>
            )}
            {mended ? (
              <span class="tag tag-write">mended</span>
            ) : (
              f.fix &&
              onFix && (
                <button class="button button-small" type="button" onClick={() => onFix(f.fix ?? "")}>
                  Apply this fix
                </button>
              )
            )}
          </div>
        )}
      </div>
    </li>
  );
}
