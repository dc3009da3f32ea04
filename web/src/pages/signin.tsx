import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../api/client";
import { problemOf } from "../api/job";
import type { Problem } from "../api/types";
import { ProblemNote } from "../ui/feedback";
import { Brand } from "../ui/shell";

export function SignInPage({ onDone }: { onDone: () => Promise<void> }): JSX.Element {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setProblem(null);
    try {
      await api.signIn(String(form.get("name")), String(form.get("password")));
      await onDone();
    } catch (error) {
      const found = problemOf(error);
      setProblem({ ...found, suggestions: [] });
      setBusy(false);
    }
  };
  return (
    <main class="entry">
      <div class="brand">
        <Brand />
      </div>
      <form class="card entry-card" onSubmit={(e) => void submit(e)}>
        <h1>Sign in</h1>
        <label class="field">
          <span>Name</span>
          <input name="name" required autocomplete="username" autoFocus maxLength={64} />
        </label>
        <label class="field">
          <span>Password</span>
          <input name="password" type="password" required autocomplete="current-password" maxLength={200} />
        </label>
        {problem && <ProblemNote problem={problem} />}
        <button class="button button-primary" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
        <p class="faint">
          Nobody has an account yet? The service printed a one-time set-up link when it started. Open it to become the
          owner.
        </p>
      </form>
    </main>
  );
}
