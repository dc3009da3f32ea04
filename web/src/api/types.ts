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

/** A clip of the library. */
export interface ClipInfo {
  name: string;
  title: string;
  loop: boolean;
  seconds: number;
  tags: string[];
  moves: boolean;
  face: boolean;
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
  /** RIG_UNCERTAIN, NOT_HUMANOID */
  confidence?: number;
  reasons?: string[];
  joints?: Record<string, number>;
  /** A data: address. */
  picture?: string;
  rig?: Rig;
}

export interface Finding {
  severity: "error" | "warning" | "info" | "hint";
  rule: string;
  message: string;
  where?: string;
  numbers?: Record<string, number>;
  elements?: Record<string, number[]>;
  /** Where in the uploaded file the first of the elements are: corners of faces, vertices. */
  places?: { faces?: number[][]; vertices?: number[][] };
  suggestion?: Suggestion;
  fix?: string | null;
}

export type Tally = Record<Finding["severity"], number> & { findings: Finding[] };

export interface Rig {
  /** "kept", "mapped": the file's own; "created": found in the shape. */
  state: string;
  confidence: number;
  /** By canonical name; so are places, and bones: their names in the written files. */
  joints: Record<string, number>;
  family?: string;
  notes?: string[];
  places?: Record<string, [number, number, number]>;
  transform?: { scale: number; turn: number[][]; shift: number[] };
  hints?: string[];
  bones?: Record<string, string>;
}

export interface SourceFacts {
  format?: string;
  generator?: string;
  unit_metres?: number | null;
  up_axis?: string | null;
  height?: number;
  vertices?: number;
  triangles?: number;
  joints?: number;
  morphs?: number;
  box?: [number[], number[]] | null;
  notes?: string[];
}

export interface Fixed {
  id: string;
  words: string;
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
  /** "source": what was uploaded, under the name that it had. */
  role?: string;
  uploaded_as?: string;
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
  animations?: { name: string; seconds: number; loop: boolean; root_motion: boolean }[];
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
  validation?: Tally;
  fitted?: { budget: string; limit: number; before: number; after: number; how: string }[];
  timings?: Record<string, number>;
  licences?: { name: string; author: string; licence: string; source: string }[];
  recipe?: Record<string, unknown> | null;
  source?: SourceFacts | null;
  rig?: Rig | null;
  face?: Record<string, unknown>;
  findings?: { before: Tally; after: Tally };
  fixes_applied?: Fixed[];
  notes?: string[];
  /** What was asked for when an upload was processed. */
  options?: ProcessOptions;
}

export interface Progress {
  job_id: string;
  stage: string;
  progress: number;
  title: string;
  elapsed_ms: number;
}

/** The fields of /api/process, as far as the pages send them. */
export interface ProcessOptions {
  platform?: string;
  auto_fix?: boolean;
  fixes?: string[] | null;
  morph_targets?: boolean;
  lods?: boolean;
  no_face?: boolean;
  pose?: "T" | "A" | "keep";
  texture_size?: number | null;
  shading?: "pbr" | "mtoon";
  compression?: string;
  atlas?: boolean | null;
  skeleton?: string;
  budget?: Record<string, number>;
  hints?: Record<string, [number, number, number]>;
  min_confidence?: number;
  animations?: string[] | "all";
  root_motion?: boolean;
  name?: string | null;
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
  shading?: "pbr" | "mtoon";
  compression?: string;
  skeleton?: string;
  budget?: Record<string, number>;
  atlas?: boolean;
  animations?: string[];
  root_motion?: boolean;
  name?: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
