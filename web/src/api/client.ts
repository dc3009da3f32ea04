/** The one place that knows the service's addresses, headers and error shape. */

import { readEvents } from "./sse";
import type {
  ApiKey,
  Avatar,
  ClipInfo,
  Page,
  Platform,
  Preset,
  ProcessOptions,
  Problem,
  Progress,
  Recipe,
  Scope,
  Session,
} from "./types";

/** An answer in the API's error shape, or a failure to reach the service at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail || problem.error);
  }
}

let csrf: string | null = null;
let onSignedOut: () => void = () => undefined;

/** Called when an answer says that the session is over. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

function headers(extra: Record<string, string> = {}): Record<string, string> {
  return csrf ? { "X-CSRF-Token": csrf, ...extra } : extra;
}

const UNREACHABLE: Problem = {
  error: "No connection",
  error_code: "UNREACHABLE",
  detail: "The foundry cannot be reached. Is it still running?",
  suggestions: [],
  is_retryable: true,
};

function asProblem(status: number, body: unknown): Problem {
  if (body && typeof body === "object" && "error_code" in body) return body as Problem;
  return { error: `Error ${status}`, error_code: "UNKNOWN", detail: `The service answered ${status}.`, suggestions: [] };
}

async function send(method: string, path: string, init: RequestInit & { quiet?: boolean } = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { method, credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, UNREACHABLE);
  }
  if (response.ok) return response;
  if (response.status === 401 && !init.quiet) onSignedOut();
  throw new ApiError(response.status, asProblem(response.status, await response.json().catch(() => null)));
}

async function get<T>(path: string, quiet = false): Promise<T> {
  return (await send("GET", path, { headers: headers({ Accept: "application/json" }), quiet })).json() as Promise<T>;
}

function post(path: string, body: unknown, extra: Record<string, string> = {}, quiet = false): Promise<Response> {
  const all = headers({ "Content-Type": "application/json", ...extra });
  return send("POST", path, { headers: all, body: JSON.stringify(body), quiet });
}

// Sessions

/** Who is signed in; null when nobody is. */
export async function session(): Promise<Session | null> {
  try {
    const found = await get<Session>("/api/auth/session", true);
    csrf = found.csrf;
    return found;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  await (await post("/api/auth/login", { name, password }, {}, true)).json();
}

export async function setUp(token: string, name: string, password: string): Promise<void> {
  await (await post("/api/auth/setup", { token, name, password }, {}, true)).json();
}

export async function signOut(): Promise<void> {
  await post("/api/auth/logout", {}, {}, true);
  csrf = null;
}

// Keys

export async function keys(): Promise<ApiKey[]> {
  return (await get<Page<ApiKey>>("/api/keys")).items;
}

export async function createKey(name: string, scopes: Scope[], expires_at: string | null): Promise<ApiKey> {
  return (await post("/api/keys", { name, scopes, expires_at })).json() as Promise<ApiKey>;
}

export async function revokeKey(id: string): Promise<void> {
  await send("DELETE", `/api/keys/${encodeURIComponent(id)}`, { headers: headers() });
}

// Catalogue

export async function presets(): Promise<Preset[]> {
  return (await get<{ presets: Preset[] }>("/api/presets")).presets;
}

export async function animations(): Promise<ClipInfo[]> {
  return (await get<{ animations: ClipInfo[] }>("/api/animations")).animations;
}

export async function platforms(): Promise<Platform[]> {
  return (await get<{ platforms: Platform[] }>("/api/platforms")).platforms;
}

/** Where a preset's picture is; drawn by the service when it is first asked for. */
export function presetPicture(preset: Preset): string {
  return preset.thumbnail ?? `/api/presets/${encodeURIComponent(preset.id)}.png`;
}

// Avatars

export function avatars(query: { q?: string; cursor?: string | null; limit?: number }): Promise<Page<Avatar>> {
  const search = new URLSearchParams({ limit: String(query.limit ?? 24) });
  if (query.q) search.set("q", query.q);
  if (query.cursor) search.set("cursor", query.cursor);
  return get(`/api/avatars?${search}`);
}

/** `share`: the token of a signed link; the addresses of the files in the answer carry it then. */
export function avatar(id: string, share: string | null = null): Promise<Avatar> {
  const query = share === null ? "" : `?share=${encodeURIComponent(share)}`;
  return get(`/api/avatars/${encodeURIComponent(id)}${query}`, share !== null);
}

export async function deleteAvatar(id: string): Promise<void> {
  await send("DELETE", `/api/avatars/${encodeURIComponent(id)}`, { headers: headers() });
}

export function avatarPicture(id: string, camera: "portrait" | "fullbody", size = 320): string {
  return `/api/avatars/${encodeURIComponent(id)}.png?camera=${camera}&size=${size}`;
}

/** The path of a file's address: the page may be reached by another host name than the one in the answer. */
export function localPath(url: string): string {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}

export async function download(url: string, signal: AbortSignal, told: (share: number) => void): Promise<ArrayBuffer> {
  const response = await send("GET", url, { headers: headers(), signal });
  const total = Number(response.headers.get("Content-Length") ?? 0);
  if (!response.body) return response.arrayBuffer();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body) {
    parts.push(part);
    size += part.length;
    if (total) told(Math.min(1, size / total));
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole.buffer;
}

// Jobs

interface Accepted {
  job_id: string;
}

/** Start making an avatar; `key` makes a repetition give the same avatar. */
export async function startGenerate(recipe: Recipe | Record<string, unknown>, key?: string): Promise<string> {
  const extra: Record<string, string> = { Prefer: "respond-async" };
  if (key) extra["Idempotency-Key"] = key;
  return ((await (await post("/api/generate", recipe, extra)).json()) as Accepted).job_id;
}

/** A form of /api/process; what is not set is left to the service. */
export function processForm(source: File | { avatar_id: string }, options: ProcessOptions): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    if (Array.isArray(value)) for (const item of value) form.append(name, item);
    else form.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  if (source instanceof File) form.set("file", source);
  else form.set("avatar_id", source.avatar_id);
  return form;
}

