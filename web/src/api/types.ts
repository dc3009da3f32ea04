/** What the service answers, as far as the pages use it. The contract is the service's OpenAPI document. */

export interface Session {
  user_id: string;
  name: string;
  scope: Scope;
  csrf: string | null;
}

export type Scope = "read" | "write" | "admin";

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  /** Only in the answer that makes it. */
  key?: string;
}

export interface Preset {
  id: string;
  title: string;
  about?: string;
  tags: string[];
  thumbnail?: string;
}

export interface Platform {
  id: string;
  title: string;
  formats: string[];
  notes?: string[];
}

export interface Suggestion {
  title: string;
  description: string;
  confidence: number;
  auto_fixable: boolean;
  action?: string | null;
}

export interface Problem {
  error: string;
  error_code: string;
  detail: string;
  suggestions: Suggestion[];
  request_id?: string;
  is_retryable?: boolean;
  issues?: { pointer: string; message: string }[];
  findings?: Finding[];
}

export interface Finding {
  severity: "error" | "warning" | "info" | "hint";
  rule: string;
  message: string;
  where?: string;
}

export interface Level {
  level: number;
  faces: number;
  geometric_mm?: number;
  posed_mm?: number;
  expressive_mm?: number;
}

export interface AvatarFile {
  name: string;
  format: string;
  size: number;
  sha256: string;
  url: string;
}

export interface Avatar {
  avatar_id: string;
  preset: string | null;
  platform: string;
  vertex_count: number;
  face_count: number;
  glb_size: number;
  morph_targets: boolean;
  morph_names: string[];
  bone_count: number;
  review_session_id?: string;
  created_at?: string;
  files: AvatarFile[];
  lods: Level[];
  errors: Problem[];
  interpretation?: {
    words: { text: string; effect: string; fields: Record<string, unknown> }[];
    ignored: string[];
    notes: string[];
  };
  validation?: Record<Finding["severity"], number> & { findings: Finding[] };
  timings?: Record<string, number>;
  licences?: { name: string; author: string; licence: string; source: string }[];
  recipe?: Record<string, unknown> | null;
  source?: Record<string, unknown>;
  rig?: { state: string; confidence: number; joints: string[] };
  fixes_applied?: unknown[];
}

export interface Progress {
  job_id: string;
  stage: string;
  progress: number;
  title: string;
  elapsed_ms: number;
}

export interface Recipe {
  preset?: string;
  prompt?: string;
  platform: string;
  morph_targets: boolean;
  lods: boolean;
  no_face: boolean;
  seed?: number;
  pose?: "T" | "A";
  texture_size?: number;
  texture_format?: string;
  compression?: string;
  atlas?: boolean;
  name?: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
