/** The rules of a table in plain words: for players as sentences, for operators as settings. Pure. */

const SEVENTEEN = { false: "stands on every 17", true: "hits soft 17" };
const WINS = { "3:2": "a bet of 10 wins 15", "6:5": "a bet of 10 wins 12", "1:1": "a bet of 10 wins 10" };
const DOUBLES = { any: "any first two cards", "9-11": "hard 9, 10 and 11", "10-11": "hard 10 and 11" };
const PAIRS = { value: "cards of equal value", rank: "cards of equal rank" };

const YES_NO = [
  [true, "yes"],
  [false, "no"],
];

/** Every key of a rules object: what it is called, what it means and what may be chosen; percents are typed in. */
export const RULES = [
  { key: "decks", label: "Decks", help: "Packs of 52 cards in the shoe.", options: [1, 2, 3, 4, 5, 6, 7, 8].map((decks) => [decks, String(decks)]) },
  { key: "penetration", label: "Cut card, in percent", help: "How much of the shoe is dealt before it is shuffled: 50 to 90.", options: null },
  { key: "dealer_hits_soft_17", label: "Dealer's soft 17", help: "An ace counted as 11, and a 6. Hitting it is worse for the players.", options: [[false, SEVENTEEN.false], [true, SEVENTEEN.true]] },
  { key: "dealer_peeks", label: "Hole card", help: "Without one, a blackjack found at the end takes doubled and split bets too.", options: [[true, "dealt; the dealer looks first"], [false, "none until all have played"]] },
  { key: "blackjack_pays", label: "Blackjack pays", help: "For a bet of 10: 15, 12 or 10.", options: Object.keys(WINS).map((pays) => [pays, pays]) },
  { key: "surrender", label: "Surrender", help: "Late: half the bet back as the first move, once the dealer has looked.", options: [["late", "late"], ["none", "not offered"]] },
  { key: "insurance", label: "Insurance", help: "Half the bet against the dealer's ace; pays 2:1.", options: [[true, "offered"], [false, "not offered"]] },
  { key: "double", label: "Doubling", help: "Hard totals count no ace as 11.", options: Object.entries(DOUBLES) },
  { key: "double_after_split", label: "Doubling after a split", help: "On the same cards as before it.", options: YES_NO },
  { key: "max_hands", label: "Hands after splits", help: "2 means one split.", options: [2, 3, 4].map((hands) => [hands, String(hands)]) },
  { key: "split_by", label: "A pair is", help: "By value, a king and a ten are one.", options: Object.entries(PAIRS) },
  { key: "resplit_aces", label: "Aces split again", help: "When a split ace draws another, as long as there may be more hands.", options: YES_NO },
  { key: "hit_split_aces", label: "Split aces play on", help: "Without it, each gets one card and stands.", options: YES_NO },
];

export function sameRules(one, other) {
  return RULES.every(({ key }) => one[key] === other[key]);
}

/** 0.75 → "75", 0.575 → "57.5". */
export function inPercent(ratio) {
  return String(Number((ratio * 100).toFixed(4)));
}

function splits(rules) {
  const pairs = rules.split_by === "value" ? `${PAIRS.value}, such as a king and a ten` : PAIRS.rank;
  const aces = `aces get ${rules.hit_split_aces ? "as many cards as you like" : "one card each"}`;
  if (rules.max_hands === 2) return `${pairs}, once; split ${aces}`;
  return `${pairs}, to ${rules.max_hands} hands; aces ${rules.resplit_aces ? "too" : "once"}, and split ${aces}`;
}

/** All of a table's rules as [subject, sentence], the ones that matter most to a player first. */
export function rulesSheet(rules) {
  const peek = rules.dealer_peeks
    ? "looks for blackjack under an ace or a ten before you play"
    : "takes no hole card: a blackjack at the end beats doubled and split bets too";
  return [
    ["Dealer", `${SEVENTEEN[rules.dealer_hits_soft_17]}; ${peek}`],
    ["Blackjack", `pays ${rules.blackjack_pays}: ${WINS[rules.blackjack_pays]}`],
    ["Double", `${DOUBLES[rules.double]}${rules.double_after_split ? ", after a split too" : ", not after a split"}`],
    ["Split", splits(rules)],
    ["Surrender", rules.surrender === "late" ? "half the bet comes back, as your first move" : "not offered"],
    ["Insurance", rules.insurance ? "half the bet when the dealer has an ace; pays 2:1" : "not offered"],
    ["Shoe", `${rules.decks === 1 ? "one deck" : `${rules.decks} decks`}, shuffled when ${inPercent(rules.penetration)}\u00A0% are dealt`],
  ];
}
