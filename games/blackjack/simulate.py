"""What a set of rules is worth: many rounds of one player by basic strategy, in the engine of live tables.

The shoes are shuffled as live ones are (`games.fairness`), from seeds that follow from the simulation's own
seed. Rounds come in blocks, each with shoes of its own, so the blocks may be played in any order and by any
number of processes: the same seed always gives the same figures.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from economy.money import Money
from games.blackjack.hand import TARGET
from games.blackjack.played import PlayedHand, PlayedSeat
from games.blackjack.round import Round
from games.blackjack.rules import Rules, cut_card
from games.blackjack.state import HoleCard
from games.blackjack.strategy import best_move
from games.blackjack.terms import HandStatus, Move, Outcome, Phase
from games.cards import Card
from games.fairness import shoe_order

BLOCK_ROUNDS: Final = 20_000
_BET: Final = Money(1_000)  # a multiple of ten: no odds of the rules have to be rounded
_TABLE_ID: Final = "simulation"
_RANKS: Final = 13


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a simulation: `rounds` on the shoes that follow from `seed` and `number`."""

    seed: str
    number: int
    rounds: int


class Tally(msgspec.Struct, kw_only=True):
    """Counts of played rounds, which add up exactly in any order; `net` and its squares in cents."""

    rounds: int = 0
    net: int = 0
    net_squared: int = 0
    win: int = 0
    lose: int = 0
    blackjack: int = 0
    surrender: int = 0
    doubles: int = 0
    hands: int = 0
    dealer_played: int = 0
    dealer_bust: int = 0

    def add(self, other: "Tally") -> None:
        """Count the other's rounds too."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What the rounds of a simulation came to.

    Per initial bet: `ev`, `house_edge`, `standard_error`, `standard_deviation`. Shares of rounds by their
    net: `win`, `lose`, `push`. Per round: `blackjack` (all of the player's naturals), `surrender`, `doubles`,
    `splits`, `hands`. A share of the rounds in which the dealer played: `dealer_bust`.
    """

    rounds: int
    ev: float
    standard_error: float
    house_edge: float
    win: float
    lose: float
    push: float
    blackjack: float
    surrender: float
    doubles: float
    splits: float
    hands: float
    dealer_bust: float
    standard_deviation: float


def blocks(seed: str, rounds: int) -> Iterator[Block]:
    """The parts of a simulation of so many rounds."""
    for number, start in enumerate(range(0, rounds, BLOCK_ROUNDS)):
        yield Block(seed=seed, number=number, rounds=min(BLOCK_ROUNDS, rounds - start))


def play_block(rules: Rules, block: Block) -> Tally:
    """Play a block's rounds."""
    tally = Tally()
    shoe = SimulatedShoe(rules, block)
    player = _Player(rules)
    for _ in range(block.rounds):
        shoe.begin_round()
        seat = PlayedSeat(1, "", _BET, None, [])
        round_ = Round(rules, shoe, [seat])
        round_.deal()
        player.play(round_)
        _count(tally, round_, seat)
    return tally


def worth(tally: Tally) -> Worth:
    """The figures of a tally of at least one round."""
    rounds = tally.rounds
    ev = tally.net / (rounds * _BET)
    variance = max(tally.net_squared / (rounds * _BET * _BET) - ev * ev, 0.0)
    return Worth(
        rounds=rounds,
        ev=ev,
        standard_error=math.sqrt(variance / rounds),
        house_edge=-ev,
        win=tally.win / rounds,
        lose=tally.lose / rounds,
        push=(rounds - tally.win - tally.lose) / rounds,
        blackjack=tally.blackjack / rounds,
        surrender=tally.surrender / rounds,
        doubles=tally.doubles / rounds,
        splits=(tally.hands - rounds) / rounds,
        hands=tally.hands / rounds,
        dealer_bust=tally.dealer_bust / tally.dealer_played if tally.dealer_played else 0.0,
        standard_deviation=math.sqrt(variance),
    )


class SimulatedShoe:
    """Deals a block's shoes one after the other: a `Shoe` for rounds."""

    __slots__ = ("_cut", "_decks", "_hole_card", "_order", "_seed", "number", "position")

    hole: HoleCard | None = None  # nobody is told where it lies

    def __init__(self, rules: Rules, block: Block) -> None:
        self._seed = hashlib.sha256(f"{block.seed}/{block.number}".encode()).digest()
        self._decks = rules.decks
        self._cut = cut_card(rules, rules.decks)
        self.number = 0
        self.position = 0
        self._order: Sequence[Card] = ()
        self._hole_card: Card | None = None
        self._begin_shoe()

    def begin_round(self) -> None:
        """Bring the next shoe if the cut card came out."""
        if self.position >= self._cut:
            self._begin_shoe()

    def draw(self) -> Card:
        """The next card; a shoe that has run out is followed by the next one."""
        position = self.position
        if position == len(self._order):
            self._begin_shoe()
            position = 0
        self.position = position + 1
        return self._order[position]

    def lay_hole_card(self) -> None:
        """Draw the next card and keep it hidden."""
        self._hole_card = self.draw()

    def hole_card(self) -> Card:
        """The hidden card."""
        if self._hole_card is None:
            raise ValueError("there is no hole card")
        return self._hole_card

    def _begin_shoe(self) -> None:
        self.number += 1
        self.position = 0
        self._order = shoe_order(self._seed, (), _TABLE_ID, self.number, self._decks)


class _Player:
    """Plays basic strategy, and remembers every call: it depends on few things only."""

    __slots__ = ("_of_more", "_of_two", "_rules")

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._of_two: dict[tuple[int, int, int, int], Move] = {}
        self._of_more: dict[tuple[int, int], Move] = {}

    def play(self, round_: Round) -> None:
        """Play the round of one seat to its end; insurance is declined."""
        if round_.phase is Phase.INSURANCE:
            round_.decline_unanswered()
        settled = Phase.SETTLED
        hands = round_.seat.hands
        up_rank = round_.dealer[0] % _RANKS
        while round_.phase is not settled:
            round_.play(self._call(round_, hands[round_.index], len(hands), up_rank))

    def _call(self, round_: Round, hand: PlayedHand, hands: int, up_rank: int) -> Move:
        cards = hand.cards
        if len(cards) == 2:
            pair = (cards[0] % _RANKS, cards[1] % _RANKS, hands, up_rank)
            return self._of_two.get(pair) or self._of_two.setdefault(pair, self._best(round_, cards))
        more = (hand.weight, up_rank)
        return self._of_more.get(more) or self._of_more.setdefault(more, self._best(round_, cards))

    def _best(self, round_: Round, cards: list[Card]) -> Move:
        return best_move(self._rules, cards, round_.dealer[0], round_.moves)


def _count(tally: Tally, round_: Round, seat: PlayedSeat) -> None:
    net = 0
    for hand in seat.hands:
        net += hand.payout - hand.bet
        tally.doubles += hand.doubled
        tally.blackjack += hand.status is HandStatus.BLACKJACK
        tally.surrender += hand.outcome is Outcome.SURRENDER
    tally.rounds += 1
    tally.hands += len(seat.hands)
    tally.net += net
    tally.net_squared += net * net
    tally.win += net > 0
    tally.lose += net < 0
    if round_.has_dealer_played:
        tally.dealer_played += 1
        tally.dealer_bust += round_.end.total > TARGET
