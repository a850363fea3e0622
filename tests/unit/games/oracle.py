"""A second blackjack, naive on purpose: written from the rules' text, on card texts, apart from the first.

It plays a scripted round (rules as an object, cards in drawing order, seats with bets, balances and actions)
and gives what `replay` has to print, or what is wrong with the script. It knows by itself who is asked when,
and which moves are legal then; nothing in here comes from the game's own code.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Json = Mapping[str, Any]  # scripts and results as they are written, JSON

WORDS = ("hit", "stand", "double", "split", "surrender", "insure", "decline_insurance")
ANSWERS = ["insure", "decline_insurance"]
NO_LIMIT = 10**30


class Refusal(Exception):
    """The script can't be played: the code and what else is told."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, facts)
        self.error = {"code": code, **facts}


@dataclass
class Held:
    """One hand; `how` is `blackjack`, `surrender`, `double` or nothing."""

    cards: list[str]
    bet: int
    how: str = ""


@dataclass(frozen=True)
class Asked:
    """A question: to which seat (its number) and hand, of how many; what is legal, what costly moves cost."""

    seat: int
    hand: int
    hands: int
    cards: tuple[str, ...]
    moves: list[str]
    cost: int
    balance: int

    def price(self, word: str) -> int:
        """What the move adds to the stake."""
        return self.cost if word in {"insure", "double", "split"} else 0


Choose = Callable[[Asked], str | None]


def worth(card: str) -> int:
    """A card's points, an ace 11."""
    return 11 if card[0] == "A" else 10 if card[0] in "TJQK" else int(card[0])


def points(cards: list[str]) -> int:
    """The best total of the cards."""
    values = [worth(card) for card in cards]
    while sum(values) > 21 and 11 in values:
        values[values.index(11)] = 1
    return sum(values)


def is_soft(cards: list[str]) -> bool:
    """Whether an ace counts eleven: counting all of them one makes it less."""
    return points(cards) != sum(1 if card[0] == "A" else worth(card) for card in cards)


def blackjack(cards: list[str]) -> bool:
    """Two cards that make 21."""
    return len(cards) == 2 and points(cards) == 21


