"""Untrusted JSON becomes typed commands here, and nowhere else.

A payload is read strictly: an integer is a JSON integer in its bounds, a text is printable, an id has its
pattern.
Fields that a command does not know are ignored, so that a newer client can talk to an older server.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from economy.money import Money
from games.blackjack import commands as games
from games.blackjack.terms import Move
from server.errors import InvalidPayload

C = TypeVar("C")

_MOST_CENTS: Final = 10**12
_MOST_SEQ: Final = 2**53 - 1  # what a JavaScript client can hold exactly
_MOST_SEAT: Final = 1_000  # whether a table has the seat is the table's to say
_UUID: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z"

CommandId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]
TableId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
Id = Annotated[str, Meta(pattern=_UUID)]
Cents = Annotated[int, Meta(ge=1, le=_MOST_CENTS)]


class ListTables(msgspec.Struct, frozen=True, kw_only=True):
    """Tell which tables there are."""


class WatchTable(msgspec.Struct, frozen=True, kw_only=True):
    """Follow a table."""

    table_id: TableId


class UnwatchTable(msgspec.Struct, frozen=True, kw_only=True):
    """Follow a table no longer."""

    table_id: TableId


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """Tell the basic strategy for the hand whose turn it is."""

    table_id: TableId


class Say(msgspec.Struct, frozen=True, kw_only=True):
    """Say something to everybody at the table."""

    table_id: TableId
    text: Annotated[str, Meta(min_length=1, max_length=200)]


class ConfirmPayouts(msgspec.Struct, frozen=True, kw_only=True):
    """Confirm that every dividend through a seq was shown."""

    command_id: CommandId
    through: Annotated[int, Meta(ge=1, le=_MOST_SEQ)]


class TakeSeat(msgspec.Struct, frozen=True, kw_only=True):
    """Sit down; seat 0 is any free one."""

    command_id: CommandId
    table_id: TableId
    seat: Annotated[int, Meta(ge=0, le=_MOST_SEAT)]


class LeaveSeat(msgspec.Struct, frozen=True, kw_only=True):
    """Get up."""

    command_id: CommandId
    table_id: TableId


class PlaceBet(msgspec.Struct, frozen=True, kw_only=True):
    """Set the whole stake of the coming round."""

    command_id: CommandId
    table_id: TableId
    amount: Cents
    round_id: Id | None = None


class ClearBet(msgspec.Struct, frozen=True, kw_only=True):
    """Take the stake back."""

    command_id: CommandId
    table_id: TableId
    round_id: Id | None = None


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Play a hand."""

    command_id: CommandId
    table_id: TableId
    round_id: Id
    hand: Annotated[int, Meta(ge=0, le=100)]
    move: Literal["hit", "stand", "double", "split", "surrender", "insure", "decline_insurance"]
    cards: Annotated[int, Meta(ge=0, le=100)] | None = None


class SetClientSeed(msgspec.Struct, frozen=True, kw_only=True):
    """Give a seed of one's own."""

    command_id: CommandId
    table_id: TableId
    client_seed: Annotated[str, Meta(min_length=1, max_length=64)]


class StartRun(msgspec.Struct, frozen=True, kw_only=True):
    """Start a payout run, freely or by a stored plan."""

    command_id: CommandId
    plan_id: Id | None = None


class PausePayouts(msgspec.Struct, frozen=True, kw_only=True):
    """Let no further payout be claimed."""


class ResumePayouts(msgspec.Struct, frozen=True, kw_only=True):
    """Let payouts be claimed again."""


class RetryPayout(msgspec.Struct, frozen=True, kw_only=True):
    """Try a failed payout again."""

    payout_id: Id


TablePlay = TakeSeat | LeaveSeat | PlaceBet | ClearBet | Act | SetClientSeed
PlayerCommand = ListTables | WatchTable | UnwatchTable | Hint | Say | ConfirmPayouts | TablePlay
AdminCommand = StartRun | PausePayouts | ResumePayouts | RetryPayout

