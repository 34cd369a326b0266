import { ChartkeyProblem } from "./problem.js";
import type { Fetch } from "./patient-fetch.js";
import type { RequestOptions } from "./types.js";

/** What is asked, without its type. */
export interface AnyQuestion extends RequestOptions {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

/** How questions reach the API. */
export interface Transport {
  /** Where the API is, without a slash at the end. */
  baseUrl: string;
  fetch: Fetch;
  /** Whether a cookie carries the session, instead of a token. */
  cookie: boolean;
  /** The session's token, while there is one. */
  token: () => string | undefined;
}

/** Asks, and hands the answer on if it is a good one. */
export async function ask(
  transport: Transport,
  method: string,
  path: string,
  question: AnyQuestion = {},
  accept = "application/json",
): Promise<Response> {
  const headers = new Headers({ accept, ...question.headers });
  const token = transport.token();
  if (token !== undefined && !headers.has("authorization")) headers.set("authorization", `Bearer ${token}`);
  const init: RequestInit = { method, headers, credentials: transport.cookie ? "include" : "omit" };
  if (question.signal) init.signal = question.signal;
  if (question.body !== undefined) {
    headers.set("content-type", "application/json");
    init.body = JSON.stringify(question.body);
  }
  const response = await transport.fetch(new Request(urlOf(transport.baseUrl, path, question), init));
  if (!response.ok) throw await ChartkeyProblem.of(response);
  return response;
}

/** The address of a path with its parameters filled in; those that are undefined or null are left out. */
export function urlOf(baseUrl: string, path: string, { path: named = {}, query = {} }: AnyQuestion): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = named[name];
    if (value === undefined || value === null || value === "") throw new TypeError(`${path} needs a ${name}`);
    return encodeURIComponent(String(value));
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) search.append(name, String(value));
  }
  const text = search.toString();
  return `${baseUrl}${filled}${text && `?${text}`}`;
}
