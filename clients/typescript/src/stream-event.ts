import type { components } from "./schema.js";

type Schemas = components["schemas"];

/** What a stream tells. `id` is where it is then: hand it over as `lastEventId` to go on from there. */
export type StreamEvent =
  | { event: Schemas["EventKind"]; data: Schemas["HistoryEvent"]; id: string | undefined }
  /** Blocks were replaced: what was told of them does not hold any more. */
  | { event: "reorg"; data: Schemas["Reorg"]; id: string | undefined };
