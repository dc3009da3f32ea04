import { expect, test } from "vitest";
import { recipeOf } from "./generate";

function form(fields: Record<string, string>): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
}

test("what was left alone is left out", () => {
  const untouched = { preset: "", prompt: "  ", platform: "unity", morph_targets: "on", lods: "on", seed: "0" };
  const more = { pose: "T", compression: "none", texture_size: "", texture_format: "auto", atlas: "", name: "" };
  expect(recipeOf(form({ ...untouched, ...more }))).toEqual({
    platform: "unity",
    morph_targets: true,
    lods: true,
    no_face: false,
  });
});

test("animations are said by name, root motion only with them", () => {
  const made = form({ platform: "web", root_motion: "on" });
  expect(recipeOf(made)).not.toHaveProperty("root_motion");
  made.append("animations", "idle");
  made.append("animations", "walk");
  expect(recipeOf(made)).toMatchObject({ animations: ["idle", "walk"], root_motion: true });
});

test("everything that was chosen is said", () => {
  const fields = { preset: "mage", prompt: "old", platform: "web", no_face: "on", seed: "7", pose: "A", name: "Merlin" };
  const more = { compression: "meshopt", texture_size: "512", texture_format: "webp", atlas: "no" };
  expect(recipeOf(form({ ...fields, ...more }))).toEqual({
    ...fields,
    ...more,
    morph_targets: false,
    lods: false,
    no_face: true,
    seed: 7,
    texture_size: 512,
    atlas: false,
  });
});
