"""Scripted rounds, card by card: what a hand may do, and what splitting makes of it."""

from collections.abc import Mapping

import pytest

from games.blackjack.script import IllegalActionError, IncompleteScriptError
from tests.unit.games.stories import play, told

# ruff: noqa: SIM300 - expected stands before actual

ACES = {"resplit_aces": True}
HIT_ACES = {"hit_split_aces": True}


# Seats ascending, hands left to right; a split's left hand is completed before the right gets a card.


def test_the_left_hand_is_completed_before_the_right_gets_its_second_card() -> None:
    result = play("8S 6D 8H TD 2S 9S 3S TS TC", (1, "split hit stand double"))
    assert [
        "6D TD TC = 26",
        "1: 8S 2S 9S 100 win 200",
        "1: 8H 3S TS 200 win 400",
        "9 cards",
    ] == told(result)


def test_a_resplit_hand_is_played_before_the_one_to_its_right() -> None:
    result = play("8S 6D 8H TD 8C TS 3C JS KC QC", (1, "split split stand double stand"))
    assert [
        "6D TD QC = 26",
        "1: 8S TS 100 win 200",
        "1: 8C 3C JS 200 win 400",
        "1: 8H KC 100 win 200",
        "10 cards",
    ] == told(result)


def test_four_hands_are_the_most() -> None:
    result = play("8S 6D 8H TD 8C 8D TS TH JS JH KC", (1, "split split split stand stand stand stand"))
    assert [
        "6D TD KC = 26",
        "1: 8S TS 100 win 200",
        "1: 8D TH 100 win 200",
        "1: 8C JS 100 win 200",
        "1: 8H JH 100 win 200",
        "11 cards",
    ] == told(result)


def test_a_split_is_refused_at_the_most_hands() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("8S 6D 8H TD 8C", (1, "split split"), rules={"max_hands": 2})
    assert {"seat": 1, "action": "split", "moves": ["hit", "stand", "double"]} == refusal.value.facts()


def test_a_split_hand_of_ace_and_ten_is_21_and_not_blackjack() -> None:
    result = play("AS 6D AH TD KS 9S TC", (1, "split"))
    assert ["6D TD TC = 26", "1: AS KS 100 win 200", "1: AH 9S 100 win 200", "7 cards"] == told(result)
    tens = play("KS 6D TH TD AS AH 5C", (1, "split"))
    assert ["6D TD 5C = 21", "1: KS AS 100 push 100", "1: TH AH 100 push 100", "7 cards"] == told(tens)


# A hand that reaches 21 is complete.


def test_a_hand_that_reaches_21_is_complete() -> None:
    result = play("5S 6D 6S TD TH 9C", (1, "hit"))
    assert ["6D TD 9C = 25", "1: 5S 6S TH 100 win 200", "6 cards"] == told(result)
    with pytest.raises(IncompleteScriptError):
        play("5S 6D 6S TD TH 9C", (1, "hit stand"))


def test_a_split_hand_that_reaches_21_is_complete_at_once() -> None:
    result = play("8S 6D 8H TD 3S TS TC KC", (1, "split hit stand"))
    assert ["6D TD KC = 26", "1: 8S 3S TS 100 win 200", "1: 8H TC 100 win 200", "8 cards"] == told(result)


# Split aces.


def test_split_aces_get_one_card_each() -> None:
    result = play("AS 6D AH TD 5S AD TC", (1, "split"))
    assert ["6D TD TC = 26", "1: AS 5S 100 win 200", "1: AH AD 100 win 200", "7 cards"] == told(result)


def test_a_split_ace_that_draws_an_ace_may_split_or_stand_where_aces_may_be_split_again() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("AS 6D AH TD AC", (1, "split hit"), rules=ACES)
    assert refusal.value.facts()["moves"] == ["stand", "split"]
    result = play("AS 6D AH TD AC 5S 6S AD TC", (1, "split split stand"), rules=ACES)
    assert [
        "6D TD TC = 26",
        "1: AS 5S 100 win 200",
        "1: AC 6S 100 win 200",
        "1: AH AD 100 win 200",
        "9 cards",
    ] == told(result)


def test_a_split_ace_is_not_asked_when_there_can_be_no_more_hands() -> None:
    result = play("AS 6D AH TD AC AD TC", (1, "split"), rules={**ACES, "max_hands": 2})
    assert ["6D TD TC = 26", "1: AS AC 100 win 200", "1: AH AD 100 win 200", "7 cards"] == told(result)


