"""Cards, totals, moves and money as people at a table say them."""

from collections.abc import Iterable, Sequence
from typing import Final

from games.blackjack.hand import score
from games.blackjack.rules import BlackjackPays, Rules
from games.blackjack.terms import Move
from games.cards import RANK, SUIT, Card

_RANKS: Final = {
    "A": "ace",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7": "seven",
    "8": "eight",
    "9": "nine",
    "T": "ten",
    "J": "jack",
    "Q": "queen",
    "K": "king",
}
_SUITS: Final = {"S": "spades", "H": "hearts", "D": "diamonds", "C": "clubs"}
_MOVES: Final = {
    Move.HIT: "hit",
    Move.STAND: "stand",
    Move.DOUBLE: "double",
    Move.SPLIT: "split",
    Move.SURRENDER: "surrender",
    Move.INSURE: "insure",
    Move.DECLINE_INSURANCE: "decline insurance",
}
_PAYS: Final = {
    BlackjackPays.THREE_TO_TWO: "3 to 2",
    BlackjackPays.SIX_TO_FIVE: "6 to 5",
    BlackjackPays.ONE_TO_ONE: "even money",
}
_ORDINALS: Final = ("first", "second", "third", "fourth")


def card_in_words(card: Card) -> str:
    """`the nine of hearts`."""
    return f"the {rank_in_words(card)} of {_SUITS[SUIT[card]]}"


def rank_in_words(card: Card) -> str:
    """`nine`."""
    return _RANKS[RANK[card]]


def total_in_words(cards: Sequence[Card]) -> str:
    """`17`, or `soft 17` where an ace counts 11."""
    total, soft = score(cards)
    return f"soft {total}" if soft else str(total)


def cents_in_words(amount: int) -> str:
    """Whole cents as an amount: 123456 is `1,234.56`."""
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole:,}.{rest:02}"


def move_in_words(move: Move) -> str:
    """`decline insurance`."""
    return _MOVES[move]


def moves_in_words(moves: Iterable[Move]) -> str:
    """`hit, stand or double`."""
    *most, last = [_MOVES[move] for move in moves]
    return f"{', '.join(most)} or {last}" if most else last


def hand_in_words(index: int) -> str:
    """A seat's hand by its index (from 0): `first hand`."""
    return f"{_ORDINALS[index]} hand" if 0 <= index < len(_ORDINALS) else f"hand number {index + 1}"


def pays_in_words(rules: Rules) -> str:
    """What a blackjack pays: `3 to 2`."""
    return _PAYS[rules.blackjack_pays]


def rules_in_words(rules: Rules) -> str:
    """The rules that the story of a round is about, in one sentence."""
    decks = "One deck" if rules.decks == 1 else f"{rules.decks} decks"
    soft_17 = "hits" if rules.dealer_hits_soft_17 else "stands on"
    hole_card = "" if rules.dealer_peeks else ", no hole card"
    return f"{decks}, dealer {soft_17} soft 17, blackjack pays {pays_in_words(rules)}{hole_card}."
