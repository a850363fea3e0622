"""Basic strategy: the best move for a hand when nothing is known but its cards and the dealer's up card.

The calls come from the charts. What a natural pays, insurance (never worth taking), by what a pair goes and
where the cut card lies change none of them.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from games.blackjack.charts import chart_for
from games.blackjack.hand import score
from games.blackjack.rules import Rules
from games.blackjack.terms import Move
from games.cards import VALUE, Card

Wanted = tuple[Move, ...]
"""Moves from the best on; the last one is always legal."""

_MOST_RULES: Final = 256
_HARD_TOTALS: Final = range(4, 22)
_SOFT_TOTALS: Final = range(12, 22)
_PAIRS: Final = range(1, 11)
_HIT_BELOW: Final = 8

_H: Final = (Move.HIT, Move.STAND)
_S: Final = (Move.STAND,)
_BY_TOTAL: Final = {
    "H": _H,
    "S": _S,
    "D": (Move.DOUBLE, *_H),
    "d": (Move.DOUBLE, *_S),
    "R": (Move.SURRENDER, *_H),
    "r": (Move.SURRENDER, *_S),
}


class Strategy:
    """The chart for one set of rules, as a table of small numbers."""

    __slots__ = ("_hard", "_pairs", "_soft")

    def __init__(self, rules: Rules) -> None:
        chart = chart_for(decks=rules.decks, hits_soft_17=rules.dealer_hits_soft_17, peeks=rules.dealer_peeks)
        self._hard = {total: _row(_hard_row(chart.hard, total)) for total in _HARD_TOTALS}
        self._soft = {total: _row(chart.soft.get(total, "SSSSSSSSSS")) for total in _SOFT_TOTALS}
        by_pair = _by_pair(rules)
        self._pairs = {value: self._pair_row(chart.pairs.get(value), by_pair, value) for value in _PAIRS}

    def choose(
        self,
        total: int,
        soft: bool,  # noqa: FBT001 - half of a score
        pair: int,
        up_card: int,
        moves: Sequence[Move],
    ) -> Move:
        """The best of the legal `moves` for a hand; depends on these arguments only.

        `pair` is what one of two equal cards counts (1 an ace), 0 where the hand is none; `up_card` counts
        1 to 10. A pair that may not be split is played by its total; insurance is declined.
        """
        if Move.DECLINE_INSURANCE in moves:
            return Move.DECLINE_INSURANCE
        if pair and Move.SPLIT in moves:
            wanted = self._pairs[pair][up_card]
        else:
            wanted = (self._soft if soft else self._hard)[total][up_card]
        return next(move for move in wanted if move in moves)

    def _pair_row(self, calls: str | None, by_pair: Mapping[str, Wanted], value: int) -> tuple[Wanted, ...]:
        by_total = self._soft[_SOFT_TOTALS[0]] if value == 1 else self._hard[2 * value]
        if calls is None:
            return by_total
        columns = zip(_from_ace(calls), by_total[1:], strict=True)
        return ((), *(by_pair[call] + otherwise for call, otherwise in columns))


@lru_cache(maxsize=_MOST_RULES)
def strategy_for(rules: Rules) -> Strategy:
    """Basic strategy under these rules."""
    return Strategy(rules)


def best_move(rules: Rules, cards: Sequence[Card], up_card: Card, moves: Sequence[Move]) -> Move:
    """The basic-strategy move among the legal `moves` (not empty). Insurance is always declined."""
    total, soft = score(cards)
    pair = VALUE[cards[0]] if Move.SPLIT in moves else 0
    return strategy_for(rules).choose(total, soft, pair, VALUE[up_card], moves)


def _by_pair(rules: Rules) -> dict[str, Wanted]:
    """What the letters mean for a pair; what is not legal then goes by the total."""
    split = (Move.SPLIT,)
    surrender = (Move.SURRENDER, *split)
    return {
        **_BY_TOTAL,
        "P": split,
        "p": split if rules.double_after_split else (),
        "a": split if rules.hit_split_aces else (Move.HIT, *split),
        "Q": surrender,
        "q": split if rules.double_after_split else surrender,
    }


def _hard_row(rows: Mapping[int, str], total: int) -> str:
    return rows.get(total) or ("HHHHHHHHHH" if total < _HIT_BELOW else "SSSSSSSSSS")


def _row(calls: str) -> tuple[Wanted, ...]:
    """A row of the chart, looked up by what the up card counts."""
    return ((), *(_BY_TOTAL[call] for call in _from_ace(calls)))


def _from_ace(calls: str) -> str:
    return calls[-1] + calls[:-1]
