"""Scripted rounds as they are written, and each way in which one can fail."""

import json

import msgspec
import pytest

from games.blackjack.rules import Rules
from games.blackjack.script import (
    IllegalActionError,
    IncompleteScriptError,
    InvalidScriptError,
    ScriptError,
    UncoveredActionError,
    parse_script,
    replay,
)

# ruff: noqa: SIM300 - expected stands before actual


def script(cards: str, *seats: dict[str, object], **fields: object) -> bytes:
    """A script as JSON."""
    return json.dumps({"cards": cards.split(), "seats": seats, **fields}).encode()


def seat(number: int = 1, bet: int = 100, actions: str = "", **fields: object) -> dict[str, object]:
    """One seat of a script."""
    return {"seat": number, "bet": bet, "actions": actions.split(), **fields}


def refused(data: bytes) -> tuple[str, dict[str, object]]:
    """The code and the facts of the script's error."""
    with pytest.raises(ScriptError) as error:
        replay(parse_script(data))
    return error.value.code, error.value.facts()


def test_the_result_is_written_as_agreed() -> None:
    data = script(
        "AS 8S AD KS 8H 6C 3D TC 9H TS",
        seat(2, 1001, "insure"),
        seat(5, 100, "decline_insurance split double stand", balance=200),
        rules={"decks": 6},
    )
    assert {
        "dealer": {"cards": ["AD", "6C"], "total": 17},
        "seats": [
            {
                "seat": 2,
                "hands": [{"cards": ["AS", "KS"], "bet": 1001, "outcome": "blackjack", "payout": 2502}],
                "insurance": {"bet": 500, "payout": 0},
                "net": 1001,
            },
            {
                "seat": 5,
                "hands": [
                    {"cards": ["8S", "3D", "TC"], "bet": 200, "outcome": "win", "payout": 400},
                    {"cards": ["8H", "9H"], "bet": 100, "outcome": "push", "payout": 100},
                ],
                "insurance": None,
                "net": 200,
            },
        ],
        "cards_used": 9,
    } == json.loads(msgspec.json.encode(replay(parse_script(data))))


def test_an_illegal_action_names_the_legal_moves() -> None:
    assert (
        "illegal_move",
        {"seat": 1, "action": "split", "moves": ["hit", "stand", "double", "surrender"]},
    ) == refused(script("TS 6D 9H TD KC", seat(actions="split")))


@pytest.mark.parametrize("word", ["fold", "", "HIT", "hit "])
def test_an_unknown_word_is_an_illegal_move_even_without_money(word: str) -> None:
    data = script("TS 6D 9H TD KC", {"seat": 1, "bet": 100, "balance": 0, "actions": [word]})
    code, facts = refused(data)
    assert ("illegal_move", word) == (code, facts["action"])


def test_an_action_that_is_illegal_and_not_covered_is_illegal() -> None:
    code, _ = refused(script("TS 6D 9H TD KC", seat(actions="split", balance=0)))
    assert code == "illegal_move"


@pytest.mark.parametrize("actions", ["hit", "stand", "split", "surrender"])
def test_an_insurance_that_is_offered_must_be_answered_first(actions: str) -> None:
    assert (
        "illegal_move",
        {"seat": 1, "action": actions, "moves": ["insure", "decline_insurance"]},
    ) == refused(script("8S AD 8H TD", seat(actions=actions)))


def test_an_insurance_that_is_not_offered_is_an_illegal_move() -> None:
    code, facts = refused(script("8S 9D 8H TD", seat(actions="insure")))
    assert ("illegal_move", ["hit", "stand", "double", "split", "surrender"]) == (code, facts["moves"])


def test_insurance_is_answered_by_all_before_anybody_plays() -> None:
    code, facts = refused(script("8S 8C AD 9S 9H 5D", seat(1, 100, "insure stand"), seat(2, 100, "stand")))
    assert ("illegal_move", 2, "stand") == (code, facts["seat"], facts["action"])


@pytest.mark.parametrize(
    ("cards", "actions", "needed"),
    [
        ("5S 6D 6H TD 9C KC", "double", 100),
        ("8S 6D 8H TD 3C TC KC", "split stand stand", 100),
        ("8S 6D 8H TD 3C TC TH KC", "split double stand", 200),
        ("5S AD 6H 5D KC KH", "insure stand", 50),
        ("5S AD 6H 5D KC KH 9C", "insure double", 150),
    ],
)
def test_the_balance_must_cover_what_is_added(cards: str, actions: str, needed: int) -> None:
    replay(parse_script(script(cards, seat(actions=actions, balance=needed))))
    costly = [word for word in actions.split() if word in {"double", "split", "insure"}][-1]
    assert ("insufficient_funds", {"seat": 1, "action": costly}) == refused(
        script(cards, seat(actions=actions, balance=needed - 1))
    )


def test_an_insurance_that_is_won_does_not_pay_for_later_moves() -> None:
    assert replay(parse_script(script("TS AD 6H KD", seat(actions="insure", balance=50)))).seats[0].net == 0


