import { valuesOf } from "./ndjson.js";
import { type Fetch, patientFetch } from "./patient-fetch.js";
import { type AnyQuestion, ask, type Transport } from "./request.js";
import { type Provider, type Session, signIn, type SignInOptions } from "./sign-in.js";
import { eventsOf, type StreamOptions } from "./stream.js";
import type { StreamEvent } from "./stream-event.js";
import type { AnswerOf, Asked, LineOf, ListPath, NdjsonPath, PathOf, RowOf } from "./types.js";

export interface ClientOptions {
  /** Where the API is, like `https://api.example.org`. */
  baseUrl: string;
  /**
   * What carries a session: a token, which this client alone knows and forgets with the page; or a cookie, which scripts cannot read and
   * which pages of the same site share. `"token"` unless told.
   */
  session?: "token" | "cookie";
  /** A token of an earlier sign-in. */
  token?: string;
  /** The most seconds to wait before asking once more, when the API is busy or asked too often. 60 unless told. */
  longestWait?: number;
  /** Used instead of the global `fetch`. */
  fetch?: Fetch;
}

export interface ChartkeyClient {
  /** Asks `GET path`. */
  get<P extends PathOf<"get">>(path: P, ...question: Asked<P, "get">): Promise<AnswerOf<P>>;
  /** Asks `POST path`. */
  post<P extends PathOf<"post">>(path: P, ...question: Asked<P, "post">): Promise<AnswerOf<P, "post">>;
  /** Every page of a list, one after the other. */
  pages<P extends ListPath>(path: P, ...question: Asked<P, "get">): AsyncGenerator<AnswerOf<P>>;
  /** Every row of a list, over all its pages. */
  rows<P extends ListPath>(path: P, ...question: Asked<P, "get">): AsyncGenerator<RowOf<P>>;
  /** Every value of a whole history, as it arrives. */
  ndjson<P extends NdjsonPath>(path: P, ...question: Asked<P, "get">): AsyncGenerator<LineOf<P>>;
  /** What happens, as it happens; over lost connections, without gap or repeat. */
  stream(options?: StreamOptions): AsyncGenerator<StreamEvent>;
  /** Signs in with a wallet (EIP-1193): asks it for an account and a signature (EIP-4361). */
  signIn(provider: Provider, options?: SignInOptions): Promise<Session>;
  /** Ends the session, on the server too. */
  signOut(): Promise<void>;
  /** The session's token, in token mode, to keep where the page sees fit. */
  readonly token: string | undefined;
}

/** A client of the query API at `baseUrl`. */
export function createChartkeyClient(options: ClientOptions): ChartkeyClient {
  let { token } = options;
  const fetch = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  const transport: Transport = {
    baseUrl: options.baseUrl.replace(/\/+$/, ""),
    fetch: patientFetch(fetch, options.longestWait ?? 60),
    cookie: options.session === "cookie",
    token: () => token,
  };
  // What paths take and answer is checked where this is called; from here on it is JSON.
  const json = async (method: string, path: string, question?: AnyQuestion): Promise<never> => {
    const response = await ask(transport, method, path, question);
    const text = await response.text();
    return (text === "" ? undefined : JSON.parse(text)) as never;
  };
  const pages = async function* (path: string, question: AnyQuestion = {}): AsyncGenerator<never> {
    let cursor: string | null | undefined = question.query?.["cursor"] as string | undefined;
    do {
      const query = { ...question.query, cursor };
      const answer: { page: { next?: string | null } } = await json("GET", path, { ...question, query });
      yield answer as never;
      cursor = answer.page.next;
    } while (cursor !== null && cursor !== undefined);
  };
  return {
    get: (path, ...[question]) => json("GET", path, question),
    post: (path, ...[question]) => json("POST", path, question),
    pages: (path, ...[question]) => pages(path, question),
    async *rows(path, ...[question]) {
      for await (const { data } of pages(path, question) as AsyncGenerator<{ data: never[] }>) yield* data;
    },
    async *ndjson(path, ...[question]) {
      const response = await ask(transport, "GET", path, question, "application/x-ndjson");
      if (response.body) yield* valuesOf<never>(response.body);
    },
    stream: (asked = {}) => eventsOf<StreamEvent>(transport, "/v1/stream", asked),
    async signIn(provider, asked = {}) {
      const session = await signIn(transport, provider, asked);
      token = session.token;
      return session;
    },
    async signOut() {
      await ask(transport, "POST", "/v1/auth/logout");
      token = undefined;
    },
    get token() {
      return token;
    },
  };
}
