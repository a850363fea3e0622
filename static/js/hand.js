/** Cards and hands as they are drawn and spoken. Pure. */

const RANKS = {
  A: "ace",
  2: "two",
  3: "three",
  4: "four",
  5: "five",
  6: "six",
  7: "seven",
  8: "eight",
  9: "nine",
  T: "ten",
  J: "jack",
  Q: "queen",
  K: "king",
};

// U+FE0E asks for the text form, so that no system draws the suit as a coloured emoji.
const SUITS = {
  S: { symbol: "\u2660\uFE0E", name: "spades" },
  H: { symbol: "\u2665\uFE0E", name: "hearts" },
  D: { symbol: "\u2666\uFE0E", name: "diamonds" },
  C: { symbol: "\u2663\uFE0E", name: "clubs" },
};

export const HIDDEN = "??";

/** "TD" → {rank: "10", symbol: "♦", suit: "diamonds", label: "ten of diamonds"}. */
export function face(card) {
  const suit = SUITS[card[1]];
  return {
    rank: card[0] === "T" ? "10" : card[0],
    symbol: suit.symbol,
    suit: suit.name,
    label: `${RANKS[card[0]]} of ${suit.name}`,
  };
}

/** The best total of open cards: an ace counts eleven as long as that does not bust. */
export function totalOf(cards) {
  const hard = cards.reduce((sum, card) => sum + (card[0] === "A" ? 1 : "TJQK".includes(card[0]) ? 10 : Number(card[0])), 0);
  return hard <= 11 && cards.some((card) => card[0] === "A") ? hard + 10 : hard;
}

export function cardLabel(card) {
  return card === HIDDEN ? "hidden card" : face(card).label;
}

/** Worth calling soft: neither a lone ace nor a hand that is complete. */
function isSoft(hand) {
  return hand.soft && hand.total > 11 && hand.total < 21;
}

/** What stands beside a hand: "16", "7/17" for a soft 17 that is being played, "BJ" for a natural. */
export function totalText(hand) {
  if (hand.status === "blackjack") return "BJ";
  if (!hand.total) return "";
  return hand.status === "playing" && isSoft(hand) ? `${hand.total - 10}/${hand.total}` : String(hand.total);
}

/** A total as it is spoken: "soft 17", "16". */
export function totalInWords(hand) {
  return isSoft(hand) ? `soft ${hand.total}` : String(hand.total);
}

/** The dealer's natural: an ace and a ten, both open. */
export function isDealerNatural(dealer) {
  return dealer.cards.length === 2 && dealer.total === 21 && !dealer.cards.includes(HIDDEN);
}

/** The player's seat of a view, or null. */
export function seatOf(view, userId) {
  return (view && userId && view.seats.find((seat) => seat.player?.user_id === userId)) || null;
}

/** What a settled seat won or lost in cents, its insurance included. */
export function netOf(view, seat) {
  let net = 0;
  for (const hand of seat.hands) net += (hand.payout ?? 0) - hand.bet;
  if (seat.insurance) net += isDealerNatural(view.dealer) ? 2 * seat.insurance : -seat.insurance;
  return net;
}

/** Up to five chips that suit a table's limits, smallest first; the first is the least bet. */
export function chipsFor(minBet, maxBet) {
  const ladder = [];
  for (let unit = 1; unit <= maxBet; unit *= 10) ladder.push(unit, unit * 5, unit * 25 > 100 ? unit * 25 : unit * 2);
  const values = [...new Set(ladder)].sort((a, b) => a - b).filter((value) => value > minBet && value <= maxBet);
  const chips = [minBet];
  for (const value of values) {
    if (chips.length < 5 && value >= chips[chips.length - 1] * 2) chips.push(value);
  }
  return chips;
}
