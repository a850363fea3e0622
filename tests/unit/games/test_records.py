"""What is stored: rounds, states and events as they are written, and read by another version."""

import json
from typing import get_args

import msgspec
import pytest

from games.blackjack import events as past
from games.blackjack.commands import LeaveSeat, Void
from games.blackjack.evolve import evolve, fold
from games.blackjack.history import round_record
from games.blackjack.state import StateError, decode_state, encode_state
from games.blackjack.terms import Move
from tests.builders import a_dealt_table, a_table, user

# ruff: noqa: SIM300 - expected stands before actual


def test_a_round_record_is_written_as_agreed() -> None:
    table = a_dealt_table("AS 8S AD KS 8H 6C 3D TC 9H TS", {2: 1001, 3: 100})
    table.act(3, Move.DECLINE_INSURANCE)
    table.act(2, Move.INSURE)
    table.act(3, Move.SPLIT)
    table.do(LeaveSeat(user_id=user(3)))
    table.act(3, Move.DOUBLE)
    table.act(3, Move.STAND)
    record = json.loads(msgspec.json.encode(round_record(table.state, table.dealer)))
    assert record.pop("rules")["decks"] == 6
    assert {
        "cards": ["AS", "8S", "AD", "KS", "8H", "6C", "3D", "TC", "9H"],
        "dealer": {"cards": ["AD", "6C"], "total": 17},
        "seats": [
            {
                "seat": 2,
                "player": "Player 2",
                "bet": 1001,
                "actions": ["insure"],
                "hands": [{"cards": ["AS", "KS"], "bet": 1001, "outcome": "blackjack", "payout": 2502}],
                "insurance": {"bet": 500, "payout": 0},
                "net": 1001,
            },
            {
                "seat": 3,
                "player": "Player 3",
                "bet": 100,
                "actions": ["decline_insurance", "split", "double", "stand"],
                "hands": [
                    {"cards": ["8S", "3D", "TC"], "bet": 200, "outcome": "win", "payout": 400},
                    {"cards": ["8H", "9H"], "bet": 100, "outcome": "push", "payout": 100},
                ],
                "insurance": None,
                "net": 200,
            },
        ],
        "cards_used": 9,
        "shoes": [{"commitment": f"{1:064x}", "shoe_number": 1, "first_card": 0, "cards": 9}],
    } == record


def test_a_voided_round_has_a_record_too() -> None:
    table = a_dealt_table("8S AD 8H KD", {1: 101})
    table.do(Void(reason="test"))
    record = round_record(table.state, table.dealer)
    assert ("8S", "AD", "8H", "KD") == record.cards
    assert [("void", 101)] == [(hand.outcome, hand.payout) for hand in record.seats[0].hands]
    assert record.seats[0].net == 0


def test_a_state_of_a_later_version_is_read_without_its_new_fields() -> None:
    state = a_dealt_table("8S AD 8H 7D").state
    later = msgspec.msgpack.encode([*msgspec.msgpack.decode(encode_state(state)), "a new field"])
    assert state == decode_state(later)


@pytest.mark.parametrize("data", [b"", b"\x00", b"nonsense", b"\x93\x01\x02\x03"])
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises(StateError):
        decode_state(data)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x92\x01\x91\x91\xa5Hello"])
def test_bytes_that_are_no_events_are_refused(data: bytes) -> None:
    with pytest.raises(past.EventsError):
        past.decode_events(data)


def test_every_kind_of_event_has_a_meaning() -> None:
    kinds = {kind.__name__ for kind in get_args(past.Event)}
    written = {
        name
        for name, kind in vars(past).items()
        if isinstance(kind, type) and kind.__module__ == past.__name__
    }
    parts = {"_Past", "_Journal", "DealtHand", "HandResult", "SeatResult", "Refund", "EventsError"}
    assert kinds == written - parts


def test_the_timer_is_not_part_of_the_state() -> None:
    state = a_table().state
    assert state is evolve(state, past.TimerSet(ms=5))
    assert state is fold(state, ())
