/**
 * Whether a round was dealt and paid as its record says: everything is computed again, here, from the record alone.
 * It looks at the same things as `casino verify` and names them alike.
 */

import { Unplayable, played } from "./blackjack.js";
import { commitment, seedBytes, shoeOrder } from "./shoe.js";

/** This is no round record. */
export class NotARecord extends Error {}

const isWhole = Number.isSafeInteger;
const isText = (value) => typeof value === "string";
const isFlag = (value) => typeof value === "boolean";
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const orNull = (is) => (value) => value === null || is(value);
const oneOf =
  (...values) =>
  (value) =>
    values.includes(value);
const between = (low, high) => (value) => isWhole(value) && low <= value && value <= high;
const listOf = (is) => (value) => Array.isArray(value) && value.every(is);
const shaped = (fields) => (value) => isObject(value) && Object.entries(fields).every(([name, is]) => is(value[name]));

const HAND = { cards: listOf(isText), bet: isWhole, outcome: orNull(isText), payout: isWhole };
const SEAT = {
  seat: isWhole,
  bet: isWhole,
  actions: listOf(isText),
  hands: listOf(shaped(HAND)),
  insurance: orNull(shaped({ bet: isWhole, payout: isWhole })),
  net: isWhole,
};
const SHOE = {
  commitment: isText,
  shoe_number: isWhole,
  first_card: isWhole,
  cards: isWhole,
  revealed: isFlag,
  server_seed: orNull(isText),
  client_seeds: listOf(isText),
};
const RECORD = {
  round_id: isText,
  table_id: isText,
  rules: isObject,
  cards: listOf(isText),
  dealer: shaped({ cards: listOf(isText), total: isWhole }),
  seats: listOf(shaped(SEAT)),
  cards_used: isWhole,
  shoes: listOf(shaped(SHOE)),
};
const RULES = {
  decks: between(1, 8),
  dealer_hits_soft_17: isFlag,
  blackjack_pays: oneOf("3:2", "6:5", "1:1"),
  double: oneOf("any", "9-11", "10-11"),
  double_after_split: isFlag,
  max_hands: between(2, 4),
  resplit_aces: isFlag,
  hit_split_aces: isFlag,
  split_by: oneOf("value", "rank"),
  surrender: oneOf("none", "late"),
  insurance: isFlag,
  dealer_peeks: isFlag,
  penetration: (value) => typeof value === "number" && value >= 0.5 && value <= 0.9,
};
const SEATS_MAX = 7;

/** Read a record from its JSON; throws `NotARecord`. */
export function readRecord(text) {
  let record;
  try {
    record = JSON.parse(text);
  } catch {
    throw new NotARecord("This is no JSON.");
  }
  if (!isObject(record)) throw new NotARecord("This is no round record.");
  const wrong = Object.keys(RECORD).find((name) => !RECORD[name](record[name]));
  if (wrong) throw new NotARecord(`This is no round record: “${wrong}” is missing or not what belongs there.`);
  return record;
}

/** Where two values of JSON differ, each place by its path: {field, recorded, computed}. */
function differences(field, recorded, computed) {
  if (Array.isArray(recorded) && Array.isArray(computed) && recorded.length === computed.length) {
    return recorded.flatMap((value, index) => differences(`${field}[${index}]`, value, computed[index]));
  }
  if (isObject(recorded) && isObject(computed)) {
    return Object.keys(computed).flatMap((name) => differences(field ? `${field}.${name}` : name, recorded[name], computed[name]));
  }
  return recorded === computed ? [] : [{ field, recorded, computed }];
}

function finding(check, reason, { shoe, found = [] } = {}) {
  return { check, ok: reason === null, shoeNumber: shoe?.shoe_number ?? null, reason, differences: found };
}

function checkRules({ rules }) {
  const names = new Set([...Object.keys(RULES), ...Object.keys(rules)]);
  const wrong = [...names].find((name) => !RULES[name]?.(rules[name]));
  return finding("rules", wrong ? `no table has such rules: ${wrong}` : null);
}

