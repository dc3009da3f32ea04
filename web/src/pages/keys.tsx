import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import * as api from "../api/client";
import { problemOf } from "../api/job";
import type { ApiKey, Problem, Scope } from "../api/types";
import { Busy, CopyButton, ProblemNote } from "../ui/feedback";
import { ago, day } from "../ui/format";
import { Icon } from "../ui/icons";
import { useLoaded } from "../ui/use";

const ACCESS: { scope: Scope; title: string; about: string }[] = [
  { scope: "read", title: "Read", about: "List, download and preview; validate files" },
  { scope: "write", title: "Write", about: "Also generate, process, upload and review" },
  { scope: "admin", title: "Admin", about: "Also keys, users and everybody's avatars" },
];
const SCOPES: Scope[] = ["read", "write", "admin"];
const LIVES: [string, string][] = [
  ["", "Never"],
  ["7", "In 7 days"],
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In a year"],
];

export function KeysPage(): JSX.Element {
  const { data, problem, reload } = useLoaded(api.keys);
  const [made, setMade] = useState<ApiKey | null>(null);
  const [failure, setFailure] = useState<Problem | null>(null);
  const [doomed, setDoomed] = useState<ApiKey | null>(null);
  const [busy, setBusy] = useState(false);

  const create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const element = event.currentTarget as HTMLFormElement;
    const form = new FormData(element);
    const days = Number(form.get("days"));
    const scope = form.get("scope") as Scope;
    const expires = days ? new Date(Date.now() + days * 86400e3).toISOString() : null;
    setBusy(true);
    setFailure(null);
    try {
      setMade(await api.createKey(String(form.get("name")).trim(), SCOPES.slice(0, SCOPES.indexOf(scope) + 1), expires));
      element.reset();
      reload();
    } catch (error) {
      setFailure(problemOf(error));
    }
    setBusy(false);
  };
  const revoke = async (key: ApiKey): Promise<void> => {
    setDoomed(null);
    try {
      await api.revokeKey(key.id);
      if (made?.id === key.id) setMade(null);
      reload();
    } catch (error) {
      setFailure(problemOf(error));
    }
  };

  return (
    <div class="column">
      <header class="page-head">
        <p class="eyebrow">Settings</p>
        <h1>API Keys</h1>
        <p>
          Programs send a key as <code>Authorization: Bearer sk-…</code> or <code>X-API-Key: sk-…</code>. A key acts for
          the person who made it.
        </p>
      </header>
      {made?.key && <Secret made={made} onClose={() => setMade(null)} />}
      {failure && <ProblemNote problem={failure} />}
      <section class="card" aria-labelledby="new-key">
        <h2 id="new-key">New key</h2>
        <form class="key-form" onSubmit={(e) => void create(e)}>
          <label class="field">
            <span>Name</span>
            <input name="name" required maxLength={64} placeholder="Unity importer" autocomplete="off" />
          </label>
          <label class="field">
            <span>Expires</span>
            <select name="days">
              {LIVES.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <fieldset class="field access">
            <legend>Scope</legend>
            {ACCESS.map(({ scope, title, about }) => (
              <label key={scope} class="choice">
                <input type="radio" name="scope" value={scope} defaultChecked={scope === "write"} />
                <span>
                  <b>{title}</b>
                  <small>{about}</small>
                </span>
              </label>
            ))}
          </fieldset>
          <button class="button button-primary" disabled={busy}>
            Create key
          </button>
        </form>
      </section>
      <section class="card" aria-labelledby="all-keys">
        <h2 id="all-keys">Keys</h2>
        {problem && <ProblemNote problem={problem} />}
        {!data && !problem && <Busy label="Loading keys" />}
        {data && data.length === 0 && <p class="empty">No keys yet. Make one above for each program that calls the API.</p>}
        {data && data.length > 0 && (
          <div class="table-wrap">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Key</th>
                  <th scope="col">Scopes</th>
                  <th scope="col">Created</th>
                  <th scope="col">Last used</th>
                  <th scope="col">Expires</th>
                  <th>
                    <span class="hidden">Revoke</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.map((key) => (
                  <tr key={key.id}>
                    <th scope="row">{key.name}</th>
                    <td>
                      <code>{key.prefix}…</code>
                    </td>
                    <td>
                      {key.scopes.map((s) => (
                        <span key={s} class={`tag tag-${s}`}>
                          {s}
                        </span>
                      ))}
                    </td>
                    <td>{day(key.created_at)}</td>
                    <td>{key.last_used_at ? ago(key.last_used_at) : <span class="faint">never</span>}</td>
                    <td>{key.expires_at ? day(key.expires_at) : <span class="faint">never</span>}</td>
                    <td class="row-end">
                      <button class="button button-small button-danger" type="button" onClick={() => setDoomed(key)}>
                        Revoke<span class="hidden"> {key.name}</span>
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      {doomed && <Confirm doomed={doomed} onYes={() => void revoke(doomed)} onNo={() => setDoomed(null)} />}
    </div>
  );
}

function Secret({ made, onClose }: { made: ApiKey; onClose: () => void }): JSX.Element {
  return (
    <div class="note note-good secret" role="status">
      <Icon name="check" />
      <div>
        <strong>“{made.name}” is ready. Copy it now: it is not shown again.</strong>
        <div class="secret-line">
          <code data-testid="secret">{made.key}</code>
          <CopyButton text={made.key ?? ""} label="Copy" />
        </div>
      </div>
      <button class="icon-button" type="button" aria-label="Hide the key" onClick={onClose}>
        <Icon name="cross" />
      </button>
    </div>
  );
}

function Confirm({ doomed, onYes, onNo }: { doomed: ApiKey; onYes: () => void; onNo: () => void }): JSX.Element {
  const opened = useRef(false);
  const open = (dialog: HTMLDialogElement | null): void => {
    if (dialog && !opened.current) {
      opened.current = true;
      dialog.showModal();
    }
  };
  return (
    <dialog class="dialog" ref={open} onClose={onNo} aria-labelledby="confirm-title">
      <h2 id="confirm-title">Revoke “{doomed.name}”?</h2>
      <p>Programs that use it are refused from this moment on. This cannot be undone.</p>
      <div class="dialog-end">
        <button class="button" type="button" onClick={onNo} autoFocus>
          Keep it
        </button>
        <button class="button button-danger-solid" type="button" onClick={onYes}>
          Revoke key
        </button>
      </div>
    </dialog>
  );
}
