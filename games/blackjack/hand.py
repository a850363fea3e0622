"""What a hand of cards counts.

A hand's *weight* is the sum of its cards' weights: the points with every ace as 1, plus 64 for each ace.
Totals are looked up by weight, so a hand that draws a card needs one addition and one look-up.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from games.cards import RANK, VALUE, Card

TARGET: Final = 21
_ACE: Final = 64
_IS_ACE: Final = tuple(rank == "A" for rank in RANK)

WEIGHT: Final = tuple(points + _ACE * is_ace for points, is_ace in zip(VALUE, _IS_ACE, strict=True))
"""What a card adds to the weight of its hand."""


class Score(NamedTuple):
    """A hand's total, and whether an ace in it counts 11."""

    total: int
    soft: bool


def _score_of(weight: int) -> Score:
    aces, points = divmod(weight, _ACE)
    if aces and points + 10 <= TARGET:
        return Score(points + 10, soft=True)
    return Score(points, soft=False)


SCORE: Final = tuple(_score_of(weight) for weight in range(_ACE * (TARGET + 2)))
"""Scores by weight, of every hand that 21 points or less can become by one card more."""
TOTAL: Final = tuple(total for total, _ in SCORE)
"""Totals by weight."""
NATURAL: Final = frozenset({_ACE + 11})
"""The weight of an ace and a ten."""


def score(cards: Sequence[Card]) -> Score:
    """The best total: one ace counts 11 where that does not go over 21. No cards count 0."""
    return SCORE[sum([WEIGHT[card] for card in cards])]


def is_natural(cards: Sequence[Card]) -> bool:
    """An ace and a ten as the first two cards; whether they come from a split is for the caller to know."""
    return len(cards) == 2 and score(cards).total == TARGET


def is_ace(card: Card) -> bool:
    """Whether the card is an ace."""
    return _IS_ACE[card]


def can_hide_natural(up_card: Card) -> bool:
    """Whether a dealer who shows this card may have a natural: an ace or a ten is up."""
    return _IS_ACE[up_card] or VALUE[up_card] == 10
