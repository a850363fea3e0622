/**
 * A round of blackjack, played again from its cards and actions: written from the rules alone, apart from the
 * engine that dealt it. Amounts in cents; what comes back to a player is rounded down.
 */

/** The cards and actions are no round that the rules allow. */
export class Unplayable extends Error {}

/** A voided round ends where its actions end. */
class Interrupted extends Error {}

const ANSWERS = ["insure", "decline_insurance"];

const points = (card) => (card[0] === "A" ? 1 : "TJQK".includes(card[0]) ? 10 : Number(card[0]));

/** The best total; soft where an ace counts eleven. */
export function score(cards) {
  const hard = cards.reduce((sum, card) => sum + points(card), 0);
  const soft = hard <= 11 && cards.some((card) => card[0] === "A");
  return { total: soft ? hard + 10 : hard, soft };
}

const isNatural = (cards) => cards.length === 2 && score(cards).total === 21;
const canHideNatural = (card) => card[0] === "A" || points(card) === 10;

function isPair([one, other], rules) {
  return rules.split_by === "rank" ? one[0] === other[0] : points(one) === points(other);
}

function mayDouble(cards, rules) {
  if (rules.double === "any") return true;
  const [low, high] = rules.double.split("-").map(Number);
  const { total, soft } = score(cards);
  return !soft && low <= total && total <= high;
}

/** What a hand may do; nothing when it is complete. */
function movesOf(hand, hands, rules) {
  const { cards } = hand;
  if (score(cards).total >= 21) return [];
  const hasTwo = cards.length === 2;
  const isSplit = hands.length > 1;
  const isSplitAce = isSplit && cards[0][0] === "A";
  const maySplit = hasTwo && isPair(cards, rules) && hands.length < rules.max_hands && (!isSplitAce || rules.resplit_aces);
  if (isSplitAce && !rules.hit_split_aces) return maySplit ? ["stand", "split"] : [];
  const moves = ["hit", "stand"];
  if (hasTwo && (!isSplit || rules.double_after_split) && mayDouble(cards, rules)) moves.push("double");
  if (maySplit) moves.push("split");
  if (hasTwo && !isSplit && rules.surrender === "late") moves.push("surrender");
  return moves;
}

/** One round in play: who asks for the next card or the next action gets it, or ends the round. */
class Round {
  constructor({ rules, cards, seats }, isVoided) {
    this.rules = rules;
    this.cards = cards;
    this.used = 0;
    this.isVoided = isVoided;
    this.dealer = [];
    this.seats = [...seats]
      .sort((one, other) => one.seat - other.seat)
      .map(({ seat, bet, actions }) => ({ seat, bet, actions: [...actions], insurance: 0, hands: [] }));
  }

  draw() {
    if (this.used === this.cards.length) throw new Unplayable("The cards run out.");
    this.used += 1;
    return this.cards[this.used - 1];
  }

  ask(seat, moves) {
    if (!seat.actions.length) {
      if (this.isVoided) throw new Interrupted();
      throw new Unplayable(`Seat ${seat.seat} is asked and has no action left.`);
    }
    const action = seat.actions.shift();
    if (!moves.includes(action)) throw new Unplayable(`Seat ${seat.seat} may not do this: ${action}.`);
    return action;
  }

  play() {
    const firsts = this.seats.map(() => this.draw());
    this.dealer.push(this.draw());
    this.seats.forEach((seat, index) => {
      const cards = [firsts[index], this.draw()];
      seat.hands.push({ cards, bet: seat.bet, how: isNatural(cards) ? "natural" : "" });
    });
    const hole = this.rules.dealer_peeks ? this.draw() : null;
    if (this.rules.insurance && this.dealer[0][0] === "A") this.offerInsurance();
    if (hole && canHideNatural(this.dealer[0]) && isNatural([this.dealer[0], hole])) {
      this.dealer.push(hole);
      return;
    }
    for (const seat of this.seats) this.playSeat(seat);
    this.playDealer(hole);
  }

