/** Rules, phases, refusals and results in words. Pure: the one place where the game speaks English. */

import { count, money, plural, signedMoney } from "./format.js";
import { HIDDEN, cardLabel, isDealerNatural, netOf, seatOf, totalInWords } from "./hand.js";

export const PHASES = {
  waiting: "Open",
  betting: "Taking bets",
  insurance: "Insurance",
  playing: "Playing",
  settled: "Paying out",
  closed: "Closed",
};

export const MOVES = {
  hit: { name: "Hit", key: "H" },
  stand: { name: "Stand", key: "S" },
  double: { name: "Double", key: "D" },
  split: { name: "Split", key: "P" },
  surrender: { name: "Surrender", key: "R" },
};

export const REASONS = {
  start: "Play money from the house",
  bet: "Bet",
  bet_cleared: "Bet taken back",
  double: "Double",
  split: "Split",
  insurance: "Insurance",
  settled: "Round settled",
  voided: "Round voided",
  dividend: "Dividend",
  contribution: "Contribution to the syndicate",
  credit: "Credit from an operator",
  top_up: "Daily top-up",
};

const REFUSALS = {
  unauthorized: "Please sign in again.",
  invalid_credentials: "That name and password do not match.",
  forbidden: "You may not do that.",
  suspended: "This account is suspended.",
  muted: "You may not chat at the moment.",
  unknown_table: "There is no such table.",
  unknown_seat: "There is no such seat.",
  seat_taken: "Someone else has just taken that seat.",
  already_seated: "You already have a seat at this table.",
  not_seated: "Take a seat first.",
  not_watching: "You are not at this table any more.",
  betting_closed: "Too late: betting is closed for this round.",
  insufficient_funds: "Your balance does not cover that.",
  not_your_turn: "It is not your turn.",
  illegal_move: "That move is not possible now.",
  stale_round: "The table has moved on; look again.",
  command_id_reused: "That was already sent. Please try again.",
  table_busy: "The table is very busy. Please try again.",
  table_closed: "This table is closed.",
  limit_reached: "That is as much as the house allows.",
  server_restarting: "The server is restarting. One moment.",
  not_found: "That does not exist.",
  name_taken: "That name is taken.",
  run_in_progress: "A payout run is already in progress.",
  already_member: "You already belong to a syndicate.",
  plan_expired: "That plan has expired. Make a new one.",
  no_answer: "The server did not answer. Nothing was changed on this page.",
  offline: "You are not connected.",
};

/** A refusal as a sentence; facts of the error are worked in where they help. */
export function refusal(error) {
  if (!error) return "Something went wrong.";
  if (error.code === "bet_out_of_range") {
    return error.min_bet === undefined
      ? "That bet is outside the table's limits."
      : `Bets here go from ${money(error.min_bet)} to ${money(error.max_bet)}.`;
  }
  if (error.code === "rate_limited") {
    return `Too fast. Please wait ${plural(Math.max(1, Math.ceil((error.retry_after_ms ?? 1000) / 1000)), "second")}.`;
  }
  if (error.code === "invalid_payload" && error.field) return `Please check the field “${error.field}”.`;
  if (error.code === "internal") {
    return `Something broke on our side${error.reference ? ` (reference ${error.reference})` : ""}.`;
  }
  return REFUSALS[error.code] ?? error.message ?? "Something went wrong.";
}

/** A table's rules as short phrases, the ones that matter most to a player first. */
export function rulesInWords(rules) {
  return [
    rules.dealer_hits_soft_17 ? "dealer hits soft 17" : "dealer stands on all 17",
    `blackjack pays ${rules.blackjack_pays}`,
    ...(rules.dealer_peeks ? [] : ["no hole card"]),
    rules.decks === 1 ? "single deck" : `${rules.decks} decks`,
    rules.double === "any" ? "double any two cards" : `double on ${rules.double.replace("-", "–")}`,
    ...(rules.double_after_split ? ["double after split"] : ["no double after split"]),
    rules.max_hands === 2 ? "split once" : `split to ${rules.max_hands} hands`,
    ...(rules.surrender === "late" ? ["late surrender"] : []),
    ...(rules.insurance ? ["insurance"] : ["no insurance"]),
  ];
}

/** "dealer stands on all 17 · blackjack pays 3:2", with a capital. */
export function shortRules(rules) {
  const text = rulesInWords(rules).slice(0, 2).join(" · ");
  return text[0].toUpperCase() + text.slice(1);
}

export function outcomeInWords(hand) {
  if (hand.outcome === "win" || hand.outcome === "blackjack") return `Wins ${money(hand.payout - hand.bet)}`;
  if (hand.outcome === "push") return "Push";
  if (hand.outcome === "surrender") return "Surrendered";
  if (hand.outcome === "void") return "Void";
  if (hand.outcome === "lose") return hand.status === "busted" ? "Busts" : "Loses";
  return hand.status === "busted" ? "Busts" : hand.status === "surrendered" ? "Surrendered" : "";
}

function against(view, hand) {
  if (isDealerNatural(view.dealer)) return "the dealer has blackjack";
  if (view.dealer.total > 21) return `the dealer busts with ${view.dealer.total}`;
  return `${hand.total} against ${view.dealer.total}`;
}

