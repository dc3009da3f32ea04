/** From the uploaded file's own space to where the figure stands, as the service's answers give it. */

export type Point = [number, number, number];

/** p' = scale * turn * p + shift; turn by rows. */
export interface Placing {
  scale: number;
  turn: number[][];
  shift: number[];
}

export const SAME: Placing = { scale: 1, turn: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], shift: [0, 0, 0] };

export function toStand({ scale, turn, shift }: Placing, p: Readonly<Point>): Point {
  const out = [0, 1, 2].map((i) => scale * [0, 1, 2].reduce((n, k) => n + (turn[i]?.[k] ?? 0) * (p[k] ?? 0), 0) + (shift[i] ?? 0));
  return out as Point;
}

export function toFile({ scale, turn, shift }: Placing, p: Readonly<Point>): Point {
  const q = [0, 1, 2].map((i) => ((p[i] ?? 0) - (shift[i] ?? 0)) / scale);
  return [0, 1, 2].map((k) => [0, 1, 2].reduce((n, i) => n + (turn[i]?.[k] ?? 0) * (q[i] ?? 0), 0)) as Point;
}
