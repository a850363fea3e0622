/**
 * The player's part in the shuffle: a seed of this browser's for every shoe, given as soon as the commitment that it
 * goes with is seen. So the house has fixed its own seed before it can know this one.
 */

import { effect } from "@preact/signals";
import { command } from "./socket.js";
import { connection, mySeat, user, view } from "./store.js";

const GIVEN = "moe.seed.";

const key = (table) => `${GIVEN}${user.value?.user_id}.${table}`;

/** The seed that this browser gave last at a table: {shoe_number, client_seed}, or null. */
export function givenSeed(table) {
  return JSON.parse(localStorage.getItem(key(table)) ?? "null");
}

/** Give a seed for the next shoe at a table; throws Refused. Answers the number of that shoe. */
export async function giveSeed(table, seed) {
  const ack = await command("set_client_seed", { table_id: table, client_seed: seed });
  localStorage.setItem(key(table), JSON.stringify({ shoe_number: ack.shoe_number, client_seed: seed }));
  return ack.shoe_number;
}

function randomSeed() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let tried = null;

effect(() => {
  const table = view.value;
  if (!table || !user.value || connection.value !== "online") return;
  if (!mySeat.value) {
    // Whoever leaves a seat takes the seed along.
    localStorage.removeItem(key(table.table_id));
    tried = null;
    return;
  }
  const next = table.shoe_number + 1;
  const place = `${key(table.table_id)}.${next}`;
  if (tried === place || givenSeed(table.table_id)?.shoe_number >= next) return;
  tried = place;
  // Refused, or not answered: the shoe goes on without it, and the next one is tried again.
  giveSeed(table.table_id, randomSeed()).catch(() => {});
});
