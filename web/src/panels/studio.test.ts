import { expect, test } from "vitest";
import type { Avatar } from "../api/types";
import { levelFiles } from "./studio";

const file = (name: string): object => ({ name, format: name.split(".").pop() });

test("levels come finest first, whatever the order of the files", () => {
  const files = ["a.glb", "a_LOD2.glb", "a.png", "a_lod1.glb"].map(file);
  expect(levelFiles({ files } as Avatar).map((f) => f.name)).toEqual(["a.glb", "a_lod1.glb", "a_LOD2.glb"]);
});

test("no avatar, no levels", () => {
  expect(levelFiles(null)).toEqual([]);
  expect(levelFiles({ files: [] as unknown } as Avatar)).toEqual([]);
});