@pytest.mark.parametrize(
    ("cards", "seats", "facts"),
    [
        ("TS 6D 9H TD KC", [seat()], {"seat": 1}),
        ("TS 6D 2H TD 3C KC", [seat(actions="hit")], {"seat": 1}),
        ("TS AD 2H TD", [seat()], {"seat": 1}),
        ("TS 6D 9H TD KC", [seat(actions="stand stand")], {"seat": 1}),
        ("AS 6D KH TD KC", [seat(actions="stand")], {"seat": 1}),
        ("AS TS 6D KH 9H TD KC", [seat(actions=""), seat(2, 100, "stand hit")], {"seat": 2}),
        ("TS AD 9H KD", [seat(actions="insure stand")], {"seat": 1}),
        ("TS", [seat(actions="stand")], {}),
        ("", [seat(actions="stand")], {}),
        ("TS 6D 9H", [seat(actions="stand")], {}),
        ("TS 6D 9H TD", [seat(actions="stand")], {}),
        ("TS 6D 2H TD", [seat(actions="hit")], {}),
        ("8S 6D 8H TD", [seat(actions="split")], {}),
    ],
)
def test_a_script_that_does_not_fit_its_round_is_incomplete(
    cards: str, seats: list[dict[str, object]], facts: dict[str, object]
) -> None:
    assert ("incomplete_script", facts) == refused(script(cards, *seats))


def test_more_cards_than_the_round_needs_are_no_fault() -> None:
    assert replay(parse_script(script("TS 6D 9H TD KC KS", seat(actions="stand")))).cards_used == 5


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", ""),
        (b"nope", ""),
        (b"[]", ""),
        (b'{"cards": ["TS"]', ""),
        (b"\xff", ""),
        (b'{"cards": []}', "seats"),
        (b'{"seats": []}', "cards"),
        (script("TS"), "seats"),
        (script("TS 1S", seat()), "cards[1]"),
        (b'{"cards": [1], "seats": []}', "cards[0]"),
        (script("TS", seat(0)), "seats[0].seat"),
        (script("TS", seat(8)), "seats[0].seat"),
        (script("TS", seat(1), seat(1)), "seats[1].seat"),
        (script("TS", seat(bet=0)), "seats[0].bet"),
        (script("TS", seat(bet=-1)), "seats[0].bet"),
        (script("TS", seat(bet=10**12 + 1)), "seats[0].bet"),
        (b'{"cards": [], "seats": [{"seat": 1, "bet": 5.0}]}', "seats[0].bet"),
        (b'{"cards": [], "seats": [{"seat": 1, "bet": true}]}', "seats[0].bet"),
        (b'{"cards": [], "seats": [{"seat": 1, "bet": "5"}]}', "seats[0].bet"),
        (b'{"cards": [], "seats": [{"seat": 1}]}', "seats[0].bet"),
        (script("TS", seat(balance=-1)), "seats[0].balance"),
        (script("TS", seat(balance="1")), "seats[0].balance"),
        (b'{"cards": [], "seats": [{"seat": 1, "bet": 5, "actions": "hit"}]}', "seats[0].actions"),
        (script("TS", seat(), rules={"decks": 9}), "rules.decks"),
        (script("TS", seat(), rules={"jokers": 1}), "rules.jokers"),
        (script("TS", seat(), rules=[]), "rules"),
    ],
)
def test_what_is_no_script_names_its_field(data: bytes, field: str) -> None:
    assert ("invalid_payload", {"field": field}) == refused(data)


def test_rules_that_are_not_given_are_the_defaults() -> None:
    assert parse_script(script("TS", seat())).rules == Rules()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            script("TS 6D 9H TD", seat(3, 100, "split")),
            "Seat 3 cannot split here: hit, stand, double or surrender.",
        ),
        (
            script("TS 6D 9H TD", seat(actions="fold")),
            "Seat 1 cannot 'fold' here: hit, stand, double or surrender.",
        ),
        (
            script("8S 6D 8H TD", seat(actions="double", balance=99)),
            "Seat 1 cannot double: it takes 1.00 more and 0.99 is left; hit, stand or surrender.",
        ),
        (
            script("TS 6D 9H TD", seat()),
            "Seat 1 is asked and has no action left: hit, stand, double or surrender.",
        ),
        (
            script("TS 6D 9H TD KC", seat(actions="stand stand")),
            "Seat 1 has 1 more action than it is asked for.",
        ),
        (script("TS 6D 9H", seat()), "The script's 3 cards run out in the deal."),
        (
            script("TS 1S", seat()),
            "This is no scripted round: cards[1] is missing or not what belongs there.",
        ),
        (b"nope", "This is no scripted round: it is no object in JSON."),
    ],
)
def test_an_error_says_the_seat_the_action_and_what_would_be_legal(data: bytes, message: str) -> None:
    with pytest.raises(ScriptError) as error:
        replay(parse_script(data))
    assert message == str(error.value)


def test_every_error_says_what_it_means() -> None:
    for kind in (InvalidScriptError, IllegalActionError, UncoveredActionError, IncompleteScriptError):
        assert kind.__doc__
        assert kind.code in {"invalid_payload", "illegal_move", "insufficient_funds", "incomplete_script"}
