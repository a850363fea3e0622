/**
 * The connection of a signed-in player: connect, acknowledged commands, resync.
 *
 * A command waits at most five seconds for its ack and is then sent again with the same id, which the server answers
 * with the first ack if it had already been carried out. So a lost answer never doubles a bet.
 */

import { io } from "socket.io-client";
import { Refused, commandId } from "./api.js";
import { noteRoundTrip, noteServerTime, resetClock } from "./clock.js";
import { connection, noteBalance, roundTrip, user } from "./store.js";

const ACK_TIMEOUT_MS = 5000;
const ATTEMPTS = 3;
const RECONNECT_MS = 250;

const socket = io({
  autoConnect: false,
  transports: ["websocket"],
  withCredentials: true,
  reconnectionDelay: RECONNECT_MS,
  reconnectionDelayMax: 2000,
});

let wanted = false;
let endSession = () => {};
const resyncs = new Set();

/** Be told by `unauthorized` when the server no longer knows this session. */
export function onSessionEnd(callback) {
  endSession = callback;
}

/** Run `callback` after every `welcome`, to fetch again what may have been missed. */
export function onWelcome(callback) {
  resyncs.add(callback);
}

/** Listen to one event of the server's. */
export function on(event, callback) {
  socket.on(event, callback);
}

export function connect() {
  wanted = true;
  if (socket.active && !socket.disconnected) return;
  connection.value = "connecting";
  socket.connect();
}

export function disconnect() {
  wanted = false;
  connection.value = "idle";
  socket.disconnect();
}

socket.on("welcome", (welcome) => {
  socket.io.reconnectionDelay(RECONNECT_MS);
  resetClock();
  noteServerTime(Date.parse(welcome.server_time));
  user.value = { ...user.value, ...welcome.user };
  noteBalance(welcome.balance, welcome.balance_version);
  connection.value = "online";
  for (const resync of resyncs) resync(welcome);
});

socket.on("disconnect", (reason) => {
  if (!wanted) return;
  if (connection.value !== "restarting") connection.value = "lost";
  // The server closed this socket on purpose: socket.io then waits for us to ask again.
  if (reason === "io server disconnect") setTimeout(() => wanted && socket.connect(), RECONNECT_MS);
});

socket.on("connect_error", (error) => {
  if (error.data?.code === "unauthorized" || error.message === "unauthorized") {
    wanted = false;
    endSession();
    return;
  }
  if (connection.value !== "restarting") connection.value = "lost";
  if (!socket.active) setTimeout(() => wanted && socket.connect(), 1000);
});

socket.on("server_restarting", ({ reconnect_after_ms }) => {
  // Every client is given a moment of its own, so that they do not all come back at once.
  socket.io.reconnectionDelay(reconnect_after_ms);
  connection.value = "restarting";
});

function online(ms) {
  if (socket.connected) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      socket.off("connect", arrived);
      resolve(false);
    }, ms);
    const arrived = () => {
      clearTimeout(timer);
      resolve(true);
    };
    socket.once("connect", arrived);
  });
}

async function ask(name, payload) {
  const started = performance.now();
  const ack = await socket.timeout(ACK_TIMEOUT_MS).emitWithAck(name, payload);
  const ms = performance.now() - started;
  noteRoundTrip(ms);
  roundTrip.value = ms;
  if (!ack?.ok) throw new Refused(ack?.error ?? { code: "internal" });
  if (ack.table?.deadline) noteServerTime(Date.parse(ack.table.deadline) - ack.table.deadline_ms);
  return ack;
}

/** Send a command without lasting effect; throws Refused. */
export async function request(name, payload = {}) {
  if (!(await online(ACK_TIMEOUT_MS))) throw new Refused({ code: "offline" });
  try {
    return await ask(name, payload);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused({ code: "no_answer" });
  }
}

/** Send a command that changes something, exactly once; throws Refused. */
export async function command(name, payload) {
  const sent = { ...payload, command_id: commandId() };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (!(await online(ACK_TIMEOUT_MS))) continue;
    try {
      return await ask(name, sent);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
  }
  throw new Refused({ code: socket.connected ? "no_answer" : "offline" });
}
