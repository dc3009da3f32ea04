// The reference page's examples in a real browser: node page_examples.mjs BASE TOKEN MODULES CHROMIUM EXAMPLES.json MESH
// Signs in with the set-up link's token; prints one JSON object of what was heard.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [base, token, modules, executablePath, examples, mesh] = process.argv.slice(2);
const { chromium } = createRequire(path.join(modules, "x"))("playwright-core");
const { generate, batch, messages } = JSON.parse(readFileSync(examples, "utf8"));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(300_000);
  await page.goto(`${base}/health`);
  const heard = await page.evaluate(
    async ({ generate, batch, messages, token, mesh }) => {
      const json = { "Content-Type": "application/json" };
      const account = { token, name: "browser", password: "a long enough password" };
      const signed = await (
        await fetch("/api/auth/setup", { method: "POST", headers: json, body: JSON.stringify(account) })
      ).json();
      const csrf = { "X-CSRF-Token": signed.csrf };
      const bytes = Uint8Array.from(atob(mesh), (c) => c.charCodeAt(0));
      const form = () => {
        const data = new FormData();
        data.append("file", new File([bytes], "mesh.glb"));
        return data;
      };

      /** All events of a POST's stream, read while it runs. */
      const streamed = async (url, options) => {
        const answer = await fetch(url, { method: "POST", ...options });
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = "";
        let chunks = 0;
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          text += value;
          chunks += 1;
        }
        const events = text
          .split("\n\n")
          .filter((block) => block.startsWith("id:"))
          .map((block) => Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2))))
          .map((event) => ({ event: event.event, data: JSON.parse(event.data) }));
        return { status: answer.status, type: answer.headers.get("content-type"), chunks, events };
      };

      const page = form();
      page.append("platform", "unity");
      const process = await streamed("/api/process/stream", { headers: csrf, body: page });
      const batched = await streamed("/api/batch-generate/stream", {
        headers: { ...json, ...csrf },
        body: JSON.stringify(batch),
      });

      const accepted = await (
        await fetch("/api/generate", {
          method: "POST",
          headers: { ...json, ...csrf, Prefer: "respond-async" },
          body: JSON.stringify(generate),
        })
      ).json();
      const source = await new Promise((resolve, reject) => {
        const events = [];
        const from = new EventSource(`/api/jobs/${accepted.job_id}/events`);
        from.addEventListener("progress", (e) => events.push({ id: e.lastEventId, data: JSON.parse(e.data) }));
        from.addEventListener("result", (e) => {
          from.close();
          resolve({ events, result: JSON.parse(e.data) });
        });
        from.addEventListener("error", (e) => reject(new Error(`EventSource failed: ${e.data ?? ""}`)));
      });

      await fetch("/api/uploads", { method: "POST", headers: csrf, body: form() });
      const ticket = await (await fetch("/api/ws-ticket", { method: "POST", headers: csrf })).json();
      const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws?ticket=${ticket.ticket}`);
      await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
      const ask = (message, last) =>
        new Promise((resolve) => {
          const answers = [];
          socket.onmessage = ({ data }) => {
            answers.push(JSON.parse(data));
            if (last.includes(answers.at(-1).type)) resolve(answers);
          };
          socket.send(message);
        });
      const said = {};
      for (const message of messages) {
        said[JSON.parse(message).action] = await ask(message, ["result", "error", "validated", "pong", "cancelled"]);
      }
      socket.close();
      return { process, batched, source, said };
    },
    { generate, batch, messages, token, mesh: readFileSync(mesh).toString("base64") },
  );
  console.log(JSON.stringify(heard));
} finally {
  await browser.close();
}