class Round:
    """One round: `cards` come one by one, `choose` answers each question, None where it has no answer."""

    def __init__(self, script: Json, cards: Iterable[str], choose: Choose) -> None:
        self.rules: Json = script["rules"]
        self.shoe = iter(cards)
        self.choose = choose
        self.seats: list[Json] = sorted(script["seats"], key=lambda seat: int(seat["seat"]))
        self.balances = [
            NO_LIMIT if seat.get("balance") is None else int(seat["balance"]) for seat in self.seats
        ]
        self.drawn: list[str] = []
        self.dealer: list[str] = []
        self.insured = [0 for _ in self.seats]
        self.hands: list[list[Held]] = []
        self.answers: list[tuple[Asked, str]] = []
        self.has_play = False  # whether the dealer's look did not end it

    def draw(self) -> str:
        """The next card."""
        card = next(self.shoe, None)
        if card is None:
            raise Refusal("incomplete_script")
        self.drawn.append(card)
        return card

    def ask(self, index: int, hand: int, moves: list[str], cost: int) -> str:
        """Have a question answered, and take the money that the answer costs."""
        seat = int(self.seats[index]["seat"])
        hands = self.hands[index]
        asked = Asked(seat, hand, len(hands), tuple(hands[hand].cards), moves, cost, self.balances[index])
        word = self.choose(asked)
        if word is None:
            raise Refusal("incomplete_script", seat=seat)
        if word not in moves:
            raise Refusal("illegal_move", seat=seat, action=word, moves=moves)
        if asked.price(word) > self.balances[index]:
            raise Refusal("insufficient_funds", seat=seat, action=word)
        self.balances[index] -= asked.price(word)
        self.answers.append((asked, word))
        return word

    def play(self) -> Json:
        """The whole round; gives dealer, seats and the count of cards."""
        first = [self.draw() for _ in self.seats]
        self.dealer.append(self.draw())
        second = [self.draw() for _ in self.seats]
        hole = self.draw() if self.rules["dealer_peeks"] else None
        for seat, one, two in zip(self.seats, first, second, strict=True):
            self.hands.append([Held([one, two], int(seat["bet"]))])
        self.offer_insurance()
        if hole is not None and blackjack([self.dealer[0], hole]):
            self.dealer.append(hole)
            return self.result()
        self.has_play = True
        for index in range(len(self.seats)):
            self.play_seat(index)
        self.play_dealer(hole)
        return self.result()

    def offer_insurance(self) -> None:
        """Under an ace every seat may insure half its bet, if that is a cent at least."""
        if not self.rules["insurance"] or self.dealer[0][0] != "A":
            return
        for index, seat in enumerate(self.seats):
            half = int(seat["bet"]) // 2
            if half > 0 and self.ask(index, 0, ANSWERS, half) == "insure":
                self.insured[index] = half

    def play_seat(self, index: int) -> None:
        """All hands of a seat, from left to right; splits add hands while it goes on."""
        hands = self.hands[index]
        if blackjack(hands[0].cards):
            hands[0].how = "blackjack"
            return
        for place, _ in enumerate(hands):
            self.play_hand(index, place)

    def play_hand(self, index: int, place: int) -> None:
        """One hand until it is complete."""
        hands = self.hands[index]
        hand = hands[place]
        while True:
            if len(hand.cards) == 1:
                hand.cards.append(self.draw())
            moves = self.moves(hands, hand)
            if not moves:
                return
            word = self.ask(index, place, moves, hand.bet)
            if word == "stand":
                return
            if word == "surrender":
                hand.how = "surrender"
                return
            if word == "split":
                hands.insert(place + 1, Held([hand.cards.pop()], hand.bet))
                continue
            hand.cards.append(self.draw())
            if word == "double":
                hand.how = "double"
                hand.bet *= 2
                return

    def moves(self, hands: list[Held], hand: Held) -> list[str]:
        """What the rules let this hand do; nothing when it is complete."""
        if points(hand.cards) >= 21:
            return []
        is_from_split = len(hands) > 1
        has_two = len(hand.cards) == 2
        may_split = has_two and self.is_pair(hand.cards) and len(hands) < self.rules["max_hands"]
        if is_from_split and hand.cards[0][0] == "A":
            may_split = may_split and self.rules["resplit_aces"]
            if not self.rules["hit_split_aces"]:
                return ["stand", "split"] if may_split else []
        moves = ["hit", "stand"]
        if (
            has_two
            and self.may_double(hand.cards)
            and not (is_from_split and not self.rules["double_after_split"])
        ):
            moves.append("double")
        if may_split:
            moves.append("split")
        if has_two and not is_from_split and self.rules["surrender"] == "late":
            moves.append("surrender")
        return moves

    def is_pair(self, cards: list[str]) -> bool:
        """Two cards of the same rank or, where the rules go by value, of the same points."""
        one, two = cards
        return one[0] == two[0] if self.rules["split_by"] == "rank" else worth(one) == worth(two)

    def may_double(self, cards: list[str]) -> bool:
        """Whether two cards may be doubled: any, or hard totals in a range."""
        if self.rules["double"] == "any":
            return True
        low, high = (int(part) for part in self.rules["double"].split("-"))
        return not is_soft(cards) and low <= points(cards) <= high

    def play_dealer(self, hole: str | None) -> None:
        """The dealer's cards, as far as anything depends on them."""
        everybody = [hand for hands in self.hands for hand in hands]
        waiting = [hand for hand in everybody if points(hand.cards) <= 21 and hand.how in {"", "double"}]
        if hole is not None:
            self.dealer.append(hole)
        else:
            special = any(hand.how in {"blackjack", "surrender"} for hand in everybody) or any(self.insured)
            if waiting or (special and worth(self.dealer[0]) >= 10):
                self.dealer.append(self.draw())
        while waiting and (
            points(self.dealer) < 17
            or (points(self.dealer) == 17 and is_soft(self.dealer) and self.rules["dealer_hits_soft_17"])
        ):
            self.dealer.append(self.draw())

    def result(self) -> Json:
        """What everybody gets."""
        seats = []
        for index, seat in enumerate(self.seats):
            hands: list[dict[str, Any]] = []
            for hand in self.hands[index]:
                outcome, payout = self.outcome(self.hands[index], hand)
                hands.append({"cards": hand.cards, "bet": hand.bet, "outcome": outcome, "payout": payout})
            stake = self.insured[index]
            back = stake * 3 if blackjack(self.dealer) else 0
            net = sum(hand["payout"] - hand["bet"] for hand in hands) + back - stake
            insurance = {"bet": stake, "payout": back} if stake else None
            seats.append({"seat": seat["seat"], "hands": hands, "insurance": insurance, "net": net})
        dealer = {"cards": self.dealer, "total": points(self.dealer)}
        return {"dealer": dealer, "seats": seats, "cards_used": len(self.drawn)}

    def outcome(self, hands: list[Held], hand: Held) -> tuple[str, int]:
        """How one hand ends, and what comes back."""
        bet, mine, theirs = hand.bet, points(hand.cards), points(self.dealer)
        if mine > 21:
            return "lose", 0
        if len(hands) == 1 and blackjack(hand.cards):
            if blackjack(self.dealer):
                return "push", bet
            up, down = (int(part) for part in self.rules["blackjack_pays"].split(":"))
            return "blackjack", bet + bet * up // down
        if blackjack(self.dealer):
            return "lose", 0
        if hand.how == "surrender":
            return "surrender", bet // 2
        if theirs > 21 or mine > theirs:
            return "win", bet * 2
        return ("push", bet) if mine == theirs else ("lose", 0)


def judged(script: Json) -> Json:
    """What `replay` has to print for the script: the round's end, or `{"error": …}`."""
    actions: dict[int, Iterator[str]] = {seat["seat"]: iter(seat["actions"]) for seat in script["seats"]}
    try:
        result = Round(script, script["cards"], lambda asked: next(actions[asked.seat], None)).play()
    except Refusal as refusal:
        return {"error": refusal.error}
    for seat in sorted(actions):
        if next(actions[seat], None) is not None:
            return {"error": {"code": "incomplete_script", "seat": seat}}
    return result


def finished_shoes(rules: Json, used: int) -> list[int]:
    """Which shoes are finished after a round that drew so many cards and began with shoe 1.

    One that ran out is, and the last one is when its cut card came out.
    """
    size = 52 * int(rules["decks"])
    emptied = (used - 1) // size
    in_last = used - emptied * size
    before_cut = int(size * Fraction(str(rules["penetration"])))
    return [*range(1, emptied + 1), *([emptied + 1] if in_last >= before_cut else [])]
