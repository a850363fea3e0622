"""The presets, each against what its source says, and how they are chosen."""

from typing import Any

import msgspec
import pytest

from games.blackjack.errors import InvalidRules, UnknownPreset
from games.blackjack.presets import PRESETS, Preset, name_of, preset, rules_of, rules_with
from games.blackjack.rules import Rules

# Written from the sources that the presets name. A cut card at 0.5 stands for a shuffle before every round.
COLUMNS = (
    "decks",
    "dealer_hits_soft_17",
    "blackjack_pays",
    "double",
    "double_after_split",
    "max_hands",
    "resplit_aces",
    "surrender",
    "dealer_peeks",
    "penetration",
)
NO, YES = False, True
SHEETS: dict[str, tuple[Any, ...]] = {
    "house": (6, NO, "3:2", "any", YES, 4, NO, "late", YES, 0.75),
    "vegas-strip": (4, NO, "3:2", "any", YES, 4, NO, "none", YES, 0.75),
    "vegas-liberal": (6, NO, "3:2", "any", YES, 4, YES, "late", YES, 0.75),
    "las-vegas-h17": (8, YES, "6:5", "any", YES, 4, YES, "late", YES, 0.75),
    "downtown": (2, YES, "3:2", "any", YES, 4, NO, "none", YES, 0.75),
    "double-deck": (2, NO, "3:2", "any", YES, 4, NO, "none", YES, 0.75),
    "single-deck": (1, YES, "3:2", "9-11", NO, 2, NO, "none", YES, 0.5),
    "atlantic-city": (8, NO, "3:2", "any", YES, 4, NO, "late", YES, 0.75),
    "reno": (1, YES, "3:2", "10-11", NO, 2, NO, "none", YES, 0.75),
    "european": (6, NO, "3:2", "9-11", YES, 2, NO, "none", NO, 0.5),
    "london": (6, NO, "3:2", "9-11", YES, 4, NO, "none", NO, 0.75),
    "spielbank": (6, NO, "3:2", "9-11", YES, 4, YES, "none", NO, 0.5),
    "macau": (6, NO, "3:2", "any", YES, 4, NO, "late", YES, 0.5),
}
EVERYWHERE = {"hit_split_aces": False, "split_by": "value", "insurance": True}


@pytest.mark.parametrize(("name", "sheet"), SHEETS.items(), ids=SHEETS.keys())
def test_a_preset_has_the_rules_of_its_source(name: str, sheet: tuple[Any, ...]) -> None:
    expected = {**dict(zip(COLUMNS, sheet, strict=True)), **EVERYWHERE}
    assert expected == msgspec.to_builtins(preset(name).rules)


def test_every_preset_is_held_against_its_source() -> None:
    assert [each.name for each in PRESETS] == list(SHEETS)


def test_no_two_presets_share_a_name_a_title_or_their_rules() -> None:
    for field in ("name", "title", "rules"):
        assert len({getattr(each, field) for each in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize("each", PRESETS, ids=[each.name for each in PRESETS])
def test_rules_that_equal_a_preset_go_by_its_name(each: Preset) -> None:
    again = msgspec.json.decode(msgspec.json.encode(each.rules), type=Rules)
    name = name_of(again)
    assert name is not None
    assert (name.name, name.title) == (each.name, each.title)


def test_rules_of_ones_own_have_no_name() -> None:
    assert name_of(rules_with("vegas-strip", {"decks": 5})) is None


def test_keys_given_beside_a_preset_go_before_its_own() -> None:
    mixed = rules_with("european", {"decks": 8, "max_hands": 3})
    expected = {**msgspec.to_builtins(preset("european").rules), "decks": 8, "max_hands": 3}
    assert expected == msgspec.to_builtins(mixed)


def test_a_preset_is_chosen_by_its_name_or_rules_are_written_out() -> None:
    assert rules_of("downtown") == preset("downtown").rules
    assert rules_of(' {"decks": 2} ') == Rules(decks=2)
    assert rules_of("{}") == Rules()


@pytest.mark.parametrize("name", ["", "vegas", "Vegas-Strip", "vegas-strip ", "house\n", "[]", "null"])
def test_a_name_that_no_preset_has_is_refused(name: str) -> None:
    with pytest.raises(UnknownPreset) as refusal:
        preset(name)
    assert (refusal.value.code, refusal.value.facts()) == ("invalid_payload", {"field": "preset"})


def test_a_bad_key_beside_a_preset_is_named() -> None:
    with pytest.raises(InvalidRules) as refusal:
        rules_with("reno", {"decks": 9})
    assert refusal.value.facts() == {"field": "decks"}


def test_a_bad_key_of_written_rules_is_named() -> None:
    with pytest.raises(InvalidRules) as refusal:
        rules_of('{"decks": 9}')
    assert refusal.value.facts() == {"field": "decks"}
