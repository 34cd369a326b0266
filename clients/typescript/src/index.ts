/** @packageDocumentation A typed client of the Chartkey query API. */
export { type ChartkeyClient, type ClientOptions, createChartkeyClient } from "./client.js";
export type { Fetch } from "./patient-fetch.js";
export { ChartkeyProblem, type Problem } from "./problem.js";
export type { components, operations, paths } from "./schema.js";
export type { Provider, Session, SignInOptions } from "./sign-in.js";
export type { StreamEvent } from "./stream-event.js";
export type { StreamOptions } from "./stream.js";
export type { AnswerOf, LineOf, ListPath, NdjsonPath, PathOf, RowOf } from "./types.js";

import type { components } from "./schema.js";

type Schemas = components["schemas"];
/** Shapes of answers, by name. */
export type { Schemas };
