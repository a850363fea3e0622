"""Every command in every phase: what happens, or the exact refusal with nothing changed."""

from typing import get_args

import pytest
from msgspec.structs import replace

from economy.money import Money
from games.blackjack.commands import (
    Act,
    Change,
    ClearBet,
    Close,
    Command,
    Deal,
    Expire,
    Kick,
    LeaveSeat,
    Open,
    PlaceBet,
    SetClientSeed,
    TakeSeat,
    Vacate,
    Void,
)
from games.blackjack.decide import TRANSITIONS, decide
from games.blackjack.errors import RuleViolation
from games.blackjack.state import encode_state
from games.blackjack.terms import Move, Phase
from tests.builders import Table, a_config, a_dealt_table, a_table

PHASES = tuple(Phase)


def table_in(phase: Phase) -> Table:
    """Three seats. Players in 1 and 2; both have bet where cards are dealt, only seat 1 while betting."""
    cards = "5S 9S 6D 6S 8H TD"  # 11 and 17 against a six
    match phase:
        case Phase.WAITING:
            return a_table(cards)
        case Phase.BETTING:
            return a_table(cards).sit(1, 2).bet({1: 100})
        case Phase.INSURANCE:
            return a_dealt_table("5S 9S AD 6S 8H 9D", {1: 100, 2: 100})
        case Phase.PLAYING:
            return a_dealt_table(cards, {1: 100, 2: 100})
        case Phase.SETTLED:
            table = a_dealt_table(cards, {1: 100, 2: 100})
            table.act(1, Move.STAND)
            table.act(2, Move.STAND)
            return table
        case Phase.CLOSED:
            table = a_table(cards)
            table.do(Close())
            return table


def told(table: Table, command: Command) -> str:
    """The names of what happens, or `!` and the code of the refusal."""
    try:
        events = decide(table.state, command, table.dealer)
    except RuleViolation as refusal:
        return f"!{refusal.code}"
    return " ".join(type(event).__name__ for event in events)


OPENS = "SeatTaken RoundStarted TimerSet"
DEALS = "RoundDealt TurnGiven TimerSet"
CONFIG = replace(a_config(), name="New name")


def row(command: Command, *outcomes: str) -> tuple[Command, tuple[str, ...]]:
    """A command and what comes of it, in the order of the phases."""
    return command, outcomes


def refused(command: Command, code: str, *, closed: str = "!table_closed") -> tuple[Command, tuple[str, ...]]:
    """A command that is refused alike in every phase but `closed`."""
    return command, (f"!{code}",) * 5 + (closed,)


def act(
    move: Move, *, seat: int = 1, hand: int = 0, cards: int | None = None, round_id: str = "round-1"
) -> Act:
    """A move of the player in that seat."""
    return Act(user_id=f"user-{seat}", round_id=round_id, hand=hand, move=move, cards=cards)


def bet(seat: int, amount: int, round_id: str | None = None) -> PlaceBet:
    """A bet of the player in that seat."""
    return PlaceBet(user_id=f"user-{seat}", amount=Money(amount), round_id=round_id)


NO_SEAT, CLOSED, TURN, STALE = "!not_seated", "!table_closed", "!not_your_turn", "!stale_round"
LATE, ILLEGAL, EARLY = "!betting_closed", "!illegal_move", "!not_ready"

