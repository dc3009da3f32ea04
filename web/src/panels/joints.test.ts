import { expect, test } from "vitest";
import type { Rig } from "../api/types";
import { hintsOf } from "./joints";

const rig: Rig = {
  state: "created",
  confidence: 0.8,
  joints: { head: 0.9, leftHand: 0.4 },
  places: { head: [0, 150, 0], leftHand: [50, 100, 0], hips: [0, 90, 0] },
  transform: { scale: 0.01, turn: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], shift: [0, 0, 0] },
  hints: ["hips"],
};
const places = { head: [0, 1.5, 0], leftHand: [0.6, 1, 0], hips: [0, 0.9, 0] } as const;
const given = places as unknown as Record<string, [number, number, number]>;

test("what was moved now or before is sent, in the file's space", () => {
  expect(hintsOf(rig, given, new Set(["leftHand"]))).toEqual({ leftHand: [60, 100, 0], hips: [0, 90, 0] });
});

test("a skeleton that came with the file is held fast whole", () => {
  const kept = hintsOf({ ...rig, state: "kept" }, given, new Set(["leftHand"]));
  expect(Object.keys(kept).sort()).toEqual(["head", "hips", "leftHand"]);
  expect(kept["head"]).toEqual([0, 150, 0]);
});
