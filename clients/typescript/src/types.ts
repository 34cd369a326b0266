import type { paths } from "./schema.js";

type Method = "get" | "post";

/** Paths that can be asked with a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: { responses: unknown } } ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, M extends Method> = paths[P] extends { [K in M]: infer O } ? O : never;

type Success<O> = O extends { responses: infer R }
  ? R extends { 200: { content: infer C } }
    ? C
    : undefined
  : never;

type ContentOf<P extends keyof paths, M extends Method, Kind extends string> =
  Success<Operation<P, M>> extends infer C
    ? C extends { [K in Kind]: infer T }
      ? T
      : C extends undefined
        ? undefined
        : never
    : never;

/** What a path answers, as JSON. */
export type AnswerOf<P extends keyof paths, M extends Method = "get"> = ContentOf<P, M, "application/json">;

/** One line of what a path answers as NDJSON. */
export type LineOf<P extends keyof paths> = ContentOf<P, "get", "application/x-ndjson">;

type Parameters<O> = O extends { parameters: infer Given } ? Given : never;
type Part<O, Where extends string> = Parameters<O> extends { [K in Where]?: infer Given } ? NonNullable<Given> : never;

type RequiredKeys<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? never : K }[keyof T];
/** `{ key: T }`, which may be left out where nothing in it is required. */
type Field<Key extends string, T> = [T] extends [never]
  ? unknown
  : [RequiredKeys<T>] extends [never]
    ? { [K in Key]?: T }
    : { [K in Key]: T };
type Body<O> = O extends { requestBody: { content: { "application/json": infer B } } } ? { body: B } : unknown;

/** What every request takes besides what is asked. */
export interface RequestOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** The parts of a question: what stands in the path, in the query, and in the body. */
export type Question<P extends keyof paths, M extends Method> = Field<"path", Part<Operation<P, M>, "path">> &
  Field<"query", Part<Operation<P, M>, "query">> &
  Body<Operation<P, M>> &
  RequestOptions;

/** The question as an argument, which may be left out where nothing in it is required. */
export type Asked<P extends keyof paths, M extends Method> = [RequiredKeys<Question<P, M>>] extends [never]
  ? [question?: Question<P, M>]
  : [question: Question<P, M>];

/** Paths whose answer is a page of a list. */
export type ListPath = {
  [P in PathOf<"get">]: AnswerOf<P> extends { data: unknown[]; page: { next?: string | null } } ? P : never;
}[PathOf<"get">];

/** A row of such a list. */
export type RowOf<P extends ListPath> = AnswerOf<P> extends { data: (infer Row)[] } ? Row : never;

/** Paths that answer as NDJSON, where they are asked for it. */
export type NdjsonPath = { [P in PathOf<"get">]: [LineOf<P>] extends [never] ? never : P }[PathOf<"get">];
