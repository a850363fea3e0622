"""Every cell of the charts of basic strategy against the solver, for every number of decks and every rule.

A call that is not the best must be here with its reason, and may cost next to nothing.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

import pytest

from games.blackjack.rules import DoubleOn, Rules, Surrender
from games.blackjack.terms import Move
from tests.unit.games.calls import Shoe, exceptions, shortfalls

# ruff: noqa: SIM300 - expected stands before actual

MOST_COST: Final = 0.003
"""Of a bet; what is closer is a matter of the very cards, and of what a chart has to say with one word."""

ONE_DECK_H17: Final = {"6+2 v 6": Move.HIT, "7+5 v 3": Move.STAND, "8+4 v 3": Move.STAND, "T+2 v 4": Move.HIT}
"""Wizard of Odds, blackjack appendix 3C: hands of two cards that are better played against the chart."""

CLOSE: Final[Mapping[tuple[int, bool], set[str]]] = {
    # Worth splitting only as a nine may be doubled after it; with 10-11 it may not (0.0013).
    (1, False): {"pair of 4 v 4"},
    # Published: best with two cards (0.0001), but soft 18 of any number of cards better stands.
    (2, False): {"soft 18 v A"},
    # Published: surrender without doubling after a split; as good as splitting up to four times (0.0002).
    (2, True): {"pair of 8 v A"},
    # Three decks go by the chart of four (0.0002).
    (3, False): {"hard 16 v 9"},
    (3, True): {"hard 16 v 9"},
    # As with one deck (0.0008).
    (8, False): {"pair of 4 v 5"},
}
"""Cells whose call is not the best under some rules, by decks and the dealer's soft 17 hit; and the cost."""

BOTH: Final = (False, True)


def every_rule() -> Iterator[Rules]:
    """All that may change a call but the number of decks and the dealer's soft 17."""
    for peeks, double, after_split, hands, resplits, hits, surrender in product(
        BOTH, DoubleOn, BOTH, (2, 3, 4), BOTH, BOTH, Surrender
    ):
        yield Rules(
            dealer_peeks=peeks,
            double=double,
            double_after_split=after_split,
            max_hands=hands,
            resplit_aces=resplits,
            hit_split_aces=hits,
            surrender=surrender,
        )


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("hits_soft_17", BOTH)
@pytest.mark.parametrize("decks", range(1, 9))
def test_every_call_is_the_best_or_known_to_be_close(decks: int, *, hits_soft_17: bool) -> None:
    shoe = Shoe(decks, hits_soft_17=hits_soft_17)
    found: dict[str, float] = {}
    for rules in every_rule():
        for cell, shortfall in shortfalls(shoe, rules).items():
            found[cell] = max(shortfall.cost, found.get(cell, 0.0))
    assert CLOSE.get((decks, hits_soft_17), set()) == set(found)
    assert max(found.values(), default=0.0) < MOST_COST


def test_hands_of_two_cards_are_exceptions_where_they_are_published_as_such() -> None:
    shoe = Shoe(1, hits_soft_17=True)
    assert ONE_DECK_H17 == exceptions(shoe, Rules(surrender=Surrender.NONE))
