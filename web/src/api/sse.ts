/** Server-sent events out of a byte stream: what EventSource does, for any method, and with errors that can be read. */

export interface ServerEvent {
  event: string;
  data: string;
  id: string;
}

/** Splits text, however it was cut, into events. Comments (heartbeats) make none. */
export class EventParser {
  private rest = "";
  private id = "";

  push(text: string): ServerEvent[] {
    const blocks = (this.rest + text).replaceAll("\r\n", "\n").split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map((block) => this.parse(block)).filter((e) => e !== null);
  }

  private parse(block: string): ServerEvent | null {
    let event = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      if (colon <= 0) continue;
      const field = line.slice(0, colon);
      const value = line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event = value;
      else if (field === "data") data.push(value);
      else if (field === "id") this.id = value;
    }
    return data.length ? { event, data: data.join("\n"), id: this.id } : null;
  }
}

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}
