import { ChartkeyProblem } from "./problem.js";
import { ask, type AnyQuestion, type Transport } from "./request.js";
import { saidBy, type Said } from "./sse.js";
import { wait } from "./wait.js";

export interface StreamOptions {
  /** The `id` of the last event that was dealt with: what came after it follows. Without one, what happens from now on. */
  lastEventId?: string;
  signal?: AbortSignal;
  /** Milliseconds without a word, not even "still here", after which the connection counts as lost. 60 000 unless told. */
  silence?: number;
  /** Called when the connection was lost, before it is made again. */
  onLost?: (cause: unknown) => void;
  query?: Record<string, unknown>;
}

const [FIRST_WAIT, LONGEST_WAIT] = [500, 30_000];

/** A connection that is nobody's fault to lose: what the API refuses for good is not. */
function passes(cause: unknown): boolean {
  return !(cause instanceof ChartkeyProblem) || cause.status === 429 || cause.status >= 500;
}

/**
 * Every event from `lastEventId` on, each once and in order, over as many connections as it takes. Ends only when aborted, or with a
 * `ChartkeyProblem` that waiting does not cure.
 */
export async function* eventsOf<E extends { event: string; data: unknown; id: string | undefined }>(
  transport: Transport,
  path: string,
  options: StreamOptions,
): AsyncGenerator<E> {
  let { lastEventId } = options;
  let [first, losses] = [FIRST_WAIT, 0];
  for (;;) {
    let cause: unknown = new TypeError("the stream ended");
    try {
      for await (const said of connection(transport, path, lastEventId, options)) {
        losses = 0;
        if (said === "alive") continue;
        if ("retry" in said) first = said.retry;
        else if ("at" in said) lastEventId = said.at ?? lastEventId;
        else {
          const { event, data, id } = said.event;
          yield { event, data: JSON.parse(data), id } as E;
          lastEventId = id ?? lastEventId;
        }
      }
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (!passes(error)) throw error;
      cause = error;
    }
    options.onLost?.(cause);
    const asked = cause instanceof ChartkeyProblem && cause.retryAfter !== undefined ? 1000 * cause.retryAfter : 0;
    const longer = Math.min(LONGEST_WAIT, first * 2 ** losses++);
    // Not all at once: a server that restarts has all its listeners come back.
    await wait(Math.max(asked, longer * (0.5 + Math.random() / 2)), options.signal);
  }
}

async function* connection(
  transport: Transport,
  path: string,
  lastEventId: string | undefined,
  options: StreamOptions,
): AsyncGenerator<Said> {
  const cut = new AbortController();
  const end = () => cut.abort(options.signal?.reason);
  if (options.signal?.aborted) end();
  options.signal?.addEventListener("abort", end, { once: true });
  const silence = options.silence ?? 60_000;
  const fall = () => cut.abort(new TypeError(`nothing was heard for ${silence} ms`));
  let timer = setTimeout(fall, silence);
  try {
    const question: AnyQuestion = { signal: cut.signal };
    if (options.query) question.query = options.query;
    if (lastEventId !== undefined) question.headers = { "last-event-id": lastEventId };
    const response = await ask(transport, "GET", path, question, "text/event-stream");
    if (!response.body) return;
    for await (const said of saidBy(response.body, lastEventId)) {
      clearTimeout(timer);
      yield said;
      timer = setTimeout(fall, silence);
    }
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", end);
    cut.abort();
  }
}
