import { linesOf } from "./lines.js";

/** An event of a `text/event-stream` body, as WHATWG HTML 9.2.6 reads it. */
export interface ServerSentEvent {
  event: string;
  data: string;
  /** The latest id that the stream named. */
  id: string | undefined;
}

/** What a stream says: an event, where it is, how long to wait before coming back, or that it is still there. */
export type Said = { event: ServerSentEvent } | { at: string | undefined } | { retry: number } | "alive";

/** Reads a `text/event-stream` body. An event that was not ended by an empty line is dropped: it comes again. */
export async function* saidBy(body: ReadableStream<Uint8Array>, lastEventId?: string): AsyncGenerator<Said> {
  let [id, event, data] = [lastEventId, "message", [] as string[]];
  for await (const { line, ended } of linesOf(body)) {
    if (!ended) return;
    if (line === "") {
      yield data.length > 0 ? { event: { event, data: data.join("\n"), id } } : { at: id };
      [event, data] = ["message", []];
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
    else if (field === "retry" && /^\d+$/.test(value)) yield { retry: Number(value) };
    else yield "alive";
  }
}
