import { secondsToWait } from "./problem.js";
import { wait } from "./wait.js";

export type Fetch = (request: Request) => Promise<Response>;

/**
 * Asks once more, after the time that the API names, when it says 429, or 503 to a question that changes nothing.
 *
 * @param longest seconds; where the API names more, its answer is handed on at once
 */
export function patientFetch(fetch: Fetch, longest: number): Fetch {
  return async (request) => {
    const again = request.clone();
    const response = await fetch(request);
    const passing = response.status === 429 || (response.status === 503 && request.method === "GET");
    const seconds = passing ? secondsToWait(response) : undefined;
    if (seconds === undefined || seconds > longest) return response;
    await response.body?.cancel();
    await wait(1000 * seconds, request.signal);
    return fetch(again);
  };
}
