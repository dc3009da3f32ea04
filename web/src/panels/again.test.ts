import { expect, test } from "vitest";
import type { Finding } from "../api/types";
import { fixesWith } from "./again";

const finding = (fix: string, auto_fixable: boolean): Finding => ({
  severity: "info",
  rule: "source/x",
  message: "",
  fix,
  suggestion: { title: "", description: "", confidence: 1, auto_fixable, action: fix },
});
const findings = [finding("weld", true), finding("fill-holes", false), finding("weld", true)];

test("what is mended unasked stays mended when one fix more is asked for", () => {
  expect(fixesWith("fill-holes", findings, {})).toEqual(["weld", "fill-holes"]);
});

test("nothing comes along where nothing was wanted unasked, and lists grow", () => {
  expect(fixesWith("weld", findings, { auto_fix: false })).toEqual(["weld"]);
  expect(fixesWith("weld", findings, { fixes: ["orient"] })).toEqual(["orient", "weld"]);
});
