// The rules in words, and the operators' form between text and calls.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BLANK, asForm, change, creation, differences, problemAt, readRules } from "../../../static/js/admin/setup.js";
import { rulesSheet } from "../../../static/js/rules.js";

const HOUSE = {
  decks: 6,
  dealer_hits_soft_17: false,
  blackjack_pays: "3:2",
  double: "any",
  double_after_split: true,
  max_hands: 4,
  resplit_aces: false,
  hit_split_aces: false,
  split_by: "value",
  surrender: "late",
  insurance: true,
  dealer_peeks: true,
  penetration: 0.75,
};
const STRIP = { ...HOUSE, decks: 4, surrender: "none" };
const PRESETS = [
  { name: "house", rules: HOUSE },
  { name: "vegas-strip", rules: STRIP },
];
const TABLE = { ...BLANK, name: "Main Street", table_id: "main-1", rules: STRIP };

function filled(settings, rules = HOUSE) {
  const form = asForm(BLANK, rules);
  return { ...form, settings: { ...form.settings, ...settings } };
}

function sheet(rules) {
  return Object.fromEntries(rulesSheet({ ...HOUSE, ...rules }));
}

test("players read all of the house's rules in words", () => {
  assert.deepEqual(sheet({}), {
    Dealer: "stands on every 17; looks for blackjack under an ace or a ten before you play",
    Blackjack: "pays 3:2: a bet of 10 wins 15",
    Double: "any first two cards, after a split too",
    Split: "cards of equal value, such as a king and a ten, to 4 hands; aces once, and split aces get one card each",
    Surrender: "half the bet comes back, as your first move",
    Insurance: "half the bet when the dealer has an ace; pays 2:1",
    Shoe: "6 decks, shuffled when 75\u00A0% are dealt",
  });
});

test("what a table does otherwise is in the words", () => {
  const other = sheet({
    decks: 1,
    dealer_hits_soft_17: true,
    blackjack_pays: "6:5",
    double: "10-11",
    double_after_split: false,
    max_hands: 3,
    resplit_aces: true,
    hit_split_aces: true,
    split_by: "rank",
    surrender: "none",
    insurance: false,
    dealer_peeks: false,
    penetration: 0.575,
  });
  assert.deepEqual(other, {
    Dealer: "hits soft 17; takes no hole card: a blackjack at the end beats doubled and split bets too",
    Blackjack: "pays 6:5: a bet of 10 wins 12",
    Double: "hard 10 and 11, not after a split",
    Split: "cards of equal rank, to 3 hands; aces too, and split aces get as many cards as you like",
    Surrender: "not offered",
    Insurance: "not offered",
    Shoe: "one deck, shuffled when 57.5\u00A0% are dealt",
  });
});

test("aces are not split again where nothing is", () => {
  assert.equal(sheet({ max_hands: 2, resplit_aces: true, split_by: "rank" }).Split, "cards of equal rank, once; split aces get one card each");
});

test("what is typed becomes cents and milliseconds", () => {
  const body = creation(filled({ min_bet: "2.50", max_bet: "1000", seats: "7", turn_ms: "0.1", hints: false }), PRESETS, "house");
  assert.deepEqual([body.min_bet, body.max_bet, body.seats, body.turn_ms, body.hints], [250, 100000, 7, 100, false]);
});

test("what can not be read goes to the server as it is", () => {
  const body = creation(filled({ min_bet: "a lot", seats: "2.5", turn_ms: "soon" }), PRESETS, "house");
  assert.deepEqual([body.min_bet, body.seats, body.turn_ms], ["a lot", "2.5", "soon"]);
  assert.equal(readRules({ rules: HOUSE, percent: "most" }).penetration, "most");
});

test("rules go by the name of their preset, and with the keys that differ from the one picked last", () => {
  assert.deepEqual(chosen(STRIP, "house"), { preset: "vegas-strip" });
  assert.deepEqual(chosen({ ...STRIP, decks: 5 }, "vegas-strip"), { preset: "vegas-strip", rules: { decks: 5 } });
  assert.deepEqual(chosen({ ...STRIP, decks: 5 }, null), { rules: { ...STRIP, decks: 5 } });
});

function chosen(rules, base) {
  const { preset, rules: given } = creation(filled({}, rules), PRESETS, base);
  return JSON.parse(JSON.stringify({ preset, rules: given }));
}

test("a form that was not touched changes nothing, whatever the table's numbers are", () => {
  const odd = { ...TABLE, min_bet: 1, max_bet: 1234567, turn_ms: 12345, rules: { ...STRIP, penetration: 2 / 3 } };
  assert.deepEqual(change(odd, asForm(odd, odd.rules), PRESETS, null), {});
  assert.deepEqual(differences(odd, asForm(odd, odd.rules)), []);
});

test("a change sends and says only what is different", () => {
  const form = asForm(TABLE, { ...STRIP, dealer_hits_soft_17: true });
  form.settings.max_bet = "500";
  form.settings.on_timeout = "stand";
  form.percent = "66.6";
  assert.deepEqual(change(TABLE, form, PRESETS, "vegas-strip"), {
    max_bet: 50000,
    on_timeout: "stand",
    preset: "vegas-strip",
    rules: { penetration: 0.666, dealer_hits_soft_17: true },
  });
  assert.deepEqual(differences(TABLE, form), [
    "Highest bet: 100 → 500",
    "When time runs out: hit 11 or less, else stand → stand",
    "Cut card, in percent: 75 → 66.6",
    "Dealer's soft 17: stands on every 17 → hits soft 17",
  ]);
});

test("a refusal is shown at the field that it names", () => {
  assert.equal(problemAt({ code: "invalid_payload", field: "seats" }).field, "seats");
  assert.equal(problemAt({ code: "invalid_payload", field: "rules.decks" }).field, "rules.decks");
  assert.equal(problemAt({ code: "invalid_payload", field: "preset" }).field, "preset");
  assert.equal(problemAt({ code: "name_taken" }).field, "table_id");
});

test("a refusal that belongs to no field of the form is shown at none", () => {
  for (const error of [{ code: "forbidden" }, { code: "invalid_payload" }, { code: "invalid_payload", field: "bank" }, undefined]) {
    assert.equal(problemAt(error), null);
  }
});
