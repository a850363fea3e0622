/**
 * What a player does at a table. A press shows as pending at once; cards and money come from the server alone.
 * One command at a time: while one is pending the others are refused here, so a double click acts once.
 */

import { signal } from "@preact/signals";
import { get } from "./api.js";
import { noteServerTime } from "./clock.js";
import { command, on, onWelcome, request } from "./socket.js";
import * as store from "./store.js";
import { announce } from "./ui/announce.js";
import { toast } from "./ui/toast.js";
import { changesInWords, refusal } from "./words.js";

const CHAT_LINES = 100;
const VIEW_PATIENCE_MS = 3000;

/** Chips laid out but not placed yet, in the order they were picked. */
export const draft = signal([]);
/** What basic strategy advised for the present hand, or null. */
export const advice = signal(null);

/** Go to a table: see it, and keep seeing it over reconnects. `onMissing` is told when there is none. */
export async function enterTable(tableId, onMissing) {
  store.tableId.value = tableId;
  store.view.value = null;
  store.presence.value = null;
  store.chat.value = [];
  draft.value = [];
  try {
    if (store.session.value === "in") await watch();
    else showView(await get(`/api/tables/${encodeURIComponent(tableId)}`));
  } catch (error) {
    if (["unknown_table", "not_found"].includes(error.error?.code)) onMissing();
    else toast(refusal(error.error), "bad");
  }
}

/** Go away from the table this page is at; a seat stays taken until it is left. */
export function quitTable() {
  const tableId = store.tableId.value;
  store.tableId.value = null;
  store.view.value = null;
  store.pending.value = null;
  if (tableId && store.connection.value === "online") request("unwatch_table", { table_id: tableId }).catch(() => {});
}

/** Fetch the present view and join the table's room. */
export async function watch() {
  const tableId = store.tableId.value;
  if (!tableId) return;
  const ack = await request("watch_table", { table_id: tableId });
  showView(ack.table);
}

/** A watcher without a session polls; see pages/table.js. */
export function showView(next) {
  if (next.deadline) noteServerTime(Date.parse(next.deadline) - next.deadline_ms);
  const before = store.view.value;
  if (!store.noteView(next)) return;
  if (before && (before.version !== next.version || before.round_id !== next.round_id)) {
    announce(changesInWords(before, next, store.user.value?.user_id));
  }
  if (before?.round_id !== next.round_id || next.phase !== "betting") draft.value = [];
  if (JSON.stringify(before?.turn) !== JSON.stringify(next.turn)) advice.value = null;
}

on("table_changed", showView);
on("presence_changed", (presence) => {
  if (presence.table_id === store.tableId.value) store.presence.value = presence;
});
on("said", (line) => {
  if (line.table_id === store.tableId.value) store.chat.value = [...store.chat.value, line].slice(-CHAT_LINES);
});
on("balance_changed", (change) => store.noteBalance(change.balance, change.balance_version));

onWelcome(async () => {
  const before = store.view.value;
  if (!store.tableId.value) return;
  try {
    await watch();
  } catch (error) {
    toast(refusal(error.error), "bad");
    return;
  }
  if (before && before.round_id !== store.view.value?.round_id) toast("While you were away the table went on.", "info");
});

/** Send one command of the table's, shown as `pending` until the view that it made has come. */
async function carryOut(name, payload, pending) {
  if (store.pending.value) return null;
  const version = store.balanceVersion.value;
  const mine = { ...pending, version: null };
  store.pending.value = mine;
  try {
    const ack = await command(name, { table_id: store.tableId.value, ...payload });
    settle(mine, ack, version);
    return ack;
  } catch (error) {
    if (store.pending.value === mine) store.pending.value = null;
    toast(refusal(error.error), "bad");
    return null;
  }
}

function settle(mine, ack, walletVersion) {
  // The balance of the ack holds until `balance_changed` brings it with its version.
  if (ack.balance !== undefined && store.balanceVersion.value === walletVersion) store.balance.value = ack.balance;
  if (ack.table) showView(ack.table);
  if (store.pending.value !== mine) return;
  const reached = ack.version ?? ack.table?.version;
  if (reached === undefined || (store.view.value?.version ?? -1) >= reached) {
    store.pending.value = null;
    return;
  }
  const waiting = { ...mine, version: reached };
  store.pending.value = waiting;
  setTimeout(() => {
    if (store.pending.value !== waiting) return;
    store.pending.value = null;
    watch().catch(() => {});
  }, VIEW_PATIENCE_MS);
}

export function takeSeat(seat) {
  return carryOut("take_seat", { seat }, { kind: "sit", seat });
}

export async function leaveSeat() {
  const ack = await carryOut("leave_seat", {}, { kind: "leave" });
  if (ack && !ack.left) toast("Your hand is played out; the seat is left when the round is settled.", "info");
  return ack;
}

/** Leave the seat at a table that this page is no longer at. */
export async function leaveSeatAt(tableId) {
  try {
    await command("leave_seat", { table_id: tableId });
  } catch (error) {
    toast(refusal(error.error), "bad");
  }
}

const LAST_BET = "moe.last-bet.";

/** What was bet last at this table on this device, in cents, or 0. */
export function lastBet(tableId) {
  return Number(localStorage.getItem(LAST_BET + tableId)) || 0;
}

export async function placeBet(amount) {
  const view = store.view.value;
  const ack = await carryOut("place_bet", { amount, round_id: view.round_id }, { kind: "bet", amount });
  if (!ack) return;
  draft.value = [];
  localStorage.setItem(LAST_BET + view.table_id, String(amount));
}

export async function clearBet() {
  draft.value = [];
  if (store.mySeat.value?.bet) await carryOut("clear_bet", { round_id: store.view.value.round_id }, { kind: "clear" });
}

/** Make a move with the hand whose turn it is, as it is seen here. */
export function act(move) {
  const view = store.view.value;
  const seat = store.mySeat.value;
  const hand = view.phase === "insurance" ? 0 : view.turn.hand;
  const payload = { round_id: view.round_id, hand, cards: seat.hands[hand].cards.length, move };
  return carryOut("act", payload, { kind: "move", move });
}

export async function say(text) {
  try {
    await request("say", { table_id: store.tableId.value, text });
    return true;
  } catch (error) {
    toast(refusal(error.error), "bad");
    return false;
  }
}

export async function askHint() {
  try {
    advice.value = (await request("hint", { table_id: store.tableId.value })).move;
  } catch (error) {
    toast(refusal(error.error), "bad");
  }
}
