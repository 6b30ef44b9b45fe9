/**
 * Brings what a person has sent to the server, however often it takes.
 *
 * A delivery belongs to the page, not to its widget: it goes on when the widget is gone. The body,
 * and so the id in it, is the same in every try, and the server counts it once.
 */

import { randomShare } from "./draw";

const TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Ends the pause of everything that waits for its next try. */
const wakers = new Set<() => void>();

/** Sends for a last time what the server has not accepted, where no fetch outlives the page. */
const beacons = new Set<() => void>();

const wakeAll = (): void => wakers.forEach((wake) => wake());

addEventListener("online", wakeAll);
// After this there may be no page left that could try again.
addEventListener("pagehide", () => {
  // Firefox before 133. A beacon can't leave cookies out, so that it is only for those.
  if (!("keepalive" in Request.prototype)) beacons.forEach((send) => send());
  wakeAll();
});
document.addEventListener("visibilitychange", () => document.hidden && wakeAll());

/** Return whether the same request may succeed later. */
export function isTemporary(status: number): boolean {
  return status < 400 || status >= 500 || [408, 425, 429].includes(status);
}

/** Return the milliseconds that a `Retry-After` header asks for, in seconds or as a date. */
export function readRetryAfter(header: string | null | undefined, now: number): number {
  const asked = header ? Number(header) * 1000 : 0;
  const wait = Number.isNaN(asked) ? Date.parse(header!) - now : asked;
  return Math.min(Math.max(wait || 0, 0), LONGEST_RETRY_AFTER_MS);
}

/** Return the pause before the next try: never shorter than asked, doubling, spread at random. */
export function pauseBeforeRetry(failures: number, retryAfter: number, share: number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  return retryAfter + (pause * (1 + share)) / 2;
}

/** Wait for the time of the next try, or until the network is back or the page goes away. */
export function waitBeforeRetry(failures: number, answer: Response | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      wakers.delete(wake);
      resolve();
    };
    const retryAfter = readRetryAfter(answer?.headers.get("Retry-After"), Date.now());
    const timer = setTimeout(wake, pauseBeforeRetry(failures, retryAfter, randomShare()));
    wakers.add(wake);
  });
}

/** Return the answer, or `undefined` if there was none in time. */
export async function request(url: string, body?: string): Promise<Response | undefined> {
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), TIMEOUT_MS);
  const options: RequestInit = {
    credentials: "omit",
    referrerPolicy: "no-referrer",
    signal: aborter.signal,
  };
  if (body) {
    options.method = "POST";
    // Goes as `text/plain`, so that no question to the server has to come before: one message
    // is all that a page that goes away can be sure of, and one is faster than two.
    options.body = body;
    // The request outlives the page.
    options.keepalive = true;
  }
  try {
    return await fetch(url, options);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

export interface Outcome {
  /** `202` is accepted; `0` means that there was no answer in the last try allowed. */
  readonly status: number;
  /** The stable name that the server gives its refusal. */
  readonly code?: string;
}

/** Send `body` until the server accepts it, refuses it for good, or `tries` are used up. */
export async function deliver(
  url: string,
  body: object,
  tries: number,
  onWaiting?: () => void,
): Promise<Outcome> {
  const text = JSON.stringify(body);
  const beacon = (): unknown => navigator.sendBeacon(url, text);
  beacons.add(beacon);
  try {
    for (let failures = 1; ; failures++) {
      const answer = await request(url, text);
      const status = answer?.status ?? 0;
      if (status === 202) return { status };
      if (!isTemporary(status) || failures >= tries) {
        const problem = await (answer?.json() as Promise<Outcome> | undefined)?.catch(() => undefined);
        return { ...problem, status };
      }
      onWaiting?.();
      await waitBeforeRetry(failures, answer);
    }
  } finally {
    beacons.delete(beacon);
  }
}
