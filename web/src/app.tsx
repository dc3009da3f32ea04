/** Which page is shown, and to whom. */

import { useCallback, useEffect, useState } from "preact/hooks";
import type { JSX } from "preact";
import * as api from "./api/client";
import { problemOf } from "./api/job";
import type { Problem, Session } from "./api/types";
import { AvatarsPage } from "./pages/avatars";
import { GeneratePage } from "./pages/generate";
import { KeysPage } from "./pages/keys";
import { PreviewPage } from "./pages/preview";
import { ProcessPage } from "./pages/process";
import { SetUpPage } from "./pages/setup";
import { SignInPage } from "./pages/signin";
import { go, useAddress } from "./router";
import { Busy, ProblemNote } from "./ui/feedback";
import { Shell } from "./ui/shell";

/** Pages by path. A page that fills the window lays itself out; the others scroll in a column. */
const PAGES: Record<string, { title: string; page: (props: { address: URL }) => JSX.Element; bare?: boolean }> = {
  "/generate": { title: "Generate", page: GeneratePage },
  "/avatars": { title: "Avatars", page: AvatarsPage },
  "/process": { title: "Upload & process", page: ProcessPage },
  "/settings": { title: "API Keys", page: KeysPage },
  "/settings/keys": { title: "API Keys", page: KeysPage },
  "/api/preview": { title: "Preview", page: PreviewPage, bare: true },
};

type Who = { kind: "asking" } | { kind: "nobody" } | { kind: "failed"; problem: Problem } | { kind: "in"; session: Session };

export function App(): JSX.Element {
  const address = useAddress();
  const [who, setWho] = useState<Who>({ kind: "asking" });
  const path = address.pathname.replace(/(.)\/$/, "$1");
  const found = PAGES[path];
  const settingUp = path === "/setup";
  // A signed link opens its avatar to whoever has it: nobody is asked who they are.
  const shared = path === "/api/preview" && address.searchParams.has("share");

  const ask = useCallback(async () => {
    try {
      const session = await api.session();
      setWho(session ? { kind: "in", session } : { kind: "nobody" });
    } catch (error) {
      setWho({ kind: "failed", problem: problemOf(error) });
    }
  }, []);
  useEffect(() => {
    api.whenSignedOut(() => setWho({ kind: "nobody" }));
    // The set-up page needs no answer, and asking would only be refused.
    if (location.pathname !== "/setup" && !shared) void ask();
  }, [ask, shared]);

  const lost = !found && !settingUp;
  useEffect(() => {
    if (lost) go("/generate", true);
  }, [lost]);
  useEffect(() => {
    const title = settingUp ? "Set up" : who.kind === "nobody" && !shared ? "Sign in" : found?.title;
    document.title = title ? `${title} · AXIS Avatar Foundry` : "AXIS Avatar Foundry";
  }, [found, settingUp, who.kind]);

  if (settingUp) {
    const entered = async (): Promise<void> => {
      await ask();
      go("/generate", true);
    };
    return <SetUpPage token={address.searchParams.get("token") ?? address.hash.slice(1)} onDone={entered} />;
  }
  if (shared) return <PreviewPage address={address} />;
  switch (who.kind) {
    case "asking":
      return <Busy label="Opening the foundry" full />;
    case "failed":
      return (
        <main class="entry">
          <ProblemNote problem={who.problem} />
          <button class="button" onClick={() => void ask()}>
            Try again
          </button>
        </main>
      );
    case "nobody":
      return <SignInPage onDone={ask} />;
    case "in": {
      if (!found) return <Busy label="Opening the foundry" full />;
      const Page = found.page;
      if (found.bare) return <Page address={address} />;
      const leave = async (): Promise<void> => {
        await api.signOut().catch(() => undefined);
        await ask();
      };
      return (
        <Shell path={path} session={who.session} onSignOut={leave}>
          <Page address={address} />
        </Shell>
      );
    }
  }
}