# fmt: off
CASES = {
    # after each command: waiting, betting, insurance, playing, settled, closed
    "take any seat": row(TakeSeat(user_id="new", name="N"), OPENS, *["SeatTaken"] * 4, CLOSED),
    "take seat 3": row(TakeSeat(user_id="new", name="N", seat=3), OPENS, *["SeatTaken"] * 4, CLOSED),
    "take one's own seat": row(TakeSeat(user_id="user-1", name="N", seat=1), OPENS, "", "", "", "", CLOSED),
    "take any seat again": row(TakeSeat(user_id="user-1", name="N"), OPENS, "", "", "", "", CLOSED),
    "take a second seat": row(
        TakeSeat(user_id="user-1", name="N", seat=3), OPENS, *["!already_seated"] * 4, CLOSED),
    "take another's seat": row(
        TakeSeat(user_id="new", name="N", seat=2), OPENS, *["!seat_taken"] * 4, CLOSED),
    "take no seat": refused(TakeSeat(user_id="new", name="N", seat=4), "unknown_seat"),
    "take a negative seat": refused(TakeSeat(user_id="new", name="N", seat=-1), "unknown_seat"),
    "leave with a bet": row(
        LeaveSeat(user_id="user-1"),
        NO_SEAT, "BetCleared SeatLeft", *["SeatLeaving"] * 2, "SeatLeft", CLOSED),
    "leave without a bet": row(
        LeaveSeat(user_id="user-2"), NO_SEAT, "SeatLeft", *["SeatLeaving"] * 2, "SeatLeft", CLOSED),
    "leave without a seat": refused(LeaveSeat(user_id="new"), "not_seated"),
    "vacate with a bet": row(
        Vacate(user_id="user-1"), NO_SEAT, *["SeatLeaving"] * 3, "SeatLeft", CLOSED),
    "vacate without a bet": row(
        Vacate(user_id="user-2"), NO_SEAT, "SeatLeft", *["SeatLeaving"] * 2, "SeatLeft", CLOSED),
    "vacate without a seat": refused(Vacate(user_id="new"), "not_seated"),
    "kick": row(Kick(seat=1), NO_SEAT, "BetCleared SeatLeft", *["SeatLeaving"] * 2, "SeatLeft", CLOSED),
    "kick nobody": refused(Kick(seat=3), "not_seated"),
    "kick from no seat": refused(Kick(seat=4), "unknown_seat"),
    "kick from seat 0": refused(Kick(seat=0), "unknown_seat"),
    "give a seed": row(
        SetClientSeed(user_id="user-1", client_seed="x"), NO_SEAT, *["ClientSeedSet"] * 4, CLOSED),
    "give a seed without a seat": refused(SetClientSeed(user_id="new", client_seed="x"), "not_seated"),
    "give an empty seed": row(
        SetClientSeed(user_id="user-1", client_seed=""), NO_SEAT, *["!invalid_payload"] * 4, CLOSED),
    "give a long seed": row(
        SetClientSeed(user_id="user-1", client_seed="x" * 65), NO_SEAT, *["!invalid_payload"] * 4, CLOSED),
    "give a seed nobody can print": row(
        SetClientSeed(user_id="user-1", client_seed="\ud800"), NO_SEAT, *["!invalid_payload"] * 4, CLOSED),
    "bet": row(bet(2, 100), NO_SEAT, "BetPlaced", LATE, LATE, LATE, CLOSED),
    "bet in this round": row(bet(2, 100, "round-1"), NO_SEAT, "BetPlaced", LATE, LATE, LATE, CLOSED),
    "bet in another round": row(bet(2, 100, "round-0"), NO_SEAT, STALE, STALE, STALE, STALE, CLOSED),
    "bet nothing": row(bet(2, 0), NO_SEAT, "!bet_out_of_range", LATE, LATE, LATE, CLOSED),
    "bet less than nothing": row(bet(2, -5), NO_SEAT, "!bet_out_of_range", LATE, LATE, LATE, CLOSED),
    "bet too much": row(bet(2, 100_001), NO_SEAT, "!bet_out_of_range", LATE, LATE, LATE, CLOSED),
    "bet without a seat": refused(bet(3, 100), "not_seated"),
    "clear a bet": row(ClearBet(user_id="user-1"), NO_SEAT, "BetCleared", LATE, LATE, LATE, CLOSED),
    "clear no bet": row(ClearBet(user_id="user-2"), NO_SEAT, "", LATE, LATE, LATE, CLOSED),
    "clear in another round": row(
        ClearBet(user_id="user-1", round_id="round-0"), NO_SEAT, STALE, STALE, STALE, STALE, CLOSED),
    "clear without a seat": refused(ClearBet(user_id="new"), "not_seated"),
    "hit": row(act(Move.HIT), NO_SEAT, TURN, ILLEGAL, "HandHit TimerSet", TURN, CLOSED),
    "hit as seen": row(act(Move.HIT, cards=2), NO_SEAT, STALE, ILLEGAL, "HandHit TimerSet", TURN, CLOSED),
    "hit what has changed": row(act(Move.HIT, cards=3), NO_SEAT, STALE, STALE, STALE, STALE, CLOSED),
    "hit in another round": row(
        act(Move.HIT, round_id="round-0"), NO_SEAT, STALE, STALE, STALE, STALE, CLOSED),
    "hit another hand": row(act(Move.HIT, hand=1), NO_SEAT, TURN, TURN, TURN, TURN, CLOSED),
    "hit another hand as seen": row(
        act(Move.HIT, hand=1, cards=2), NO_SEAT, STALE, STALE, STALE, STALE, CLOSED),
    "hit too early": row(act(Move.HIT, seat=2), NO_SEAT, TURN, ILLEGAL, TURN, TURN, CLOSED),
    "hit without a seat": refused(act(Move.HIT, seat=3), "not_seated"),
    "stand": row(
        act(Move.STAND), NO_SEAT, TURN, ILLEGAL, "HandStood TurnGiven TimerSet", TURN, CLOSED),
    "double": row(
        act(Move.DOUBLE), NO_SEAT, TURN, ILLEGAL, "HandDoubled TurnGiven TimerSet", TURN, CLOSED),
    "split no pair": row(act(Move.SPLIT), NO_SEAT, TURN, ILLEGAL, ILLEGAL, TURN, CLOSED),
    "surrender": row(
        act(Move.SURRENDER), NO_SEAT, TURN, ILLEGAL, "HandSurrendered TurnGiven TimerSet", TURN, CLOSED),
    "insure": row(act(Move.INSURE), NO_SEAT, TURN, "Insured", ILLEGAL, TURN, CLOSED),
    "insure out of order": row(act(Move.INSURE, seat=2), NO_SEAT, TURN, "Insured", TURN, TURN, CLOSED),
    "decline insurance": row(
        act(Move.DECLINE_INSURANCE), NO_SEAT, TURN, "InsuranceDeclined", ILLEGAL, TURN, CLOSED),
    "deal, not all have bet": row(Deal(connected=frozenset({1, 2})), *[EARLY] * 6),
    "deal, all who are there have bet": row(
        Deal(connected=frozenset({1, 3, 9})), EARLY, DEALS, EARLY, EARLY, EARLY, EARLY),
    "deal, nobody is there": row(
        Deal(connected=frozenset()), EARLY, DEALS, EARLY, EARLY, EARLY, EARLY),
    "expire": row(
        Expire(), EARLY, DEALS, "InsuranceDeclined InsuranceDeclined TurnGiven TimerSet",
        "HandHit TimerSet", "RoundStarted TimerSet", EARLY),
    "close": row(
        Close(), "TableClosed TimerSet", "BetCleared SeatLeft SeatLeft TableClosed TimerSet",
        *["ClosingScheduled"] * 3, ""),
    "open": row(Open(), "", "", "", "", "", "TableOpened"),
    "void": row(
        Void(reason="r"), STALE, "RoundVoided ShoeFinished ShoeStarted RoundStarted TimerSet",
        *["RoundVoided ShoeFinished TimerSet"] * 2, STALE, STALE),
    "change": row(
        Change(config=CONFIG), "ConfigScheduled ConfigChanged", *["ConfigScheduled"] * 4,
        "ConfigScheduled ConfigChanged"),
    "change to what can not be": refused(
        Change(config=replace(CONFIG, seats=8)), "invalid_payload", closed="!invalid_payload"),
    "change another table": refused(
        Change(config=replace(CONFIG, table_id="other")), "invalid_payload", closed="!invalid_payload"),
}
# fmt: on

CELLS = [
    pytest.param(command, phase, expected, id=f"{name}, {phase}")
    for name, (command, outcomes) in CASES.items()
    for phase, expected in zip(PHASES, outcomes, strict=True)
]


@pytest.mark.parametrize(("command", "phase", "expected"), CELLS)
def test_every_command_in_every_phase(command: Command, phase: Phase, expected: str) -> None:
    table = table_in(phase)
    assert phase is table.state.phase
    before = encode_state(table.state)
    assert expected == told(table, command)
    assert before == encode_state(table.state)


def test_the_cases_name_every_command() -> None:
    assert {type(command) for command, _ in CASES.values()} == set(get_args(Command))


def test_the_transition_table_has_every_command_in_every_phase() -> None:
    assert set(TRANSITIONS) == set(get_args(Command))
    assert all(set(cells) == set(Phase) for cells in TRANSITIONS.values())