/** What is wrong with where the cards are said to lie: shoes follow one another without a gap. */
function faultOfPlaces({ rules, shoes, cards, seats }) {
  if (!shoes.length) return "the round has no shoe";
  const size = 52 * rules.decks;
  const first = shoes[0].first_card;
  if (first < 0 || first >= Math.floor(size * rules.penetration)) return `the round begins at card ${first}, which is not before the cut card`;
  for (let index = 1; index < shoes.length; index += 1) {
    const before = shoes[index - 1];
    const shoe = shoes[index];
    if (shoe.shoe_number !== before.shoe_number + 1 || shoe.first_card !== 0) return `shoe ${shoe.shoe_number} does not follow shoe ${before.shoe_number}`;
    if (before.first_card + before.cards !== size) return `shoe ${before.shoe_number} is left before its end`;
  }
  const last = shoes[shoes.length - 1];
  if (last.cards < 1 || last.first_card + last.cards > size) return `shoe ${last.shoe_number} does not hold that many cards`;
  if (shoes.reduce((sum, shoe) => sum + shoe.cards, 0) !== cards.length) return "the shoes' cards are not as many as the round's";
  const places = shoes[0].client_seeds.length;
  if (places > SEATS_MAX || shoes.some((shoe) => shoe.client_seeds.length !== places)) return "the client seeds are not as many as the table has seats";
  if (seats.some(({ seat }) => seat < 1 || seat > places)) return "a seat is none of the table's";
  return null;
}

const isRevealed = (shoe) => shoe.revealed && shoe.server_seed !== null;

/** Commitment, shuffle and cards of one shoe; `cards` are those that the round took from it. */
async function checkShoe({ table_id: tableId, rules }, shoe, cards) {
  const seed = seedBytes(shoe.server_seed);
  if (!seed) return [finding("commitment", "the server seed is not 64 lower-case hexadecimal digits", { shoe })];
  const isPromised = (await commitment(seed)) === shoe.commitment;
  const promise = finding("commitment", isPromised ? null : "the commitment is not the hash of the server seed", { shoe });
  if (shoe.shoe_number < 0) return [promise, finding("shuffle", "no shoe has such a number", { shoe })];
  const order = await shoeOrder({ seed, tableId, rules, shoeNumber: shoe.shoe_number, clientSeeds: shoe.client_seeds });
  const start = Math.max(0, shoe.first_card);
  const found = differences("cards", cards, order.slice(start, start + cards.length));
  return [promise, finding("shuffle", null, { shoe }), finding("cards", found.length ? "the seeds give other cards" : null, { shoe, found })];
}

async function checkShoes(record) {
  const place = faultOfPlaces(record);
  const findings = [finding("shoes", place)];
  let start = 0;
  for (const shoe of record.shoes) {
    const end = start + Math.max(0, shoe.cards);
    if (isRevealed(shoe)) findings.push(...(await checkShoe(record, shoe, record.cards.slice(start, end))));
    start = end;
  }
  return findings;
}

/** The play and the payouts, from the cards and actions. */
function checkPlay(record) {
  const numbers = record.seats.map(({ seat }) => seat);
  if (!numbers.length || new Set(numbers).size < numbers.length) return [finding("replay", "no round has such seats")];
  if (record.seats.some(({ bet }) => bet < 1)) return [finding("replay", "no round has such bets")];
  let computed;
  try {
    computed = played(record);
  } catch (error) {
    if (!(error instanceof Unplayable)) throw error;
    return [finding("replay", error.message)];
  }
  const found = differences("", record, computed);
  const paid = found.filter(({ field }) => /\.(payout|net)$/.test(field));
  const other = found.filter((difference) => !paid.includes(difference));
  return [
    finding("replay", other.length ? "the cards and actions lead to another round" : null, { found: other }),
    finding("payouts", paid.length ? "other amounts come back" : null, { found: paid }),
  ];
}

/**
 * Check a record: {ok, code, reason, failed, checks}. `code` is null, "does_not_match" or "not_revealed"; `failed`
 * the first finding that is not ok. `askedFor` is the id of the round that was asked for.
 */
export async function verify(record, { askedFor = null } = {}) {
  const checks = [];
  if (askedFor !== null) checks.push(finding("round", record.round_id === askedFor ? null : "it is of another round"));
  const rules = checkRules(record);
  checks.push(rules);
  if (rules.ok) checks.push(...(await checkShoes(record)), ...checkPlay(record));
  const failed = checks.find((each) => !each.ok) ?? null;
  const hidden = record.shoes.some((shoe) => !isRevealed(shoe));
  const code = failed ? "does_not_match" : hidden ? "not_revealed" : null;
  return { ok: code === null, code, reason: failed?.reason ?? null, failed, checks };
}
