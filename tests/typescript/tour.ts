// What a person writes who has only /openapi.json: generate, follow a job, download the GLB, handle an error.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };
type Made = components["schemas"]["Made"];

const [url = "", key = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url });
const authorize: Middleware = {
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${key}`);
    return request;
  },
};
client.use(authorize);

const small = { preset: "average", platform: "unity", morph_targets: false, lods: false, texture_size: 256 } as const;

async function generate(): Promise<Made> {
  const { data, error } = await client.POST("/api/generate", { body: small });
  if (error) throw new Error(`${error.error_code}: ${error.detail}`);
  if (!("avatar_id" in data)) throw new Error("a job was begun that nobody asked for");
  return data;
}

/** The events of a stream: blank lines between them, `field: value` in them. */
async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<{ event: string; data: unknown }> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s) as [string, string]));
      const data = fields.get("data");
      if (data !== undefined) yield { event: fields.get("event") ?? "message", data: JSON.parse(data) };
    }
  }
}

async function follow(): Promise<{ seen: number; last: string; stages: string[] }> {
  const begun = await client.POST("/api/generate", {
    body: { ...small, seed: 5 },
    params: { header: { prefer: "respond-async" } },
  });
  if (!begun.data || "avatar_id" in begun.data) throw new Error("no job was begun");
  const { data, error } = await client.GET("/api/jobs/{job_id}/events", {
    params: { path: { job_id: begun.data.job_id } },
    parseAs: "stream",
  });
  if (error || !data) throw new Error("no events");
  const told = { seen: 0, last: "", stages: [] as string[] };
  for await (const { event, data: said } of events(data)) {
    told.seen++;
    told.last = event;
    if (event === "progress") told.stages.push((said as { stage: string }).stage);
  }
  const job = await client.GET("/api/jobs/{job_id}", { params: { path: { job_id: begun.data.job_id } } });
  if (job.data?.state !== "succeeded") throw new Error(`the job is ${job.data?.state}`);
  return told;
}

async function download(made: Made): Promise<{ bytes: number; magic: string }> {
  const file = made.files[0];
  if (!file) throw new Error("no files");
  const { data } = await client.GET("/api/avatars/{avatar_id}/files/{name}", {
    params: { path: { avatar_id: made.avatar_id, name: file.name } },
    parseAs: "arrayBuffer",
  });
  if (!data || data.byteLength !== file.size) throw new Error("the file is not what the answer says");
  return { bytes: data.byteLength, magic: new TextDecoder().decode(data.slice(0, 4)) };
}

async function mistake(): Promise<{ status: number; code: string; pointer: string; suggestion: string }> {
  // @ts-expect-error the compiler knows the field's values; the service's answer is wanted here
  const { error, response } = await client.POST("/api/generate", { body: { ...small, compression: "zip" } });
  if (!error) throw new Error("that should not work");
  const [issue] = error.issues;
  return {
    status: response.status,
    code: error.error_code,
    pointer: issue?.pointer ?? "",
    suggestion: error.suggestions[0]?.title ?? "",
  };
}

async function process_upload(made: Made): Promise<string> {
  const file = await fetch(made.download_url, { headers: { Authorization: `Bearer ${key}` } });
  const blob = await file.blob();
  const { data, error } = await client.POST("/api/process", {
    body: { file: "mesh.glb", platform: "unity" },
    bodySerializer: ({ platform }) => {
      const form = new FormData();
      form.set("file", blob, "mesh.glb");
      form.set("platform", platform ?? "web");
      return form;
    },
  });
  if (error) throw new Error(error.detail);
  return "avatar_id" in data ? data.platform : "";
}

const made = await generate();
const reviews = await client.GET("/api/reviews", { params: { query: { state: "pending", limit: 1 } } });
console.log(
  JSON.stringify({
    stage: made.stage_reached,
    events: await follow(),
    file: await download(made),
    mistake: await mistake(),
    processed: await process_upload(made),
    reviews: reviews.data?.items.length,
  }),
);
