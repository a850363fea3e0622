"""Cards as small numbers, with their text form and their values.

A card is `13 * suit + rank`, ranks in the order `A23456789TJQK`, suits in the order `SHDC`.
"""

from collections.abc import Iterable
from typing import Final, NewType

Card = NewType("Card", int)

RANKS: Final = "A23456789TJQK"
SUITS: Final = "SHDC"
DECK_SIZE: Final = 52
HIDDEN: Final = "??"
"""How a card that is not public is written."""

DECK: Final = tuple(Card(number) for number in range(DECK_SIZE))
RANK: Final = tuple(RANKS[card % 13] for card in DECK)
SUIT: Final = tuple(SUITS[card // 13] for card in DECK)
TEXT: Final = tuple(RANK[card] + SUIT[card] for card in DECK)
VALUE: Final = tuple(min(card % 13 + 1, 10) for card in DECK)
"""Points by card; an ace counts 1 here, what makes it 11 is the hand's business."""

_CARD_OF_TEXT: Final = {text: card for card, text in zip(DECK, TEXT, strict=True)}


class CardError(ValueError):
    """A card is written as a rank of A23456789TJQK and a suit of SHDC."""


def parse_card(text: str) -> Card:
    """Read a card's two characters; raises `CardError`."""
    try:
        return _CARD_OF_TEXT[text]
    except KeyError:
        raise CardError(f"not a card: {text!r}") from None


def parse_cards(text: str) -> tuple[Card, ...]:
    """Read cards that are separated by blanks; raises `CardError`."""
    return tuple(parse_card(word) for word in text.split())


def card_texts(cards: Iterable[Card]) -> tuple[str, ...]:
    """Write cards as two characters each."""
    return tuple(TEXT[card] for card in cards)
