/** Draws one question for one transaction and gives the coming rating its identity. */

import type { Question } from "./configuration";

const UINT32_RANGE = 2 ** 32;

/** Return a number in [0, 1) that no page can steer. */
export function randomShare(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / UINT32_RANGE;
}

/** Return the question at `share` of all weights; `undefined` if none has any weight. */
export function drawQuestion(questions: readonly Question[], share: number): Question | undefined {
  const candidates = questions.filter(({ weight }) => weight > 0);
  let rest = share * candidates.reduce((sum, { weight }) => sum + weight, 0);
  return candidates.find(({ weight }) => (rest -= weight) < 0) ?? candidates.pop();
}

/** Return a UUID of version 7: its first 48 bits are `now`, the others are random. */
export function makeRatingId(now: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const random = [...bytes.subarray(6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const digits = now.toString(16).padStart(12, "0") + random;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