def test_split_aces_are_played_on_where_they_may_be_hit() -> None:
    result = play("AS 6D AH TD 5S 4S 3S TC TH", (1, "split hit stand double"), rules=HIT_ACES)
    assert [
        "6D TD TH = 26",
        "1: AS 5S 4S 100 win 200",
        "1: AH 3S TC 200 win 400",
        "9 cards",
    ] == told(result)


def test_split_aces_that_may_be_hit_may_not_be_split_again() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("AS 6D AH TD AC", (1, "split split"), rules=HIT_ACES)
    assert refusal.value.facts()["moves"] == ["hit", "stand", "double"]


def test_split_aces_may_be_hit_and_split_where_the_rules_say_both() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("AS 6D AH TD AC", (1, "split surrender"), rules={**HIT_ACES, **ACES})
    assert refusal.value.facts()["moves"] == ["hit", "stand", "double", "split"]


# Pairs, doubles, surrender.


@pytest.mark.parametrize(("split_by", "may_split"), [("value", True), ("rank", False)])
def test_a_king_and_a_ten_are_a_pair_by_value_only(split_by: str, *, may_split: bool) -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("KS 6D TH TD", (1, "?"), rules={"split_by": split_by})
    moves = refusal.value.facts()["moves"]
    assert (["split"] if may_split else []) == [move for move in ["split"] if move in str(moves)]


@pytest.mark.parametrize(
    ("double", "cards", "may_double"),
    [
        ("any", "TS 6H", True),
        ("any", "AS 6H", True),
        ("9-11", "4S 4H", False),
        ("9-11", "4S 5H", True),
        ("9-11", "5S 5H", True),
        ("9-11", "5S 6H", True),
        ("9-11", "5S 7H", False),
        ("9-11", "AS 9H", False),
        ("9-11", "AS 8H", False),
        ("10-11", "4S 5H", False),
        ("10-11", "4S 6H", True),
        ("10-11", "5S 6H", True),
        ("10-11", "6S 6H", False),
    ],
)
def test_doubling_is_restricted_to_hard_totals(double: str, cards: str, *, may_double: bool) -> None:
    first, second = cards.split()
    with pytest.raises(IllegalActionError) as refusal:
        play(f"{first} 6D {second} TD", (1, "?"), rules={"double": double})
    assert may_double is ("double" in str(refusal.value.facts()["moves"]))


@pytest.mark.parametrize(
    ("rules", "second", "may_double"),
    [
        ({}, "3S", True),
        ({"double_after_split": False}, "3S", False),
        ({"double": "10-11"}, "3S", True),
        ({"double": "10-11"}, "9S", False),
        ({"double": "9-11", "double_after_split": False}, "3S", False),
    ],
)
def test_doubling_after_a_split_follows_both_rules(
    rules: Mapping[str, object], second: str, *, may_double: bool
) -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play(f"8S 6D 8H TD {second}", (1, "split ?"), rules=rules)
    assert may_double is ("double" in str(refusal.value.facts()["moves"]))


def test_a_doubled_hand_gets_one_card_and_may_bust() -> None:
    result = play("TS 6D 6H TD KS", (1, "double"))
    assert ["6D TD = 16", "1: TS 6H KS 200 lose 0", "5 cards"] == told(result)


@pytest.mark.parametrize(
    ("actions", "moves"),
    [
        ("?", ["hit", "stand", "double", "surrender"]),
        ("hit ?", ["hit", "stand"]),
    ],
)
def test_surrender_is_the_first_move_only(actions: str, moves: list[str]) -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("5S 6D 4H TD 2S", (1, actions))
    assert moves == refusal.value.facts()["moves"]


def test_a_split_hand_can_not_be_surrendered() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("8S 6D 8H TD 5S", (1, "split surrender"))
    assert ["hit", "stand", "double"] == refusal.value.facts()["moves"]


def test_nobody_surrenders_where_the_rules_have_none() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("TS 9D 6H TD", (1, "surrender"), rules={"surrender": "none"})
    assert ["hit", "stand", "double"] == refusal.value.facts()["moves"]


def test_surrender_gives_half_back_rounded_down_and_draws_no_card() -> None:
    result = play("TS 9D 6H TD", (1, "surrender"), bet=1001)
    assert ["9D TD = 19", "1: TS 6H 1001 surrender 500", "4 cards"] == told(result)
