/**
 * A shoe from its seeds, as docs/fairness.md says it: the commitment, and the order of the cards.
 */

import { sha256Plain } from "./sha256.js";

const CARDS = Array.from("SHDC", (suit) => Array.from("A23456789TJQK", (rank) => rank + suit)).flat();
const WORD_VALUES = 2 ** 32;
const BLOCK = 64; // bytes that SHA-256 takes at once

const subtle = globalThis.crypto?.subtle;

/** @param {Uint8Array} message @returns {Promise<Uint8Array>} */
async function sha256(message) {
  return subtle ? new Uint8Array(await subtle.digest("SHA-256", message)) : sha256Plain(message);
}

/** RFC 2104, for keys of at most 64 bytes. */
async function hmac(key, message) {
  const padded = new Uint8Array(BLOCK);
  padded.set(key);
  const inner = await sha256(joined(padded.map((byte) => byte ^ 0x36), message));
  return sha256(joined(padded.map((byte) => byte ^ 0x5c), inner));
}

/** @param {...Uint8Array} parts */
function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** A whole number as so many bytes, the highest first. */
function number(value, bytes) {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value));
  return new Uint8Array(view.buffer).subarray(8 - bytes);
}

/** A text as its length in four bytes and its UTF-8 bytes. */
function field(text) {
  const encoded = new TextEncoder().encode(text);
  return joined(number(encoded.length, 4), encoded);
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The 32 bytes that 64 lower-case hexadecimal digits stand for; null for anything else. */
export function seedBytes(hex) {
  return /^[0-9a-f]{64}$/.test(hex) ? Uint8Array.from(hex.match(/../g), (digits) => Number.parseInt(digits, 16)) : null;
}

/** What is published of a server seed before it is used. */
export async function commitment(seed) {
  return toHex(await sha256(seed));
}

/** The rules as JSON, keys in alphabetical order, without blanks. */
export function rulesText(rules) {
  return JSON.stringify(Object.fromEntries(Object.entries(rules).sort(([one], [other]) => (one < other ? -1 : 1))));
}

/** What binds an order to its table, rules, number and client seeds: 32 bytes. */
export function shoeContext({ tableId, rules, shoeNumber, clientSeeds }) {
  const seeds = clientSeeds.map((seed, index) => field(seed || `${tableId}/${shoeNumber}/${index + 1}`));
  return sha256(
    joined(
      new TextEncoder().encode("moes-casino/shoe/1"),
      field(tableId),
      field(rulesText(rules)),
      number(shoeNumber, 8),
      number(clientSeeds.length, 1),
      ...seeds,
    ),
  );
}

/** The stream of numbers below 2^32: block n is the HMAC of context and n under the server seed. */
async function* words(seed, context) {
  for (let block = 0; ; block += 1) {
    const view = new DataView((await hmac(seed, joined(context, number(block, 8)))).buffer);
    for (let offset = 0; offset < 32; offset += 4) yield view.getUint32(offset);
  }
}

/** Fisher–Yates from the last place to the second; a number that would favour some places is thrown away. */
export async function shuffled(decks, numbers) {
  const cards = Array.from({ length: decks }, () => CARDS).flat();
  const next = async () => (await numbers.next()).value;
  for (let last = cards.length - 1; last > 0; last -= 1) {
    const choices = last + 1;
    const limit = WORD_VALUES - (WORD_VALUES % choices);
    let word = await next();
    while (word >= limit) word = await next();
    const chosen = word % choices;
    [cards[last], cards[chosen]] = [cards[chosen], cards[last]];
  }
  return cards;
}

/** All cards of a shoe in drawing order. `seed` are the server seed's bytes, `clientSeeds` one text a seat. */
export async function shoeOrder({ seed, tableId, rules, shoeNumber, clientSeeds }) {
  const context = await shoeContext({ tableId, rules, shoeNumber, clientSeeds });
  return shuffled(rules.decks, words(seed, context));
}
