import { expect, test } from "vitest";
import { EventParser, readEvents } from "./sse";

const WIRE = ': still here\n\nid: 1\nevent: progress\ndata: {"a":1}\n\nid: 2\nevent: result\ndata: {\ndata: }\n\n';
const EVENTS = [
  { event: "progress", data: '{"a":1}', id: "1" },
  { event: "result", data: "{\n}", id: "2" },
];

test("events are the same however the text is cut", () => {
  for (let size = 1; size <= WIRE.length; size++) {
    const parser = new EventParser();
    const found = [];
    for (let at = 0; at < WIRE.length; at += size) found.push(...parser.push(WIRE.slice(at, at + size)));
    expect(found).toEqual(EVENTS);
  }
});

test("an unfinished event is not told", () => {
  expect(new EventParser().push("event: result\ndata: 1\n")).toEqual([]);
});

test("letters cut in the middle of their bytes stay whole", async () => {
  const bytes = new TextEncoder().encode("data: é\n\n");
  const stream = new ReadableStream<Uint8Array>({
    start(c) {
      for (const byte of bytes) c.enqueue(new Uint8Array([byte]));
      c.close();
    },
  });
  const found = [];
  for await (const event of readEvents(stream)) found.push(event.data);
  expect(found).toEqual(["é"]);
});
