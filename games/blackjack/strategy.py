"""Basic strategy: the best move for a hand when nothing is known but its cards and the dealer's up card.

Source: Michael Shackleford, Wizard of Odds, "4-Deck to 8-Deck Blackjack Strategy" (dealer stands and dealer
hits on soft 17), with his rules for tables where the dealer does not peek. Fewer decks change a few close
calls only.

Rows are by the player's total, pair or soft total, columns by the up card from 2 to ace. H hit, S stand, D
double or else hit, d double or else stand, P split, p split if doubling after a split is allowed, R
surrender or else hit, r surrender or else stand, Q surrender or else split. A move that the rules do not
offer falls through to the hand's total.
"""

from collections.abc import Sequence
from typing import Final

from games.blackjack.hand import score
from games.blackjack.rules import Rules
from games.blackjack.terms import Move
from games.cards import VALUE, Card

_HARD: Final = {
    #    23456789TA
    9: "HDDDDHHHHH",
    10: "DDDDDDDDHH",
    11: "DDDDDDDDDH",
    12: "HHSSSHHHHH",
    13: "SSSSSHHHHH",
    14: "SSSSSHHHHH",
    15: "SSSSSHHHRH",
    16: "SSSSSHHRRR",
    17: "SSSSSSSSSS",
}
_SOFT: Final = {
    #    23456789TA
    12: "HHHHHHHHHH",
    13: "HHHDDHHHHH",
    14: "HHHDDHHHHH",
    15: "HHDDDHHHHH",
    16: "HHDDDHHHHH",
    17: "HDDDDHHHHH",
    18: "SddddSSHHH",
    19: "SSSSSSSSSS",
    20: "SSSSSSSSSS",
}
_PAIR: Final = {
    #   23456789TA
    1: "PPPPPPPPPP",
    2: "ppPPPPHHHH",
    3: "ppPPPPHHHH",
    4: "HHHppHHHHH",
    6: "pPPPPHHHHH",
    7: "PPPPPPHHHH",
    8: "PPPPPPPPPP",
    9: "PPPPPSPPSS",
}
_HARD_H17: Final = {11: "DDDDDDDDDD", 15: "SSSSSHHHRR", 17: "SSSSSSSSSr"}
_SOFT_H17: Final = {18: "dddddSSHHH", 19: "SSSSdSSSSS"}
_PAIR_H17: Final = {8: "PPPPPPPPPQ"}
_HARD_NO_PEEK: Final = {11: "DDDDDDDDHH"}
_PAIR_NO_PEEK: Final = {1: "PPPPPPPPPH", 8: "PPPPPPPPHH"}

_MOVES: Final = {
    "H": (Move.HIT,),
    "S": (Move.STAND,),
    "D": (Move.DOUBLE, Move.HIT),
    "d": (Move.DOUBLE, Move.STAND),
    "R": (Move.SURRENDER, Move.HIT),
    "r": (Move.SURRENDER, Move.STAND),
}


def best_move(rules: Rules, cards: Sequence[Card], up_card: Card, moves: Sequence[Move]) -> Move:
    """The basic-strategy move among the legal `moves` (not empty). Insurance is always declined."""
    if Move.DECLINE_INSURANCE in moves:
        return Move.DECLINE_INSURANCE
    column = (VALUE[up_card] - 2) % 10
    if Move.SPLIT in moves:
        split = _on_pair(rules, cards, column, moves)
        if split is not None:
            return split
    wanted = _MOVES[_on_total(rules, cards, column)]
    return next((move for move in wanted if move in moves), Move.STAND)


def _on_pair(rules: Rules, cards: Sequence[Card], column: int, moves: Sequence[Move]) -> Move | None:
    """The move for a pair, or None where it is played by its total."""
    value = VALUE[cards[0]]
    row = _PAIR.get(value)
    if rules.dealer_hits_soft_17:
        row = _PAIR_H17.get(value, row)
    if not rules.dealer_peeks:
        row = _PAIR_NO_PEEK.get(value, row)
    call = row[column] if row else ""
    if call == "Q" and Move.SURRENDER in moves:
        return Move.SURRENDER
    is_split = call in {"P", "Q"} or (call == "p" and rules.double_after_split)
    return Move.SPLIT if is_split else None


def _on_total(rules: Rules, cards: Sequence[Card], column: int) -> str:
    total, soft = score(cards)
    if soft:
        key = min(total, 20)
        row = _SOFT[key]
        if rules.dealer_hits_soft_17:
            row = _SOFT_H17.get(key, row)
        return row[column]
    key = min(total, 17)
    row = _HARD.get(key, "HHHHHHHHHH")
    if rules.dealer_hits_soft_17 and total <= 17:
        row = _HARD_H17.get(key, row)
    if not rules.dealer_peeks:
        row = _HARD_NO_PEEK.get(key, row)
    return row[column]
