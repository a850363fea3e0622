"""The rules object and the set-up of a table."""

import msgspec
import pytest
from msgspec.structs import replace

from economy.money import Money
from games.blackjack.config import MAX_STAKE, check_config
from games.blackjack.errors import InvalidConfig, InvalidRules
from games.blackjack.rules import BlackjackPays, DoubleOn, Rules, SplitBy, Surrender, cut_card, parse_rules
from games.blackjack.state import TableConfig

GOOD = TableConfig(table_id="main-1", name="Main floor")


def test_missing_keys_take_the_defaults() -> None:
    assert parse_rules({}) == Rules(
        decks=6,
        dealer_hits_soft_17=False,
        blackjack_pays=BlackjackPays.THREE_TO_TWO,
        double=DoubleOn.ANY,
        double_after_split=True,
        max_hands=4,
        resplit_aces=False,
        hit_split_aces=False,
        split_by=SplitBy.VALUE,
        surrender=Surrender.LATE,
        insurance=True,
        dealer_peeks=True,
        penetration=0.75,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"decks": 1},
        {"decks": 8},
        {"blackjack_pays": "6:5"},
        {"blackjack_pays": "1:1"},
        {"double": "9-11"},
        {"double": "10-11"},
        {"max_hands": 2},
        {"split_by": "rank"},
        {"surrender": "none"},
        {"penetration": 0.5},
        {"penetration": 0.9},
        {"dealer_peeks": False, "insurance": True, "hit_split_aces": True, "resplit_aces": True},
    ],
)
def test_rules_are_written_as_they_are_read(fields: dict[str, object]) -> None:
    written = msgspec.to_builtins(parse_rules(fields))
    assert fields == {key: written[key] for key in fields}
    assert parse_rules(written) == parse_rules(fields)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("decks", 0),
        ("decks", 9),
        ("decks", 6.0),
        ("decks", True),
        ("decks", "6"),
        ("decks", None),
        ("dealer_hits_soft_17", 1),
        ("dealer_hits_soft_17", "true"),
        ("blackjack_pays", "2:1"),
        ("blackjack_pays", 1.5),
        ("double", "all"),
        ("double_after_split", None),
        ("max_hands", 1),
        ("max_hands", 5),
        ("resplit_aces", 0),
        ("hit_split_aces", []),
        ("split_by", "suit"),
        ("surrender", "early"),
        ("surrender", False),
        ("insurance", "yes"),
        ("dealer_peeks", {}),
        ("penetration", 0.49),
        ("penetration", 0.91),
        ("penetration", 1),
        ("penetration", True),
        ("penetration", "0.75"),
        ("penetration", float("nan")),
        ("penetration", float("inf")),
        ("side_bets", True),
        ("", 1),
    ],
)
def test_a_bad_value_or_an_unknown_key_is_named(key: str, value: object) -> None:
    with pytest.raises(InvalidRules) as refusal:
        parse_rules({key: value})
    assert {"field": key} == refusal.value.facts()
    assert refusal.value.code == "invalid_payload"


@pytest.mark.parametrize(
    ("decks", "penetration", "expected"), [(6, 0.75, 234), (1, 0.5, 26), (1, 0.9, 46), (8, 0.9, 374)]
)
def test_the_cut_card_lies_behind_a_whole_number_of_cards(
    decks: int, penetration: float, expected: int
) -> None:
    assert cut_card(Rules(penetration=penetration), decks) == expected


def test_a_good_set_up_is_given_back() -> None:
    assert check_config(GOOD) is GOOD


@pytest.mark.parametrize(
    ("field", "config"),
    [
        ("table_id", replace(GOOD, table_id="")),
        ("table_id", replace(GOOD, table_id="Main 1")),
        ("table_id", replace(GOOD, table_id="main-")),
        ("table_id", replace(GOOD, table_id="main--1")),
        ("table_id", replace(GOOD, table_id="a" * 61)),
        ("name", replace(GOOD, name=" ")),
        ("name", replace(GOOD, name="a\nb")),
        ("name", replace(GOOD, name="a" * 61)),
        ("rules.decks", replace(GOOD, rules=Rules(decks=9))),
        ("rules.penetration", replace(GOOD, rules=Rules(penetration=1.0))),
        ("min_bet", replace(GOOD, min_bet=Money(0))),
        ("max_bet", replace(GOOD, min_bet=Money(200), max_bet=Money(199))),
        ("max_bet", replace(GOOD, max_bet=Money(MAX_STAKE + 1))),
        ("seats", replace(GOOD, seats=0)),
        ("seats", replace(GOOD, seats=8)),
        ("seats", replace(GOOD, seats=True)),
        ("betting_ms", replace(GOOD, betting_ms=99)),
        ("turn_ms", replace(GOOD, turn_ms=600_001)),
        ("insurance_ms", replace(GOOD, insurance_ms=0)),
        ("pause_ms", replace(GOOD, pause_ms=-1)),
        ("seat_hold_ms", replace(GOOD, seat_hold_ms=0)),
        ("game", replace(GOOD, game="poker")),
    ],
)
def test_a_set_up_that_can_not_be_run_names_its_field(field: str, config: TableConfig) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        check_config(config)
    assert field == refusal.value.field
