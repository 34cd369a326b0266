import type { components } from "./schema.js";

/** A problem as the API tells it (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** What the API refused or could not do. `type` is stable and made to be compared; `message` is made to be read. */
export class ChartkeyProblem extends Error {
  /** What kind of problem: `urn:chartkey:problem:…`, or `about:blank` where something before the API answered. */
  readonly type: string;
  /** HTTP status. */
  readonly status: number;
  /** What the API's log calls the request by. */
  readonly requestId: string | undefined;
  /** Seconds after which asking again makes sense. */
  readonly retryAfter: number | undefined;
  readonly title: string;

  constructor(problem: Partial<Problem>, response: Response) {
    super(problem.detail ?? `${response.status} ${response.statusText}`.trim());
    this.name = "ChartkeyProblem";
    this.type = problem.type ?? "about:blank";
    this.title = problem.title ?? response.statusText;
    this.status = response.status;
    this.requestId = problem.requestId ?? response.headers.get("x-request-id") ?? undefined;
    this.retryAfter = secondsToWait(response);
  }

  /** Reads what an answer says of itself. */
  static async of(response: Response): Promise<ChartkeyProblem> {
    const text = await response.text().catch(() => "");
    return new ChartkeyProblem(parsed(text), response);
  }
}

function parsed(text: string): Partial<Problem> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** `Retry-After`, which this API tells in seconds. */
export function secondsToWait(response: Response): number | undefined {
  const text = response.headers.get("retry-after");
  const seconds = text === null ? Number.NaN : Number(text);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
