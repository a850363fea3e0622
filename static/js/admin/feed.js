/** The `/admin` namespace: everything live on the operators' page comes through here, and its commands go out. */

import { io } from "socket.io-client";
import { Refused } from "../api.js";
import * as store from "./store.js";

const ACK_TIMEOUT_MS = 5000;
const WINDOW_MS = 15 * 60 * 1000;
const LOG_LINES = 500;
const CLEARED = 5;

const socket = io("/admin", {
  autoConnect: false,
  transports: ["websocket"],
  withCredentials: true,
  reconnectionDelay: 250,
  reconnectionDelayMax: 2000,
});

let wanted = false;
let previous = null;

export function connect() {
  wanted = true;
  store.connection.value = "connecting";
  socket.connect();
}

export function disconnect() {
  wanted = false;
  store.connection.value = "idle";
  socket.disconnect();
}

socket.on("connect", () => {
  store.connection.value = "online";
  // What is open is told again after a connect, so what was known before may be out of date.
  store.alerts.value = new Map();
  previous = null;
});

socket.on("disconnect", (reason) => {
  if (!wanted) return;
  store.connection.value = "lost";
  if (reason === "io server disconnect") setTimeout(() => wanted && socket.connect(), 250);
});

socket.on("connect_error", (error) => {
  if (["unauthorized", "forbidden"].includes(error.data?.code ?? error.message)) {
    wanted = false;
    store.connection.value = "idle";
    store.session.value = "out";
    return;
  }
  store.connection.value = "lost";
  if (!socket.active) setTimeout(() => wanted && socket.connect(), 1000);
});

function heard(event, take) {
  socket.on(event, (payload) => {
    store.lastHeard.value = Date.now();
    take(payload);
  });
}

/**
 * What happened between two readings of counters that only grow; a restarted process makes
 * them fall. The probe of the event loop is no operation of the casino's.
 */
function between(before, after) {
  let count = 0;
  let errors = 0;
  for (const each of after) {
    const earlier = before.get(each.operation);
    if (!earlier || each.operation.startsWith("loop:")) continue;
    count += Math.max(0, each.count - earlier.count);
    errors += Math.max(0, each.errors - earlier.errors);
  }
  return { count, errors };
}

function sampleOf(payload, at) {
  const seconds = previous ? (at - previous.at) / 1000 : 0;
  const change = previous && seconds > 0 ? between(previous.operations, payload.operations) : null;
  const latency = {};
  for (const each of payload.operations) {
    if (each.count > 0) latency[each.operation] = [each.p50_ms, each.p95_ms, each.p99_ms];
  }
  previous = { at, operations: new Map(payload.operations.map((each) => [each.operation, each])) };
  return {
    at,
    count: change?.count ?? null,
    errors: change?.errors ?? null,
    perSecond: change ? change.count / seconds : null,
    errorRate: change?.count ? change.errors / change.count : change ? 0 : null,
    lagMs: Math.max(0, ...payload.processes.map((each) => each.loop_lag_ms ?? 0)),
    latency,
  };
}

heard("metrics_updated", (payload) => {
  const at = payload.at ? Date.parse(payload.at) : Date.now();
  store.operations.value = payload.operations;
  store.processes.value = payload.processes;
  if (payload.window_s) store.statsWindow.value = `over ${payload.window_s} s`;
  const sample = sampleOf(payload, at);
  if (sample.perSecond === null) return;
  store.samples.value = [...store.samples.value.filter((each) => each.at > at - WINDOW_MS && each.at < at), sample];
});

heard("queue_updated", (payload) => {
  store.queue.value = payload;
});

heard("run_progressed", (payload) => {
  store.run.value = payload;
});

heard("alert_raised", (payload) => {
  store.alerts.value = new Map(store.alerts.value).set(payload.alert_id, payload);
});

heard("alert_resolved", ({ alert_id: id, at }) => {
  const open = new Map(store.alerts.value);
  const alert = open.get(id);
  open.delete(id);
  store.alerts.value = open;
  if (alert) store.cleared.value = [{ ...alert, cleared_at: at }, ...store.cleared.value].slice(0, CLEARED);
});

let lines = 0;
heard("log_written", (payload) => {
  lines += 1;
  store.logs.value = [...store.logs.value, { ...payload, line: lines }].slice(-LOG_LINES);
});

heard("payout_failed", (payload) => {
  store.failures.value = [payload, ...store.failures.value].slice(0, LOG_LINES);
});

/** Send a command to the namespace; throws Refused. */
export async function command(name, payload = {}) {
  let ack;
  try {
    ack = await socket.timeout(ACK_TIMEOUT_MS).emitWithAck(name, payload);
  } catch {
    throw new Refused({ code: socket.connected ? "no_answer" : "offline" });
  }
  if (!ack?.ok) throw new Refused(ack?.error ?? { code: "internal" });
  return ack;
}
