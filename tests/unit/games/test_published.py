"""Published house edges: found for the rules that they were computed for, and for no others."""

import pytest

from games.blackjack.published import published_edge
from games.blackjack.rules import Rules, parse_rules

# Keys of the rules, with surrender off besides, and the player's side in percent, as the sources print it.
NAIRN: list[tuple[dict[str, object], float]] = [
    ({"decks": 1, "double_after_split": False, "max_hands": 2}, -0.02827),
    ({"decks": 1}, 0.12948),
    ({"decks": 1, "resplit_aces": True}, 0.16067),
    ({"decks": 1, "dealer_hits_soft_17": True, "double": "10-11"}, -0.36441),
    ({"decks": 2, "double": "10-11", "double_after_split": False}, -0.55964),
    ({"decks": 2, "dealer_hits_soft_17": True, "resplit_aces": True}, -0.35957),
]
APPENDIX_9: list[tuple[dict[str, object], float]] = [
    ({"decks": 5}, -0.3804),
    ({"decks": 5, "dealer_hits_soft_17": True, "double_after_split": False}, -0.7366),
    ({"decks": 6, "dealer_hits_soft_17": True, "dealer_peeks": False}, -0.72705),
    ({"decks": 8, "dealer_hits_soft_17": True, "dealer_peeks": False, "double_after_split": False}, -0.89865),
]


def rules(keys: dict[str, object]) -> Rules:
    """The rules with surrender off, and these keys."""
    return parse_rules({"surrender": "none", **keys})


@pytest.mark.parametrize(("keys", "player"), NAIRN + APPENDIX_9)
def test_a_computed_game_has_its_published_edge(keys: dict[str, object], player: float) -> None:
    edge = published_edge(rules(keys))

    assert edge is not None
    assert edge.house_edge == pytest.approx(-player / 100, abs=1e-7)
    assert not edge.is_estimate


def test_other_games_are_the_sum_of_their_rules_effects() -> None:
    edge = published_edge(Rules())  # six decks -0.56, double after split +0.14, late surrender +0.08

    assert edge is not None
    assert edge.house_edge == pytest.approx(0.0034)
    assert edge.is_estimate


def test_naturals_at_six_to_five_cost_what_is_published_for_six_decks() -> None:
    usual, short = published_edge(Rules()), published_edge(parse_rules({"blackjack_pays": "6:5"}))

    assert usual is not None
    assert short is not None
    assert short.house_edge - usual.house_edge == pytest.approx(0.0136, abs=5e-5)


@pytest.mark.parametrize("keys", [{"hit_split_aces": True}, {"decks": 3}, {"decks": 7}])
def test_nothing_is_said_of_games_that_nobody_published(keys: dict[str, object]) -> None:
    assert published_edge(rules(keys)) is None
