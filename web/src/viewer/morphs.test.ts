import { expect, test } from "vitest";
import { grouped, groupOf, labelOf } from "./morphs";

test("every kind of shape finds its group", () => {
  expect(groupOf("jawOpen")).toBe("ARKit");
  expect(groupOf("tongueOut")).toBe("ARKit");
  expect(groupOf("viseme_PP")).toBe("Visemes");
  expect(groupOf("mouthSmile")).toBe("Extras");
  expect(groupOf("somethingElse")).toBe("Extras");
});

test("labels read as words", () => {
  expect(labelOf("mouthSmileLeft")).toBe("Mouth Smile Left");
  expect(labelOf("viseme_aa")).toBe("aa");
});

test("all words have to be there, in names or labels", () => {
  const names = ["mouthSmileLeft", "mouthSmileRight", "viseme_aa", "jawOpen"];
  expect(grouped(names, "smile left")).toEqual([["ARKit", ["mouthSmileLeft"]]]);
  expect(grouped(names, "VISEME")).toEqual([["Visemes", ["viseme_aa"]]]);
  expect(grouped(names, "")).toEqual([
    ["ARKit", ["mouthSmileLeft", "mouthSmileRight", "jawOpen"]],
    ["Visemes", ["viseme_aa"]],
  ]);
  expect(grouped(names, "no such")).toEqual([]);
});
