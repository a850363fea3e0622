"""What a hand of cards counts."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from games.cards import RANK, VALUE, Card

TARGET: Final = 21
_IS_ACE: Final = tuple(rank == "A" for rank in RANK)


class Score(NamedTuple):
    """A hand's total, and whether an ace in it counts 11."""

    total: int
    soft: bool


def score(cards: Sequence[Card]) -> Score:
    """The best total: one ace counts 11 where that does not go over 21. No cards count 0."""
    total = 0
    has_ace = False
    for card in cards:
        total += VALUE[card]
        has_ace = has_ace or _IS_ACE[card]
    if has_ace and total + 10 <= TARGET:
        return Score(total + 10, soft=True)
    return Score(total, soft=False)


def is_natural(cards: Sequence[Card]) -> bool:
    """An ace and a ten as the first two cards; whether they come from a split is for the caller to know."""
    return len(cards) == 2 and score(cards).total == TARGET


def is_ace(card: Card) -> bool:
    """Whether the card is an ace."""
    return _IS_ACE[card]


def can_hide_natural(up_card: Card) -> bool:
    """Whether a dealer who shows this card may have a natural: an ace or a ten is up."""
    return _IS_ACE[up_card] or VALUE[up_card] == 10