/** One settled round of one seat in a sentence or two. */
export function resultInWords(view, seat) {
  if (!seat.hands.length || seat.hands.some((hand) => hand.outcome === null)) return "";
  const net = netOf(view, seat);
  if (seat.hands.length > 1) {
    const parts = seat.hands.map((hand) => outcomeInWords(hand).toLowerCase());
    return `Your hands: ${parts.join("; ")}. ${signedMoney(net)} in all.`;
  }
  const hand = seat.hands[0];
  const insured = seat.insurance
    ? isDealerNatural(view.dealer)
      ? ` Insurance pays ${money(2 * seat.insurance)}.`
      : ` Insurance of ${money(seat.insurance)} is lost.`
    : "";
  const sentence = {
    win: () => `You win ${money(hand.payout - hand.bet)}: ${against(view, hand)}.`,
    blackjack: () => `Blackjack! You win ${money(hand.payout - hand.bet)}.`,
    push: () => `Push: ${isDealerNatural(view.dealer) ? "both have blackjack" : against(view, hand)}. Your stake comes back.`,
    surrender: () => `You surrendered: ${money(hand.payout)} comes back.`,
    void: () => "The round was voided: every stake comes back.",
    lose: () => (hand.status === "busted" ? `Bust with ${hand.total}: you lose ${money(hand.bet)}.` : `You lose ${money(hand.bet)}: ${against(view, hand)}.`),
  }[hand.outcome];
  return sentence() + insured;
}

/** What the felt says now, from the point of view of the player with `userId` (or of a watcher). */
export function situation(view, userId, secondsLeft) {
  const mine = seatOf(view, userId);
  const left = secondsLeft === null ? "" : ` ${secondsLeft} s left.`;
  if (view.phase === "closed") return "This table is closed.";
  if (view.phase === "waiting") return "Take a seat to start a round.";
  if (view.phase === "betting") {
    if (!mine) return `Bets are being placed.${left}`;
    return mine.bet ? `You bet ${money(mine.bet)}. Dealing in ${secondsLeft ?? 0} s.` : `Place your bet.${left}`;
  }
  if (view.phase === "insurance") {
    const open = mine && mine.bet > 0 && mine.hands.length > 0 && mine.insurance === null;
    return open ? `The dealer has an ace. Insurance?${left}` : "The dealer has an ace. Insurance is offered.";
  }
  if (view.phase === "playing") {
    if (!view.turn) return "The dealer plays.";
    if (mine && view.turn.seat === mine.seat) {
      const hand = mine.hands[view.turn.hand];
      const which = mine.hands.length > 1 ? `, hand ${view.turn.hand + 1}` : "";
      return `Your turn${which}: ${totalInWords(hand)} against a dealer ${view.dealer.total}.${left}`;
    }
    const seat = view.seats.find((each) => each.seat === view.turn.seat);
    return `${seat?.player?.name ?? "A player"} to play.${left}`;
  }
  return (mine && resultInWords(view, mine)) || "The round is settled.";
}

function newCards(before, after) {
  return after.slice(before.length).filter((card) => card !== HIDDEN);
}

/**
 * What changed between two views of a table, in sentences for the live region: own cards and totals,
 * the dealer's cards, whose turn it is, the result.
 */
export function changesInWords(before, after, userId) {
  const said = [];
  const mine = seatOf(after, userId);
  const sameRound = before && before.round_id === after.round_id;
  const earlier = sameRound ? seatOf(before, userId) : null;
  if (mine) {
    mine.hands.forEach((hand, index) => {
      const fresh = newCards(earlier?.hands[index]?.cards ?? [], hand.cards);
      if (!fresh.length) return;
      const name = mine.hands.length > 1 ? `Hand ${index + 1}` : "You";
      said.push(`${name}: ${fresh.map(cardLabel).join(", ")}. ${hand.status === "blackjack" ? "Blackjack." : `Total ${totalInWords(hand)}.`}`);
    });
  }
  const oldDealer = sameRound ? before.dealer.cards.filter((card) => card !== HIDDEN) : [];
  const dealt = newCards(oldDealer, after.dealer.cards.filter((card) => card !== HIDDEN));
  if (dealt.length) said.push(`Dealer: ${dealt.map(cardLabel).join(", ")}. Total ${totalInWords(after.dealer)}.`);
  const turnMoved = JSON.stringify(before?.turn ?? null) !== JSON.stringify(after.turn);
  if (after.phase === "playing" && after.turn && turnMoved && mine?.seat === after.turn.seat) {
    const names = after.turn.moves.map((move) => MOVES[move]?.name.toLowerCase() ?? move);
    said.push(`Your turn. You may ${names.join(", ")}.`);
  }
  if (before?.phase !== after.phase) {
    if (after.phase === "betting" && mine) said.push("Place your bet.");
    if (after.phase === "insurance") said.push("Insurance is offered.");
    if (after.phase === "settled" && mine) said.push(resultInWords(after, mine));
    if (after.phase === "closed") said.push("The table is closed.");
  }
  return said.filter(Boolean);
}

export function dividendInWords(dividend) {
  return `${dividend.syndicate_name} paid you a dividend of ${money(dividend.amount)}.`;
}

export function membersInWords(members) {
  return members === 1 ? "1 member" : `${count(members)} members`;
}
