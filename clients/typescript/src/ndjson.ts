import { linesOf } from "./lines.js";

/** The values of an NDJSON body, one a line. Throws where the body ends in the middle of one: then it was cut. */
export async function* valuesOf<T>(body: ReadableStream<Uint8Array>): AsyncGenerator<T> {
  for await (const { line, ended } of linesOf(body)) {
    if (!ended) throw new TypeError("the answer was cut in the middle of a line");
    if (line !== "") yield JSON.parse(line) as T;
  }
}
