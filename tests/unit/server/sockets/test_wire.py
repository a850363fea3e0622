"""Untrusted payloads: what is taken, and what is refused with which field."""

import pytest

from games.blackjack import commands as games
from games.blackjack.terms import Move
from server.errors import InvalidPayload
from server.sockets import wire

ID = "c0ffee-01"
ROUND = "018f6d3e-7f00-7000-8000-00000000abcd"
HUGE = 10**30
BET = {"command_id": ID, "table_id": "main-1", "amount": 500}
SEAT = {"command_id": ID, "table_id": "main-1", "seat": 1}
ACT = {"command_id": ID, "table_id": "main-1", "round_id": ROUND, "hand": 0, "move": "hit"}
SEED = {"command_id": ID, "table_id": "main-1", "client_seed": "lucky"}
SAY = {"table_id": "main-1", "text": "good luck"}
CONFIRM = {"command_id": ID, "through": 3}

MALFORMED: list[tuple[str, list[object], str | None]] = [
    # shapes
    ("place_bet", [], None),
    ("place_bet", [None], None),
    ("place_bet", ["main-1"], None),
    ("place_bet", [500], None),
    ("place_bet", [[BET]], None),
    ("place_bet", [BET, BET], None),
    ("place_bet", [{}], "command_id"),
    ("list_tables", [None], None),
    ("list_tables", [[]], None),
    ("watch_table", [], None),
    ("watch_table", [{}], "table_id"),
    # events that there are not
    ("connect", [{"token": "x"}], None),
    ("disconnect", [], None),
    ("", [BET], None),
    ("received", [BET], None),
    ("__class__", [BET], None),
    ("start_run", [{"command_id": ID}], None),
    # amounts
    ("place_bet", [BET | {"amount": 5.0}], "amount"),
    ("place_bet", [BET | {"amount": 1e2}], "amount"),
    ("place_bet", [BET | {"amount": True}], "amount"),
    ("place_bet", [BET | {"amount": "5"}], "amount"),
    ("place_bet", [BET | {"amount": None}], "amount"),
    ("place_bet", [BET | {"amount": float("nan")}], "amount"),
    ("place_bet", [BET | {"amount": float("inf")}], "amount"),
    ("place_bet", [BET | {"amount": 0}], "amount"),
    ("place_bet", [BET | {"amount": -500}], "amount"),
    ("place_bet", [BET | {"amount": 10**12 + 1}], "amount"),
    ("place_bet", [BET | {"amount": HUGE}], "amount"),
    ("place_bet", [BET | {"amount": [500]}], "amount"),
    ("place_bet", [BET | {"amount": {"$gt": 0}}], "amount"),
    # ids
    ("place_bet", [BET | {"command_id": "short"}], "command_id"),
    ("place_bet", [BET | {"command_id": "x" * 65}], "command_id"),
    ("place_bet", [BET | {"command_id": "with space"}], "command_id"),
    ("place_bet", [BET | {"command_id": "trailing-newline\n"}], "command_id"),
    ("place_bet", [BET | {"command_id": "ünïcödé-id"}], "command_id"),
    ("place_bet", [BET | {"command_id": "\ud800" * 8}], "command_id"),
    ("place_bet", [BET | {"command_id": 12345678}], "command_id"),
    ("place_bet", [BET | {"round_id": "the last one"}], "round_id"),
    ("place_bet", [BET | {"round_id": ROUND.replace("-", "")}], "round_id"),
    ("place_bet", [BET | {"round_id": ROUND + "\n"}], "round_id"),
    ("place_bet", [BET | {"round_id": 7}], "round_id"),
    ("place_bet", [BET | {"table_id": ""}], "table_id"),
    ("place_bet", [BET | {"table_id": "../main"}], "table_id"),
    ("place_bet", [BET | {"table_id": "x" * 65}], "table_id"),
    ("place_bet", [BET | {"table_id": "main\u0000"}], "table_id"),
    ("place_bet", [BET | {"table_id": ["main-1"]}], "table_id"),
    # seats and hands
    ("take_seat", [SEAT | {"seat": -1}], "seat"),
    ("take_seat", [SEAT | {"seat": 1.0}], "seat"),
    ("take_seat", [SEAT | {"seat": False}], "seat"),
    ("take_seat", [SEAT | {"seat": HUGE}], "seat"),
    ("take_seat", [{"command_id": ID, "table_id": "main-1"}], "seat"),
    ("act", [ACT | {"hand": -1}], "hand"),
    ("act", [ACT | {"hand": "0"}], "hand"),
    ("act", [ACT | {"cards": 2.0}], "cards"),
    ("act", [ACT | {"cards": True}], "cards"),
    ("act", [ACT | {"move": "fold"}], "move"),
    ("act", [ACT | {"move": "HIT"}], "move"),
    ("act", [ACT | {"move": "\ud83d"}], "move"),
    ("act", [ACT | {"move": {}}], "move"),
    ("act", [ACT | {"round_id": None}], "round_id"),
    # texts
    ("say", [SAY | {"text": ""}], "text"),
    ("say", [SAY | {"text": "   "}], "text"),
    ("say", [SAY | {"text": "x" * 201}], "text"),
    ("say", [SAY | {"text": "bell \u0007"}], "text"),
    ("say", [SAY | {"text": "two\nlines"}], "text"),
    ("say", [SAY | {"text": "half an emoji \ud83d"}], "text"),
    ("say", [SAY | {"text": "right to left \u202e"}], "text"),
    ("say", [SAY | {"text": 5}], "text"),
    ("set_client_seed", [SEED | {"client_seed": ""}], "client_seed"),
    ("set_client_seed", [SEED | {"client_seed": "x" * 65}], "client_seed"),
    ("set_client_seed", [SEED | {"client_seed": "null \u0000"}], "client_seed"),
    ("set_client_seed", [SEED | {"client_seed": "\udfff"}], "client_seed"),
    # dividends
    ("confirm_payouts", [CONFIRM | {"through": 0}], "through"),
    ("confirm_payouts", [CONFIRM | {"through": -1}], "through"),
    ("confirm_payouts", [CONFIRM | {"through": 2**53}], "through"),
    ("confirm_payouts", [CONFIRM | {"through": 3.0}], "through"),
    ("confirm_payouts", [CONFIRM | {"through": "3"}], "through"),
]