  /** Seats answer in any order, so one seat's silence in a voided round says nothing about the others. */
  offerInsurance() {
    let isInterrupted = false;
    for (const seat of this.seats) {
      const half = Math.floor(seat.bet / 2);
      if (half === 0) continue;
      if (this.isVoided && !seat.actions.length) isInterrupted = true;
      else if (this.ask(seat, ANSWERS) === "insure") seat.insurance = half;
    }
    if (isInterrupted) throw new Interrupted();
  }

  playSeat(seat) {
    if (seat.hands[0].how === "natural") return;
    for (let index = 0; index < seat.hands.length; index += 1) this.playHand(seat, index);
  }

  playHand(seat, index) {
    const hand = seat.hands[index];
    for (;;) {
      if (hand.cards.length === 1) hand.cards.push(this.draw());
      const moves = movesOf(hand, seat.hands, this.rules);
      if (!moves.length) return;
      const action = this.ask(seat, moves);
      if (action === "stand") return;
      if (action === "surrender") {
        hand.how = "surrendered";
        return;
      }
      if (action === "split") {
        seat.hands.splice(index + 1, 0, { cards: [hand.cards.pop()], bet: hand.bet, how: "" });
        continue;
      }
      hand.cards.push(this.draw());
      if (action === "double") {
        hand.bet *= 2;
        return;
      }
    }
  }

  /** Show or draw the second card if something depends on it; draw to 17 against hands that stand. */
  playDealer(hole) {
    const hands = this.seats.flatMap((seat) => seat.hands);
    const isAwaited = hands.some((hand) => !hand.how && score(hand.cards).total <= 21);
    if (hole) this.dealer.push(hole);
    else {
      const depends = hands.some((hand) => hand.how) || this.seats.some((seat) => seat.insurance);
      if (isAwaited || (depends && canHideNatural(this.dealer[0]))) this.dealer.push(this.draw());
    }
    while (isAwaited && this.hits()) this.dealer.push(this.draw());
  }

  hits() {
    const { total, soft } = score(this.dealer);
    return total < 17 || (total === 17 && soft && this.rules.dealer_hits_soft_17);
  }

  /** How a hand ends, and what comes back. */
  end(hand) {
    const { bet, cards, how } = hand;
    if (this.isVoided) return ["void", bet];
    const mine = score(cards).total;
    const dealer = score(this.dealer).total;
    if (mine > 21) return ["lose", 0];
    if (how === "natural") {
      if (isNatural(this.dealer)) return ["push", bet];
      const [wins, each] = this.rules.blackjack_pays.split(":").map(Number);
      return ["blackjack", bet + Math.floor((bet * wins) / each)];
    }
    if (isNatural(this.dealer)) return ["lose", 0];
    if (how === "surrendered") return ["surrender", Math.floor(bet / 2)];
    if (dealer > 21 || mine > dealer) return ["win", 2 * bet];
    return mine === dealer ? ["push", bet] : ["lose", 0];
  }

  result() {
    const seats = this.seats.map(({ seat, hands, insurance: stake }) => {
      const ended = hands.map((hand) => {
        const [outcome, payout] = this.end(hand);
        return { cards: hand.cards, bet: hand.bet, outcome, payout };
      });
      const back = this.isVoided ? stake : isNatural(this.dealer) ? 3 * stake : 0;
      const net = ended.reduce((sum, hand) => sum + hand.payout - hand.bet, back - stake);
      return { seat, hands: ended, insurance: stake ? { bet: stake, payout: back } : null, net };
    });
    return { dealer: { cards: this.dealer, total: score(this.dealer).total }, seats, cards_used: this.used };
  }
}

function isVoided(record) {
  return record.seats.every((seat) => seat.hands.every((hand) => hand.outcome === "void"));
}

/** How the recorded cards and actions end: {dealer, seats, cards_used} as in a record. Throws `Unplayable`. */
export function played(record) {
  const round = new Round(record, isVoided(record));
  let isInterrupted = false;
  try {
    round.play();
  } catch (end) {
    if (!(end instanceof Interrupted)) throw end;
    isInterrupted = true;
  }
  const busy = round.seats.find((seat) => seat.actions.length);
  if (busy) throw new Unplayable(`Seat ${busy.seat} has more actions than it is asked for.`);
  if (round.isVoided && !isInterrupted) throw new Unplayable("The round is played to its end: there is nothing to void.");
  return round.result();
}
