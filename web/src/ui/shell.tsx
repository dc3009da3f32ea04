/** The frame around the pages: where one is, and where one can go. */

import type { ComponentChildren, JSX } from "preact";
import type { Session } from "../api/types";
import { go } from "../router";
import { Icon, type IconName } from "./icons";

const PLACES: { to: string; label: string; icon: IconName }[] = [
  { to: "/generate", label: "Generate", icon: "spark" },
  { to: "/avatars", label: "Avatars", icon: "people" },
  { to: "/process", label: "Upload & process", icon: "upload" },
  { to: "/settings/keys", label: "Settings", icon: "key" },
];

export function Shell(props: {
  path: string;
  session: Session;
  onSignOut: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const current = props.path === "/settings" ? "/settings/keys" : props.path;
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="rail">
        <Link to="/generate" class="brand">
          <Brand />
        </Link>
        <nav class="places" aria-label="Pages">
          {PLACES.map(({ to, label, icon }) => (
            <Link key={to} to={to} class="place" current={current === to}>
              <Icon name={icon} />
              <span>{label}</span>
            </Link>
          ))}
        </nav>
        <div class="rail-end">
          <a class="place" href="/docs" target="_blank" rel="noopener">
            <Icon name="book" />
            <span>API reference</span>
          </a>
          {props.session.csrf && (
            <button class="place" type="button" onClick={props.onSignOut} title={`Signed in as ${props.session.name}`}>
              <Icon name="out" />
              <span>
                Sign out <small>{props.session.name}</small>
              </span>
            </button>
          )}
        </div>
      </header>
      <main id="main" class="main" tabIndex={-1}>
        {props.children}
      </main>
    </div>
  );
}

export function Brand(): JSX.Element {
  return (
    <>
      <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
        <circle cx="16" cy="11" r="5.500" />
        <path d="M5.500 27c1-6.500 5-9 10.500-9s9.500 2.500 10.500 9" />
      </svg>
      <span class="brand-name">
        <b>AXIS</b> Avatar Foundry
      </span>
    </>
  );
}

/** A link within the pages; with a modifier key it behaves as every link does. */
export function Link(props: { to: string; class?: string; current?: boolean; children: ComponentChildren }): JSX.Element {
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(props.to);
  };
  return (
    <a class={props.class ?? ""} href={props.to} onClick={follow} aria-current={props.current ? "page" : undefined}>
      {props.children}
    </a>
  );
}
