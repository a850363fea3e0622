/** What the operators' page knows, as signals; filled by feed.js. */

import { computed, signal } from "@preact/signals";

/** "unknown", "out" (nobody or a player) or "in" (an operator). */
export const session = signal("unknown");
export const user = signal(null);
/** "idle", "connecting", "online" or "lost". */
export const connection = signal("idle");
/** When the last message came, on this page's clock. */
export const lastHeard = signal(null);

/** [OperationStats] and [process] of the last `metrics_updated`; `window` says what they cover. */
export const operations = signal([]);
export const processes = signal([]);
export const statsWindow = signal("since start");
/** One entry per `metrics_updated`, oldest first: {at, perSecond, errorRate, lagMs, latency: {operation: [p50, p95, p99]}}. */
export const samples = signal([]);
/** Which operation the latency tile and chart show. */
export const watched = signal("game:blackjack");

/** The payload of the last `queue_updated`. */
export const queue = signal(null);
/** The payload of the last `run_progressed`. */
export const run = signal(null);
/** Open alerts by id, and the last few that cleared. */
export const alerts = signal(new Map());
export const cleared = signal([]);
/** Log lines, oldest first, and whether the tail stands still. */
export const logs = signal([]);
/** Payouts that failed for good since this page is open. */
export const failures = signal([]);

export const latest = computed(() => samples.value[samples.value.length - 1] ?? null);
