"""A shoe's cards: their number, their order from a stream of numbers, and who knows that order.

The rules never shuffle and never draw by chance. They ask a `Dealer`, whose live form derives a shoe's
order from the seeds behind its commitment and whose scripted form reads the cards from a list.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from games.cards import DECK, DECK_SIZE, Card

_WORD_VALUES: Final = 2**32


class Dealer(Protocol):
    """Who knows what the table must not know yet: the order of the shoes, and names nobody could guess."""

    def order(self, shoe_number: int, client_seeds: tuple[str, ...], decks: int) -> Sequence[Card]:
        """All cards of a shoe in drawing order.

        Asked only for shoes that the round in play has drawn from, the shoe in play, and the one after it.
        """
        ...

    def commitment(self, shoe_number: int) -> str:
        """The commitment (hex) of a shoe prepared now: the one after the next, when a shoe starts."""
        ...

    def round_id(self) -> str:
        """A round id that was never given before."""
        ...


class ScriptedDealer:
    """Deals the given cards in drawing order, through as many shoes as they fill; names are counted."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self._cards = tuple(cards)
        self._rounds = 0

    def order(self, shoe_number: int, client_seeds: tuple[str, ...], decks: int) -> Sequence[Card]:
        """The part of the script that falls into this shoe; shorter than a shoe where the script ends."""
        del client_seeds
        size = shoe_size(decks)
        return self._cards[(shoe_number - 1) * size : shoe_number * size]

    def commitment(self, shoe_number: int) -> str:
        """A stand-in that names the shoe: a script hides nothing."""
        return f"{shoe_number:064x}"

    def round_id(self) -> str:
        """`round-1`, `round-2` and so on."""
        self._rounds += 1
        return f"round-{self._rounds}"


def shoe_size(decks: int) -> int:
    """How many cards a shoe of so many decks holds."""
    return decks * DECK_SIZE


def unshuffled(decks: int) -> list[Card]:
    """The decks one after the other, each in the order of the card numbers."""
    return list(DECK) * decks


def shuffled(decks: int, words: Iterator[int]) -> tuple[Card, ...]:
    """Fisher–Yates from the last place to the second, on numbers of 32 bits each.

    For place `i` a number below `i + 1` is needed: words at or above the largest multiple of `i + 1` that
    fits in 2**32 are thrown away, so every place is equally likely (rejection sampling), and the rest
    modulo `i + 1` is taken.
    """
    cards = unshuffled(decks)
    for last in range(len(cards) - 1, 0, -1):
        choices = last + 1
        limit = _WORD_VALUES - _WORD_VALUES % choices
        word = next(words)
        while word >= limit:
            word = next(words)
        chosen = word % choices
        cards[last], cards[chosen] = cards[chosen], cards[last]
    return tuple(cards)
