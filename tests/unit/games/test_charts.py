"""The charts against the solver, as far as seconds go; the soak tests compare every cell under every rule."""

from functools import cache

import pytest

from games.blackjack.rules import Rules, Surrender
from games.blackjack.terms import Move
from tests.unit.games.calls import Shoe, exceptions, shortfalls

# ruff: noqa: SIM300 - expected stands before actual

HIT, STAND = Move.HIT, Move.STAND

ONE_DECK_S17 = {
    "6+2 v 5": HIT,
    "6+2 v 6": HIT,
    "7+5 v 3": STAND,
    "8+4 v 3": STAND,
    "T+2 v 4": HIT,
    "T+2 v 6": HIT,
    "T+3 v 2": HIT,
}
"""Wizard of Odds, blackjack appendix 3A: hands of two cards that are better played against the chart."""
TWO_DECKS_S17 = {"9+2 v A": HIT, "8+3 v A": HIT, "T+2 v 4": HIT, "7+A v A": HIT}
"""Appendix 3B, and the 2-deck strategy's remark on the last: soft 18 of any number of cards better stands."""


@cache
def shoe(decks: int) -> Shoe:
    """A shoe of a dealer who stands on soft 17."""
    return Shoe(decks, hits_soft_17=False)


@pytest.mark.parametrize(("decks", "expected"), [(1, ONE_DECK_S17), (2, TWO_DECKS_S17)])
def test_hands_of_two_cards_are_exceptions_where_they_are_published_as_such(
    decks: int, expected: dict[str, Move]
) -> None:
    assert expected == exceptions(shoe(decks), Rules(surrender=Surrender.NONE))


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(surrender=Surrender.NONE),
        Rules(dealer_peeks=False),
        Rules(dealer_peeks=False, surrender=Surrender.NONE),
    ],
)
def test_every_total_of_one_deck_is_played_in_the_best_way(rules: Rules) -> None:
    assert {} == shortfalls(shoe(1), rules, pairs=False)


@pytest.mark.parametrize("decks", [1, 6])
@pytest.mark.parametrize(
    "rules",
    [
        Rules(max_hands=2),
        Rules(max_hands=2, double_after_split=False),
        Rules(max_hands=2, dealer_peeks=False),
        Rules(max_hands=2, dealer_peeks=False, hit_split_aces=True),
    ],
)
def test_against_a_ten_or_an_ace_pairs_too_are_played_in_the_best_way(decks: int, rules: Rules) -> None:
    assert {} == shortfalls(shoe(decks), rules, (10, 1))
