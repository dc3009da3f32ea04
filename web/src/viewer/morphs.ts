/** The expression shapes of an avatar, in groups that people look for. */

export type MorphGroup = "ARKit" | "Visemes" | "Extras";

const ARKIT = /^(eye|jaw|mouth|brow|cheek|nose|tongueOut)/;
// Names of the extras that begin like ARKit's.
const EXTRA = new Set(["mouthOpen", "mouthSmile", "eyesClosed", "eyesLookUp", "eyesLookDown"]);

export function groupOf(name: string): MorphGroup {
  if (name.startsWith("viseme_")) return "Visemes";
  return !EXTRA.has(name) && ARKIT.test(name) ? "ARKit" : "Extras";
}

/** "mouthSmileLeft" -> "Mouth Smile Left", "viseme_aa" -> "aa". */
export function labelOf(name: string): string {
  if (name.startsWith("viseme_")) return name.slice(7);
  const words = name.replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The names that hold every word of the query, by group, in the file's order; empty groups are left out. */
export function grouped(names: readonly string[], query: string): [MorphGroup, string[]][] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<MorphGroup, string[]>();
  for (const group of ["ARKit", "Visemes", "Extras"] as const) groups.set(group, []);
  for (const name of names) {
    const text = `${name} ${labelOf(name)}`.toLowerCase();
    if (words.every((w) => text.includes(w))) groups.get(groupOf(name))?.push(name);
  }
  return [...groups].filter(([, found]) => found.length > 0);
}
