"""The calls of basic strategy beside what the solver says."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from games.blackjack.moves import legal_by
from games.blackjack.rules import Rules
from games.blackjack.strategy import best_move
from games.blackjack.terms import Move
from games.cards import RANKS, Card
from tests.unit.games.solver import VALUES, Dealer, Solver, holding, total_of

Hand = tuple[int, int]
"""Two cards by what they count, an ace 1, the lower first."""

UP_CARDS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 10, 1)
_NATURAL: Final = (1, 10)
_SUIT: Final = len(RANKS)


class Shortfall(NamedTuple):
    """A call that is not the best, and how much of a bet it costs."""

    called: Move
    best: Move
    cost: float


class Shoe:
    """Solvers for so many decks and one way to play the dealer's soft 17."""

    def __init__(self, decks: int, *, hits_soft_17: bool) -> None:
        self._rules = {"decks": decks, "dealer_hits_soft_17": hits_soft_17}
        self._dealers = {up: Dealer(decks, up, hits_soft_17=hits_soft_17) for up in UP_CARDS}
        self._solvers: dict[tuple[int, bool], Solver] = {}

    def rules(self, rules: Rules) -> Rules:
        """These rules for this shoe."""
        return msgspec.structs.replace(rules, **self._rules)

    def solver(self, up_card: int, rules: Rules) -> Solver:
        """What is worth what against an up card."""
        key = (up_card, rules.dealer_peeks)
        if key not in self._solvers:
            self._solvers[key] = Solver(self._dealers[up_card], peeks=rules.dealer_peeks)
        return self._solvers[key]


def shortfalls(
    shoe: Shoe, rules: Rules, up_cards: Iterable[int] = UP_CARDS, *, pairs: bool = True
) -> dict[str, Shortfall]:
    """Every cell of the chart whose call is not the best for all its two-card hands together."""
    rules = shoe.rules(rules)
    found = {}
    for up_card in up_cards:
        solver = shoe.solver(up_card, rules)
        for row, hands in _rows().items():
            if pairs or not row.startswith("pair"):
                fault = _shortfall(rules, hands[0], up_card, _values(solver, rules, hands))
                if fault:
                    found[f"{row} v {_name(up_card)}"] = fault
    return found


def exceptions(shoe: Shoe, rules: Rules, up_cards: Iterable[int] = UP_CARDS) -> dict[str, Move]:
    """What is best for each hand of two different cards where that is not what its total calls for."""
    rules = shoe.rules(rules)
    found = {}
    for up_card in up_cards:
        solver = shoe.solver(up_card, rules)
        for hand in _first_hands():
            if hand[0] != hand[1]:
                fault = _shortfall(rules, hand, up_card, _values(solver, rules, [hand]))
                if fault:
                    found[f"{_name(hand[1])}+{_name(hand[0])} v {_name(up_card)}"] = fault.best
    return found


def call(rules: Rules, hand: Hand, up_card: int, hands: int = 1) -> Move:
    """The call for two cards, one of so many hands of the seat, among the moves that are legal then."""
    cards = _cards(hand)
    return best_move(rules, cards, _card(up_card), legal_by(rules).of(cards, hands))


def _shortfall(rules: Rules, hand: Hand, up_card: int, values: dict[Move, float]) -> Shortfall | None:
    legal = {move: values[move] for move in legal_by(rules).of(_cards(hand), 1)}
    best = max(legal, key=legal.__getitem__)
    called = call(rules, hand, up_card)
    return None if called is best else Shortfall(called, best, legal[best] - legal[called])


def _values(solver: Solver, rules: Rules, hands: Sequence[Hand]) -> dict[Move, float]:
    """What each move is worth on average over these hands, as often as they come."""
    chances = [solver.chance(*hand) for hand in hands]
    values = {
        move: sum(chance * solver.values(*hand)[move] for chance, hand in zip(chances, hands, strict=True))
        / sum(chances)
        for move in (Move.STAND, Move.HIT, Move.DOUBLE, Move.SURRENDER)
    }
    first, second = hands[0]
    return {**values, Move.SPLIT: solver.split(rules, first)} if first == second else values


@lru_cache(maxsize=1)
def _rows() -> dict[str, list[Hand]]:
    """The rows of a chart and the hands of two cards that are played by them."""
    rows: dict[str, list[Hand]] = defaultdict(list)
    for first, second in _first_hands():
        total, soft = total_of(holding(first, second))
        is_pair = first == second
        row = f"pair of {_name(first)}" if is_pair else f"{'soft' if soft else 'hard'} {total}"
        rows[row].append((first, second))
    return rows


def _first_hands() -> Iterator[Hand]:
    for first in VALUES:
        for second in range(first, 11):
            if (first, second) != _NATURAL:
                yield first, second


def _cards(hand: Hand) -> tuple[Card, Card]:
    return _card(hand[0]), Card(_SUIT + _card(hand[1]))


def _card(value: int) -> Card:
    """The card of the first suit that counts so much."""
    return Card(value - 1)


def _name(value: int) -> str:
    return RANKS[value - 1]
