"""The live engine against the naive blackjack: every decision and cent of stacked rounds."""

from random import Random

from tests.unit.games.coverage import NAMES
from tests.unit.games.oracle import judged
from tests.unit.games.spoiling import FAULTS
from tests.unit.games.stacked import CHOICES, any_rules
from tests.unit.games.tours import tour

# ruff: noqa: SIM300 - expected stands before actual

TABLES = 750
ROUNDS_AT_EACH = 4
TOO_RARE = {"two shoes ran out"}
"""What only the long run sees."""


def random_rules() -> list[dict[str, object]]:
    """The rules of each table, always the same ones."""
    chance = Random("rules")
    return [any_rules(chance) for _ in range(TABLES)]


def test_thousands_of_stacked_rounds_are_played_as_the_naive_blackjack_plays_them() -> None:
    counts = tour("unit", (rules for rules in random_rules() for _ in range(ROUNDS_AT_EACH)))
    assert TABLES * ROUNDS_AT_EACH == counts["rounds"]
    missing = {name for name in NAMES - TOO_RARE if not counts[name]}
    missing |= {name for name in FAULTS if not counts[f"fault: {name}"]}
    assert set() == missing


def test_the_rounds_are_by_every_value_of_the_rules_object() -> None:
    used: dict[str, set[object]] = {key: set() for key in CHOICES}
    for rules in random_rules():
        for key, value in rules.items():
            used[key].add(value)
    assert {key: set(values) for key, values in CHOICES.items()} == used


# The naive blackjack itself, against the rules' own examples.

DEFAULT = {key: values[0] for key, values in CHOICES.items()} | {
    "decks": 6,
    "double_after_split": True,
    "max_hands": 4,
    "surrender": "late",
    "insurance": True,
    "dealer_peeks": True,
}


def told(cards: str, actions: str, bet: int = 100, **rules: object) -> object:
    """The hands (bet, outcome, payout) of a seat alone, or the legal moves where an action was not."""
    seat = {"seat": 1, "bet": bet, "actions": actions.split()}
    result = judged({"rules": DEFAULT | rules, "cards": cards.split(), "seats": [seat]})
    if "error" in result:
        return result["error"].get("moves", result["error"]["code"])
    return [(hand["bet"], hand["outcome"], hand["payout"]) for hand in result["seats"][0]["hands"]]


def test_the_naive_blackjack_rounds_down_what_comes_back() -> None:
    assert [(5, "blackjack", 12)] == told("AS 9D KS 9H", "", bet=5)
    assert [(1001, "surrender", 500)] == told("TS 9D 6S 9H", "surrender", bet=1001)


def test_the_naive_blackjack_knows_what_split_aces_may() -> None:
    aces = "AS 9D AH TD AC 5S 6S 7S"
    assert "incomplete_script" == told(aces, "split stand")
    assert ["stand", "split"] == told(aces, "split ?", resplit_aces=True)
    assert ["hit", "stand", "double"] == told(aces, "split ?", hit_split_aces=True)
    assert [(100, "lose", 0)] * 3 == told(aces, "split split", resplit_aces=True, max_hands=3)


def test_the_naive_blackjack_knows_what_two_cards_may() -> None:
    assert ["hit", "stand", "double", "split", "surrender"] == told("TS 9D KS 9H", "?")
    assert ["hit", "stand", "surrender"] == told("TS 9D KS 9H", "?", split_by="rank", double="9-11")
    assert ["hit", "stand", "surrender"] == told("AS 9D 8S 9H", "?", double="9-11")
    assert ["hit", "stand", "double"] == told("4S 9D 5S 9H", "?", double="9-11", surrender="none")
    assert ["hit", "stand"] == told("4S 9D 4H 9H 5S", "split ?", double="10-11")


def test_the_naive_blackjack_lets_a_late_natural_take_doubles() -> None:
    assert [(200, "lose", 0)] == told("5S TD 6S TH AS", "double", dealer_peeks=False)
