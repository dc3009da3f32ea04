/** Colours that mean the same in the 3D views and in the panels beside them. */

/** 0: a guess (red), 0.5: doubtful (amber), 1: sure (green). Components 0..1 in sRGB. */
export function sureness(p: number): [number, number, number] {
  const bad = [0.95, 0.33, 0.3];
  const middle = [0.95, 0.74, 0.3];
  const good = [0.38, 0.84, 0.5];
  const t = Math.min(1, Math.max(0, p));
  const [a, b, s] = t < 0.5 ? [bad, middle, 2 * t] : [middle, good, 2 * t - 1];
  return [0, 1, 2].map((i) => (a[i] ?? 0) * (1 - s) + (b[i] ?? 0) * s) as [number, number, number];
}