PLAYER_COMMANDS: Final[Mapping[str, type[PlayerCommand]]] = {
    "list_tables": ListTables,
    "watch_table": WatchTable,
    "unwatch_table": UnwatchTable,
    "take_seat": TakeSeat,
    "leave_seat": LeaveSeat,
    "place_bet": PlaceBet,
    "clear_bet": ClearBet,
    "act": Act,
    "set_client_seed": SetClientSeed,
    "confirm_payouts": ConfirmPayouts,
    "say": Say,
    "hint": Hint,
}
ADMIN_COMMANDS: Final[Mapping[str, type[AdminCommand]]] = {
    "start_run": StartRun,
    "pause_payouts": PausePayouts,
    "resume_payouts": ResumePayouts,
    "retry_payout": RetryPayout,
}
_NO_PAYLOAD_NEEDED: Final = frozenset({"list_tables", "pause_payouts", "resume_payouts"})

_AT_FIELD: Final = re.compile(r"at `\$\.([a-z_]+)|required field `([a-z_]+)`")
_JOINER: Final = "\u200d"  # holds composed emoji together; not printable by itself


def parse(allowed: Mapping[str, type[C]], name: str, args: list[object]) -> C:
    """The typed command, or InvalidPayload naming the field at fault where there is one."""
    kind = allowed.get(name)
    if kind is None:
        raise InvalidPayload
    if not args and name in _NO_PAYLOAD_NEEDED:
        args = [{}]
    if len(args) != 1 or not isinstance(args[0], dict):
        raise InvalidPayload
    payload = args[0]
    _refuse_unwritable(payload)
    try:
        command = msgspec.convert(payload, kind, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidPayload(_field_of(error)) from None
    _refuse_unprintable(command)
    return command


def _refuse_unwritable(payload: Mapping[str, object]) -> None:
    """Lone surrogates are no text: nothing that holds one can be stored, compared or sent on."""
    for name, value in payload.items():
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise InvalidPayload(name if name.isascii() else None) from None


def _refuse_unprintable(command: object) -> None:
    if isinstance(command, SetClientSeed) and not command.client_seed.isprintable():
        raise InvalidPayload("client_seed")
    if isinstance(command, Say):
        text = command.text.replace(_JOINER, "").strip()
        if not text or not text.isprintable():
            raise InvalidPayload("text")


def _field_of(error: msgspec.ValidationError) -> str | None:
    found = _AT_FIELD.search(str(error))
    return (found[1] or found[2]) if found else None


def play_of(command: TablePlay, *, user_id: str, name: str) -> games.PlayerCommand:
    """What a player asks of the table, in the table's own words."""
    match command:
        case TakeSeat():
            return games.TakeSeat(user_id=user_id, name=name, seat=command.seat)
        case LeaveSeat():
            return games.LeaveSeat(user_id=user_id)
        case PlaceBet():
            amount, round_id = Money(command.amount), _canonical(command.round_id)
            return games.PlaceBet(user_id=user_id, amount=amount, round_id=round_id)
        case ClearBet():
            return games.ClearBet(user_id=user_id, round_id=_canonical(command.round_id))
        case Act():
            return games.Act(
                user_id=user_id,
                round_id=command.round_id.lower(),
                hand=command.hand,
                cards=command.cards,
                move=Move(command.move),
            )
        case SetClientSeed():
            return games.SetClientSeed(user_id=user_id, client_seed=command.client_seed)


def _canonical(round_id: str | None) -> str | None:
    return None if round_id is None else round_id.lower()


def fingerprinted(command: msgspec.Struct) -> dict[str, object]:
    """The payload that a repeat must carry again: everything but the command's id."""
    payload: dict[str, object] = msgspec.to_builtins(command)
    payload.pop("command_id", None)
    return payload