/**
 * Process an upload, or the upload of an avatar again. XMLHttpRequest, because fetch does not tell how much was sent;
 * as a job of its own rather than one stream, so that a broken connection loses nothing.
 */
export function startProcess(
  source: File | { avatar_id: string },
  options: ProcessOptions,
  told: (share: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const form = processForm(source, options);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/process");
    for (const [name, value] of Object.entries(headers({ Prefer: "respond-async" }))) {
      request.setRequestHeader(name, value);
    }
    request.responseType = "json";
    request.upload.onprogress = (e) => e.lengthComputable && told(e.loaded / e.total);
    request.onload = () => {
      if (request.status === 202) return resolve((request.response as Accepted).job_id);
      if (request.status === 401) onSignedOut();
      reject(new ApiError(request.status, asProblem(request.status, request.response)));
    };
    request.onerror = () => reject(new ApiError(0, UNREACHABLE));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}

/** Follow a job to its end; a broken connection goes on where it broke. Throws the job's own error. */
export async function follow(job: string, signal: AbortSignal, told: (p: Progress) => void): Promise<Avatar> {
  let last = "";
  let outcome: { avatar: Avatar } | { problem: Problem } | null = null;
  for (let failures = 0; ; failures++) {
    try {
      const extra: Record<string, string> = { Accept: "text/event-stream" };
      if (last) extra["Last-Event-ID"] = last;
      const response = await send("GET", `/api/jobs/${encodeURIComponent(job)}/events`, {
        headers: headers(extra),
        signal,
      });
      if (!response.body) throw new ApiError(0, UNREACHABLE);
      for await (const event of readEvents(response.body)) {
        last = event.id;
        failures = 0;
        const data: unknown = JSON.parse(event.data);
        if (event.event === "progress") told(data as Progress);
        else if (event.event === "result") outcome = { avatar: data as Avatar };
        else if (event.event === "error") outcome = { problem: data as Problem };
      }
    } catch (error) {
      const lost = error instanceof TypeError || (error instanceof ApiError && error.status === 0);
      if (!outcome && (!lost || failures >= 4 || signal.aborted)) throw error;
    }
    // The stream is read to its end before it is judged: hanging up early would look like a broken connection.
    if (outcome && "avatar" in outcome) return outcome.avatar;
    if (outcome) throw new ApiError(422, outcome.problem);
    await new Promise((resolve) => setTimeout(resolve, 400 * 2 ** failures));
    if (failures >= 4) throw new ApiError(0, UNREACHABLE);
  }
}

export async function cancel(job: string): Promise<void> {
  await send("DELETE", `/api/jobs/${encodeURIComponent(job)}`, { headers: headers() });
}
