import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../api/client";
import { problemOf } from "../api/job";
import type { Problem } from "../api/types";
import { ProblemNote } from "../ui/feedback";
import { Brand } from "../ui/shell";

export function SetUpPage({ token, onDone }: { token: string; onDone: () => Promise<void> }): JSX.Element {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [differs, setDiffers] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const password = String(form.get("password"));
    setDiffers(password !== form.get("again"));
    if (password !== form.get("again")) return;
    setBusy(true);
    setProblem(null);
    try {
      await api.setUp(token, String(form.get("name")), password);
      await onDone();
    } catch (error) {
      setProblem({ ...problemOf(error), suggestions: [] });
      setBusy(false);
    }
  };
  if (!token) {
    return (
      <main class="entry">
        <div class="brand">
          <Brand />
        </div>
        <div class="card entry-card">
          <h1>This is not a set-up link</h1>
          <p>The service printed the whole link when it started: open it exactly as it is there, with its token.</p>
          <a href="/generate" class="button">
            Go to sign-in
          </a>
        </div>
      </main>
    );
  }
  return (
    <main class="entry">
      <div class="brand">
        <Brand />
      </div>
      <form class="card entry-card" onSubmit={(e) => void submit(e)}>
        <h1>Take over your foundry</h1>
        <p class="faint">You become the owner: you make keys for programs and see every avatar. The link works once.</p>
        <label class="field">
          <span>Name</span>
          <input
            name="name"
            required
            autocomplete="username"
            defaultValue="owner"
            maxLength={64}
            pattern="[\w.@+\-]+"
            title="Letters, digits and . @ + - _"
          />
        </label>
        <label class="field">
          <span>Password</span>
          <input name="password" type="password" required autocomplete="new-password" minLength={10} maxLength={200} />
          <small>At least 10 characters</small>
        </label>
        <label class="field">
          <span>Password again</span>
          <input
            name="again"
            type="password"
            required
            autocomplete="new-password"
            maxLength={200}
            aria-invalid={differs}
            onInput={() => setDiffers(false)}
          />
          {differs && <small class="bad">The passwords differ</small>}
        </label>
        {problem && <ProblemNote problem={problem} />}
        <button class="button button-primary" disabled={busy}>
          {busy ? "Setting up…" : "Become the owner"}
        </button>
      </form>
    </main>
  );
}
