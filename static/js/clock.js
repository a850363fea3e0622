/**
 * The server's clock as seen from here.
 *
 * Every message that says what time it was on the server gives a lower bound of the offset between the two clocks,
 * because it arrived later than it was sent; the greatest bound is the best one, and half of the shortest round trip
 * is what it still lacks. A message that was already old when it was sent only gives a weaker bound.
 */

let bound = null;
let shortestRoundTrip = null;

/** Forget what was learned: after a reconnect the clocks may have moved. */
export function resetClock() {
  bound = null;
  shortestRoundTrip = null;
}

/** A message said that it was `serverMs` (epoch milliseconds) on the server. */
export function noteServerTime(serverMs) {
  if (!Number.isFinite(serverMs)) return;
  const offset = serverMs - performance.now();
  if (bound === null || offset > bound) bound = offset;
}

/** A command was answered after `ms` milliseconds. */
export function noteRoundTrip(ms) {
  if (shortestRoundTrip === null || ms < shortestRoundTrip) shortestRoundTrip = ms;
}

/** Now, on the server's clock, in epoch milliseconds. */
export function serverNow() {
  return bound === null ? Date.now() : performance.now() + bound + Math.min(shortestRoundTrip ?? 0, 1000) / 2;
}

/** Milliseconds until an ISO time of the server's, never below zero; null without one. */
export function msUntil(iso) {
  return iso ? Math.max(0, Date.parse(iso) - serverNow()) : null;
}
