// The browser's verification against the published vectors, and against every one-character change of a record.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sha256Plain } from "../../../static/js/verify/sha256.js";
import { commitment, seedBytes, shoeContext, shoeOrder, shuffled, toHex } from "../../../static/js/verify/shoe.js";
import { NotARecord, readRecord, verify } from "../../../static/js/verify/verify.js";

const vectors = JSON.parse(readFileSync(new URL("../../../docs/fairness-vectors.json", import.meta.url), "utf8"));
const records = vectors.rounds.map(({ record }) => record);

const judged = (record) => verify(readRecord(JSON.stringify(record)));

function changed(record, path, value) {
  const copy = structuredClone(record);
  const place = path.slice(0, -1).reduce((part, name) => part[name], copy);
  place[path.at(-1)] = value;
  return copy;
}

test("a shoe comes out of its seeds as published", async () => {
  for (const shoe of vectors.shoes) {
    const seed = seedBytes(shoe.server_seed);
    const bound = { tableId: shoe.table_id, rules: shoe.rules, shoeNumber: shoe.shoe_number, clientSeeds: shoe.client_seeds };
    assert.equal(await commitment(seed), shoe.commitment);
    assert.equal(toHex(await shoeContext(bound)), shoe.context);
    assert.equal((await shoeOrder({ seed, ...bound })).join(""), shoe.cards);
  }
});

test("numbers that would favour some places are thrown away", async () => {
  for (const { decks, words, cards } of vectors.shuffles) {
    assert.equal((await shuffled(decks, words.values())).join(""), cards);
  }
});

test("our own SHA-256 is that of Node.js, for every length around a block's end", () => {
  for (let length = 0; length < 200; length += 1) {
    const message = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 255);
    assert.equal(toHex(sha256Plain(message)), createHash("sha256").update(message).digest("hex"));
  }
});

test("every published round matches", async () => {
  for (const { what, record } of vectors.rounds) {
    const verdict = await judged(record);
    assert.deepEqual([what, verdict.failed, verdict.code], [what, null, null]);
  }
});

test("every published change fails and names its check", async () => {
  for (const { round, path, value, check } of vectors.broken) {
    const verdict = await judged(changed(records[round], path, value));
    assert.deepEqual([path, verdict.code, verdict.failed.check], [path, "does_not_match", check]);
  }
});

test("a shoe that is not revealed is an answer of its own", async () => {
  const hidden = changed(changed(records[0], ["shoes", 0, "revealed"], false), ["shoes", 0, "server_seed"], null);
  const verdict = await judged(hidden);
  assert.deepEqual([verdict.ok, verdict.code, verdict.failed], [false, "not_revealed", null]);
});

test("the record of another round than was asked for does not match", async () => {
  const verdict = await verify(records[0], { askedFor: "another" });
  assert.equal(verdict.failed.check, "round");
});

/** What a record says in the fields that are covered by a check; null where it can't be read. */
function covered(text) {
  let record;
  try {
    record = JSON.parse(text);
  } catch {
    return null;
  }
  const pick = (from, names) => names.map((name) => from?.[name]);
  const seats = Array.isArray(record.seats) && record.seats.map((seat) => pick(seat, ["seat", "bet", "actions", "hands", "insurance", "net"]));
  return JSON.stringify([pick(record, ["table_id", "rules", "cards", "dealer", "cards_used", "shoes"]), seats]);
}

test("no character can be changed unnoticed", async () => {
  const text = JSON.stringify(records[0]);
  const said = covered(text);
  const unnoticed = [];
  for (let place = 0; place < text.length; place += 1) {
    for (const other of [String.fromCharCode(text.charCodeAt(place) + 1), "0", "1", ""]) {
      const broken = text.slice(0, place) + other + text.slice(place + 1);
      if (covered(broken) === said) continue;
      try {
        if ((await verify(readRecord(broken))).ok) unnoticed.push(broken);
      } catch (error) {
        if (!(error instanceof NotARecord)) throw error;
      }
    }
  }
  assert.deepEqual(unnoticed, []);
});

test("what is no record is said to be none", () => {
  for (const text of ["", "null", "[]", "{}", "nothing", '{"round_id": 1}']) {
    assert.throws(() => readRecord(text), NotARecord);
  }
});
