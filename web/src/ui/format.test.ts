import { expect, test } from "vitest";
import { ago, bytes, count, millimetres } from "./format";

test("sizes", () => {
  expect([0, 999, 1000, 2048576, 10431928].map(bytes)).toEqual(["0 B", "999 B", "1 kB", "2.0 MB", "10 MB"]);
  expect(count(64664)).toBe("64,664");
});

test("errors in millimetres", () => {
  expect([undefined, 0.806, 17.149].map(millimetres)).toEqual(["–", "0.8", "17"]);
});

test("times gone by", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  expect(ago("2026-03-10T11:59:40Z", now)).toBe("just now");
  expect(ago("2026-03-10T11:58:59Z", now)).toBe("1 minute ago");
  expect(ago("2026-03-08T12:00:00Z", now)).toBe("2 days ago");
  expect(ago("2026-01-08T12:00:00Z", now)).toBe("8 Jan 2026");
});
