/** The channels of a surface that can be looked at alone. */

export const CHANNELS = {
  lit: "Lit",
  clay: "Clay",
  color: "Base colour",
  normal: "Normal map",
  roughness: "Roughness",
  metalness: "Metalness",
  occlusion: "Occlusion",
  alpha: "Alpha",
  geometry: "Surface normals",
  uv: "UV checker",
} as const;
export type Channel = keyof typeof CHANNELS;
