"""The solver, which judges the charts, against published values."""

import pytest

from games.blackjack.rules import Rules
from games.blackjack.terms import Move
from tests.unit.games.solver import NO_CARDS, Dealer, Solver

ENDLESS = 1_000_000  # decks: as good as a shoe from which no card is ever gone


def solver(decks: int, up_card: int) -> Solver:
    """A dealer who peeks and stands on soft 17."""
    return Solver(Dealer(decks, up_card, hits_soft_17=False), peeks=True)


@pytest.mark.parametrize(
    ("decks", "cards", "up_card", "move", "expected"),
    [
        # Wizard of Odds, blackjack appendix 1: an endless shoe
        (ENDLESS, (6, 10), 10, Move.STAND, -0.540430),
        (ENDLESS, (6, 10), 10, Move.HIT, -0.539826),
        (ENDLESS, (5, 6), 10, Move.HIT, 0.119482),
        (ENDLESS, (5, 6), 10, Move.DOUBLE, 0.179689),
        # Wizard of Odds, Ask the Wizard 51
        (1, (5, 10), 10, Move.HIT, -0.501091),
        (1, (6, 9), 10, Move.HIT, -0.509827),
        (1, (7, 8), 10, Move.HIT, -0.474794),
        # Wizard of Odds, 2-deck strategy
        (2, (1, 7), 1, Move.HIT, -0.100359),
        (2, (1, 7), 1, Move.STAND, -0.100502),
    ],
)
def test_the_value_of_a_move_is_the_published_one(
    decks: int, cards: tuple[int, int], up_card: int, move: Move, expected: float
) -> None:
    assert expected == pytest.approx(solver(decks, up_card).values(*cards)[move], abs=1e-6)


def test_aces_split_in_an_endless_shoe_are_two_elevens_that_get_one_card() -> None:
    eleven = solver(ENDLESS, 10)
    assert eleven.values(5, 6)[Move.DOUBLE] == pytest.approx(eleven.split(Rules(), 1), abs=1e-5)


@pytest.mark.parametrize("up_card", range(1, 11))
def test_a_dealer_ends_somehow(up_card: int) -> None:
    for hits_soft_17 in (False, True):
        dealer = Dealer(1, up_card, hits_soft_17=hits_soft_17)
        assert sum(dealer.ends(NO_CARDS)) + dealer.natural(NO_CARDS) == pytest.approx(1)
