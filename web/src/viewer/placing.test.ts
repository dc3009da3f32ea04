import { expect, test } from "vitest";
import { above, mirrored, plain, spoken } from "./names";
import { toFile, toStand, type Point } from "./placing";
import { sureness } from "./colours";

test("there and back again", () => {
  const placing = { scale: 0.01, turn: [[1, 0, 0], [0, 0, 1], [0, -1, 0]], shift: [0.5, 0.1, -2] };
  const p: Point = [12, 160, -3];
  const stood = toStand(placing, p);
  expect(stood.map((v) => Math.round(1e6 * v) / 1e6)).toEqual([0.62, 0.07, -3.6]);
  toFile(placing, stood).forEach((v, i) => expect(v).toBeCloseTo(p[i] ?? NaN, 9));
});

test("names are recognised however loaders write them, mirrored, and spoken", () => {
  expect(plain("mixamorig:LeftArm")).toBe(plain("mixamorigLeftArm"));
  expect(mirrored("leftHand")).toBe("rightHand");
  expect(mirrored("rightToesEnd")).toBe("leftToesEnd");
  expect(mirrored("hips")).toBeNull();
  expect(spoken("leftUpperArmTwist")).toBe("Left upper arm twist");
});

test("lines skip bones that are not there", () => {
  const there = new Set(["hips", "spine", "head"]);
  expect(above("head", (n) => there.has(n))).toBe("spine");
  expect(above("hips", (n) => there.has(n))).toBeNull();
});

test("guesses are red, sure joints are green", () => {
  const [bad, good] = [sureness(0), sureness(1)];
  expect(bad[0]).toBeGreaterThan(bad[1]);
  expect(good[1]).toBeGreaterThan(good[0]);
  expect(sureness(NaN).every((v) => v >= 0 || Number.isNaN(v))).toBe(true);
});
