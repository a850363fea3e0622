/** A table's set-up between the form, where all is text, and the calls: amounts in cents, times in milliseconds. Pure. */

import { money, toCents } from "../format.js";
import { RULES, inPercent, sameRules } from "../rules.js";

const seconds = (ms) => String(ms / 1000);
const fromSeconds = (text) => (/^\s*\d+(\.\d+)?\s*$/.test(text) ? Math.round(Number(text) * 1000) : text);
const fromWhole = (text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : text);
const asAmount = (cents) => (cents % 100 ? (cents / 100).toFixed(2) : String(cents / 100));
const fromAmount = (text) => (Number.isNaN(toCents(text)) ? text : toCents(text));
const same = (value) => value;

const TIME = { show: seconds, read: fromSeconds, words: (ms) => `${seconds(ms)} s`, limits: "From 0.1 to 600 seconds.", inputmode: "decimal" };
const AMOUNT = { show: asAmount, read: fromAmount, words: money, inputmode: "decimal" };
const TEXT = { show: same, read: same, words: same };

/**
 * The settings that are not rules: `show` makes a value text for its control, `read` the text a value again.
 * What can't be read goes as it is: the server is the judge, and names the field; `limits` then says what it takes.
 */
export const SETTINGS = [
  { key: "name", group: "table", label: "Name", help: "What players read in the lobby.", limits: "From 1 to 60 characters.", maxlength: 60, ...TEXT },
  { key: "table_id", group: "table", label: "Id", help: "Part of the table's address; it never changes.", limits: "Small letters and digits, with single hyphens between, up to 60.", maxlength: 60, ...TEXT },
  { key: "min_bet", group: "limits", label: "Lowest bet", help: "For a hand, in chips.", limits: "From 0.01 on.", ...AMOUNT },
  { key: "max_bet", group: "limits", label: "Highest bet", help: "Before doubles and splits.", limits: "Not below the lowest bet, and up to 10,000,000,000.", ...AMOUNT },
  { key: "seats", group: "limits", label: "Seats", help: "From 1 to 7.", limits: "From 1 to 7.", show: String, read: fromWhole, words: String, inputmode: "numeric" },
  { key: "betting_ms", group: "times", label: "Betting, seconds", help: "Until the cards are dealt; at once when all have bet.", ...TIME },
  { key: "turn_ms", group: "times", label: "A turn, seconds", help: "For one decision.", ...TIME },
  { key: "insurance_ms", group: "times", label: "Insurance, seconds", help: "For all to answer.", ...TIME },
  { key: "pause_ms", group: "times", label: "Result, seconds", help: "How long it is shown.", ...TIME },
  { key: "seat_hold_ms", group: "times", label: "Seat kept, seconds", help: "For a player who lost the connection.", ...TIME },
  { key: "on_timeout", group: "times", label: "When time runs out", help: "What is played for the player.", options: [["safe", "hit 11 or less, else stand"], ["stand", "stand"]], ...TEXT },
  { key: "hints", group: "times", label: "Hints", help: "Players may ask for basic strategy.", options: [[true, "allowed"], [false, "not allowed"]], ...TEXT },
];

/** What a new table has before anything is changed; rules are chosen besides. */
export const BLANK = {
  name: "", table_id: "", min_bet: 100, max_bet: 10000, seats: 5, betting_ms: 15000, turn_ms: 15000,
  insurance_ms: 8000, pause_ms: 5000, seat_hold_ms: 60000, on_timeout: "safe", hints: true,
};

/** A table's set-up as the form holds it: {settings: text by key, rules: the object, percent: its penetration as text}. */
export function asForm(table, rules) {
  const settings = Object.fromEntries(SETTINGS.map(({ key, show }) => [key, show(table[key])]));
  return { settings, rules, percent: inPercent(rules.penetration) };
}

function fromPercent(text) {
  return /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number((Number(text) / 100).toFixed(6)) : text;
}

/** The form's rules, read: what is no percentage stays text. */
export function readRules({ rules, percent }) {
  return percent === inPercent(rules.penetration) ? rules : { ...rules, penetration: fromPercent(percent) };
}

function chosenRules(rules, presets, base) {
  const named = presets.find((each) => sameRules(each.rules, rules));
  if (named) return { preset: named.name };
  const from = presets.find((each) => each.name === base);
  if (!from) return { rules };
  const different = RULES.map(({ key }) => key).filter((key) => rules[key] !== from.rules[key]);
  return { preset: from.name, rules: Object.fromEntries(different.map((key) => [key, rules[key]])) };
}

/** The body that makes the table; `base` names the preset that was picked last. */
export function creation(form, presets, base) {
  const settings = SETTINGS.map(({ key, read }) => [key, read(form.settings[key])]);
  return { ...Object.fromEntries(settings), ...chosenRules(readRules(form), presets, base) };
}

/** The body that changes the table to what the form says: only what is different. */
export function change(table, form, presets, base) {
  const different = SETTINGS.map(({ key, read }) => [key, read(form.settings[key])]).filter(([key, value]) => value !== table[key]);
  const rules = readRules(form);
  return { ...Object.fromEntries(different), ...(sameRules(rules, table.rules) ? {} : chosenRules(rules, presets, base)) };
}

/** A value as its control shows it; what could not be read is text. */
function inWords({ options, words }, value) {
  if (options) return options.find(([option]) => option === value)[1];
  return typeof value === "string" ? value : words(value);
}

function difference(setting, before, after) {
  return before === after ? [] : [`${setting.label}: ${inWords(setting, before)} → ${inWords(setting, after)}`];
}

/** What a change does, as phrases: "Lowest bet: 1 → 5". */
export function differences(table, form) {
  const rules = readRules(form);
  return [
    ...SETTINGS.flatMap((each) => difference(each, table[each.key], each.read(form.settings[each.key]))),
    ...RULES.flatMap((each) => difference({ words: inPercent, ...each }, table.rules[each.key], rules[each.key])),
  ];
}

const RULE_LIMITS = { "rules.penetration": "From 50 to 90 percent.", "rules.decks": "From 1 to 8.", "rules.max_hands": "From 2 to 4." };

/** What to say at the field that the server named; null for a refusal that belongs to no field. */
export function problemAt(error) {
  if (error?.code === "name_taken") return { field: "table_id", text: "Another table has this id." };
  if (error?.code !== "invalid_payload" || !error.field) return null;
  const setting = SETTINGS.find(({ key }) => key === error.field);
  if (setting) return { field: error.field, text: `Not possible. ${setting.limits ?? ""}` };
  const rule = RULES.find(({ key }) => `rules.${key}` === error.field);
  if (rule) return { field: error.field, text: `Not possible. ${RULE_LIMITS[error.field] ?? ""}` };
  return error.field === "preset" ? { field: "preset", text: "There is no such preset any longer." } : null;
}