@pytest.mark.parametrize(("event", "args", "field"), MALFORMED)
def test_a_malformed_payload_is_refused_with_the_field_at_fault(
    event: str, args: list[object], field: str | None
) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        wire.parse(wire.PLAYER_COMMANDS, event, args)

    assert field == refusal.value.field


def test_the_refusal_of_a_lone_surrogate_can_be_sent_as_utf_8() -> None:
    with pytest.raises(InvalidPayload) as refusal:
        wire.parse(wire.PLAYER_COMMANDS, "say", [{"\ud800": "\ud800", **SAY}])

    assert refusal.value.field is None
    assert str(refusal.value).encode()


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("list_tables", {}),
        ("watch_table", {"table_id": "main-1"}),
        ("unwatch_table", {"table_id": "main-1"}),
        ("take_seat", SEAT | {"seat": 0}),
        ("leave_seat", {"command_id": ID, "table_id": "main-1"}),
        ("place_bet", BET | {"amount": 10**12, "round_id": ROUND}),
        ("place_bet", BET | {"round_id": None}),
        ("clear_bet", {"command_id": ID, "table_id": "main-1"}),
        ("act", ACT | {"cards": 2}),
        ("set_client_seed", SEED | {"client_seed": "Zürich 1"}),
        ("confirm_payouts", CONFIRM),
        ("say", SAY | {"text": "👩\u200d🚀 " + "x" * 190}),
        ("hint", {"table_id": "main-1"}),
        ("place_bet", BET | {"a_later_field": [1, 2]}),
    ],
)
def test_a_well_formed_payload_is_taken(event: str, payload: dict[str, object]) -> None:
    command = wire.parse(wire.PLAYER_COMMANDS, event, [payload])

    assert isinstance(command, wire.PLAYER_COMMANDS[event])


def test_a_list_of_tables_needs_no_payload() -> None:
    assert wire.ListTables() == wire.parse(wire.PLAYER_COMMANDS, "list_tables", [])


def test_an_operators_command_is_known_in_the_admin_namespace_only() -> None:
    command = wire.parse(wire.ADMIN_COMMANDS, "start_run", [{"command_id": ID, "plan_id": ROUND}])

    assert wire.StartRun(command_id=ID, plan_id=ROUND) == command
    with pytest.raises(InvalidPayload):
        wire.parse(wire.ADMIN_COMMANDS, "place_bet", [BET])


def test_a_command_becomes_the_tables_own_with_the_round_in_lower_case() -> None:
    command = wire.parse(wire.PLAYER_COMMANDS, "act", [ACT | {"round_id": ROUND.upper()}])
    assert isinstance(command, wire.Act)

    play = wire.play_of(command, user_id="u1", name="Ada")

    assert games.Act(user_id="u1", round_id=ROUND, hand=0, cards=None, move=Move.HIT) == play


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        ("take_seat", SEAT, games.TakeSeat(user_id="u1", name="Ada", seat=1)),
        ("leave_seat", {"command_id": ID, "table_id": "t"}, games.LeaveSeat(user_id="u1")),
        ("clear_bet", {"command_id": ID, "table_id": "t"}, games.ClearBet(user_id="u1")),
        ("set_client_seed", SEED, games.SetClientSeed(user_id="u1", client_seed="lucky")),
    ],
)
def test_each_table_command_names_the_player(
    event: str, payload: dict[str, object], expected: games.PlayerCommand
) -> None:
    command = wire.parse(wire.PLAYER_COMMANDS, event, [payload])

    assert expected == wire.play_of(command, user_id="u1", name="Ada")  # type: ignore[arg-type]  # one of the table's


def test_what_a_repeat_must_carry_is_all_but_the_command_id() -> None:
    command = wire.parse(wire.PLAYER_COMMANDS, "place_bet", [BET])
    assert isinstance(command, wire.PlaceBet)

    assert wire.fingerprinted(command) == {"table_id": "main-1", "amount": 500, "round_id": None}
