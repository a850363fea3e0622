"""Tables, for operators."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.schema import accounts
from games.blackjack import commands
from games.blackjack.config import check_config
from games.blackjack.errors import InvalidRules
from games.blackjack.presets import PresetName, name_of, rules_with
from games.blackjack.rules import BlackjackPays, DoubleOn, Rules, SplitBy, Surrender, parse_rules
from games.blackjack.state import TableConfig, TableState, decode_state
from games.blackjack.terms import OnTimeout
from server.errors import InvalidPayload, NotFound, UnknownTable
from server.http.calls import Asked, Call, Nothing, Who, get, write
from server.http.reading import printable
from server.identity.trail import recorded
from server.schema import tables
from telemetry.measure import measure_db_operation

_escrows, _banks = accounts.alias("escrows"), accounts.alias("banks")

Reason = Annotated[str, Meta(min_length=1, max_length=200)]


class GivenRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some keys of a rules object; the game checks the bounds."""

    decks: int | UnsetType = UNSET
    dealer_hits_soft_17: bool | UnsetType = UNSET
    blackjack_pays: BlackjackPays | UnsetType = UNSET
    double: DoubleOn | UnsetType = UNSET
    double_after_split: bool | UnsetType = UNSET
    max_hands: int | UnsetType = UNSET
    resplit_aces: bool | UnsetType = UNSET
    hit_split_aces: bool | UnsetType = UNSET
    split_by: SplitBy | UnsetType = UNSET
    surrender: Surrender | UnsetType = UNSET
    insurance: bool | UnsetType = UNSET
    dealer_peeks: bool | UnsetType = UNSET
    penetration: float | UnsetType = UNSET


class CreateTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new table, in cents. The game checks the bounds.

    Keys that `rules` misses are those of the `preset`, without one the defaults.
    """

    table_id: str
    name: str
    preset: str | UnsetType = UNSET
    rules: GivenRules = GivenRules()
    min_bet: int
    max_bet: int
    seats: int
    betting_ms: int
    turn_ms: int
    insurance_ms: int
    pause_ms: int
    seat_hold_ms: int = 60_000
    on_timeout: OnTimeout = OnTimeout.SAFE
    hints: bool = True


class ChangeTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different, from the next round on.

    With a `preset` or `rules` the rules are replaced as a whole, as when a table is made.
    """

    name: str | UnsetType = UNSET
    preset: str | UnsetType = UNSET
    rules: GivenRules | UnsetType = UNSET
    min_bet: int | UnsetType = UNSET
    max_bet: int | UnsetType = UNSET
    seats: int | UnsetType = UNSET
    betting_ms: int | UnsetType = UNSET
    turn_ms: int | UnsetType = UNSET
    insurance_ms: int | UnsetType = UNSET
    pause_ms: int | UnsetType = UNSET
    seat_hold_ms: int | UnsetType = UNSET
    on_timeout: OnTimeout | UnsetType = UNSET
    hints: bool | UnsetType = UNSET


class VoidRound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the round is voided."""

    reason: Reason


class KickPlayer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose seat is taken away, and why."""

    seat: Annotated[int, Meta(ge=1, le=7)]
    reason: Reason


class RunTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table as its operators see it: the set-up from the next round on, and its books in cents."""

    table_id: str
    name: str
    rules: Rules
    preset: PresetName | None
    min_bet: int
    max_bet: int
    seats: int
    betting_ms: int
    turn_ms: int
    insurance_ms: int
    pause_ms: int
    seat_hold_ms: int
    on_timeout: OnTimeout
    hints: bool
    change_pending: bool
    closing: bool
    phase: str
    version: int
    round_id: str | None
    players: int
    watchers: int
    escrow: int
    bank: int
    bank_target: int


class RunTables(msgspec.Struct, frozen=True, kw_only=True):
    """Every table."""

    items: list[RunTable]


async def list_tables(asked: Asked[Nothing]) -> RunTables:
    """Every table with its set-up and its books."""
    async with asked.services.engine.connect() as connection:
        rows = await _rows(connection)
    return RunTables(items=[_table(asked, row) for row in rows])


async def create(asked: Asked[CreateTable]) -> RunTable:
    """Make a table."""
    config = check_config(TableConfig(**_set_up(asked.body)))
    async with _recorded(asked, "create_table", config.table_id, msgspec.to_builtins(asked.body)):
        await asked.services.floor.create_table(config)
    return await _show(asked, config.table_id)


async def change(asked: Asked[ChangeTable]) -> RunTable:
    """Set a table up differently, from the next round on."""
    table_id = asked.table_id()
    changes = _set_up(asked.body)
    async with asked.services.engine.connect() as connection:
        rows = await _rows(connection, table_id)
    if not rows:
        raise UnknownTable
    state = decode_state(rows[0].state)
    config = check_config(msgspec.structs.replace(state.pending_config or state.config, **changes))
    async with _recorded(asked, "change_table", table_id, msgspec.to_builtins(asked.body)):
        await asked.services.floor.operate(table_id, commands.Change(config=config))
    return await _show(asked, table_id)


async def close(asked: Asked[Nothing]) -> RunTable:
    """Close a table, after the round in play."""
    return await _operate(asked, "close_table", commands.Close())


async def reopen(asked: Asked[Nothing]) -> RunTable:
    """Open a table again."""
    return await _operate(asked, "open_table", commands.Open())


async def void(asked: Asked[VoidRound]) -> RunTable:
    """Give every stake of the round back."""
    return await _operate(asked, "void_round", commands.Void(reason=printable(asked.body.reason, "reason")))


async def kick(asked: Asked[KickPlayer]) -> RunTable:
    """Take a player's seat away; a live hand is settled by the timeout rules."""
    printable(asked.body.reason, "reason")
    return await _operate(asked, "kick_player", commands.Kick(seat=asked.body.seat))


async def _operate(asked: Asked[Any], act: str, command: commands.Command) -> RunTable:
    table_id = asked.table_id()
    async with _recorded(asked, act, table_id, msgspec.structs.asdict(asked.body)):
        await asked.services.floor.operate(table_id, command)
    return await _show(asked, table_id)


def _recorded(asked: Asked[Any], act: str, target: str, facts: dict[str, Any]) -> Any:
    return recorded(asked.services.engine, asked.user.user_id, act, target, facts)


def _set_up(body: CreateTable | ChangeTable) -> dict[str, Any]:
    """The fields of a `TableConfig` that a body gives; raises the refusal of its rules."""
    given = _given(body)
    preset, rules = given.pop("preset", None), given.pop("rules", None)
    if preset is None and rules is None:
        return given
    return {**given, "rules": _rules(preset, {} if rules is None else _given(rules))}


def _given(body: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}


def _rules(preset: str | None, fields: dict[str, Any]) -> Rules:
    try:
        return parse_rules(fields) if preset is None else rules_with(preset, fields)
    except InvalidRules as refusal:
        raise InvalidPayload(f"rules.{refusal.field}") from None


async def _show(asked: Asked[Any], table_id: str) -> RunTable:
    async with asked.services.engine.connect() as connection:
        rows = await _rows(connection, table_id)
    if not rows:
        raise NotFound
    return _table(asked, rows[0])


async def _rows(connection: AsyncConnection, table_id: str | None = None) -> list[Row[*tuple[Any, ...]]]:
    query = (
        select(
            tables.c.table_id,
            tables.c.state,
            tables.c.version,
            tables.c.bank_target,
            _escrows.c.balance.label("escrow"),
            _banks.c.balance.label("bank"),
        )
        .join(_escrows, _escrows.c.account_id == tables.c.escrow_id)
        .join(_banks, _banks.c.account_id == tables.c.bank_id)
        .order_by(tables.c.bank_target, tables.c.table_id)
    )
    if table_id is not None:
        query = query.where(tables.c.table_id == table_id)
    async with measure_db_operation("tables_of_operators"):
        return list((await connection.execute(query)).all())


def _table(asked: Asked[Any], row: Row[*tuple[Any, ...]]) -> RunTable:
    fields = row._mapping  # noqa: SLF001 # SQLAlchemy's documented name for it
    state: TableState = decode_state(fields["state"])
    config = state.pending_config or state.config
    return RunTable(
        table_id=config.table_id,
        name=config.name,
        rules=config.rules,
        preset=name_of(config.rules),
        min_bet=config.min_bet,
        max_bet=config.max_bet,
        seats=config.seats,
        betting_ms=config.betting_ms,
        turn_ms=config.turn_ms,
        insurance_ms=config.insurance_ms,
        pause_ms=config.pause_ms,
        seat_hold_ms=config.seat_hold_ms,
        on_timeout=config.on_timeout,
        hints=config.hints,
        change_pending=state.pending_config is not None,
        closing=state.is_closing,
        phase=state.phase.value,
        version=fields["version"],
        round_id=state.round_id,
        players=sum(seat.user_id is not None for seat in state.seats),
        watchers=asked.services.floor.presence.watchers(config.table_id),
        escrow=fields["escrow"],
        bank=fields["bank"],
        bank_target=fields["bank_target"],
    )


_TABLE: Final = "/api/admin/tables/{id}"

CALLS: Final[tuple[Call[Any], ...]] = (
    get("/api/admin/tables", list_tables, RunTables, who=Who.ADMIN),
    write("POST", "/api/admin/tables", create, CreateTable, RunTable, who=Who.ADMIN, status=201),
    write("PATCH", _TABLE, change, ChangeTable, RunTable, who=Who.ADMIN),
    write("POST", f"{_TABLE}/close", close, Nothing, RunTable, who=Who.ADMIN),
    write("POST", f"{_TABLE}/open", reopen, Nothing, RunTable, who=Who.ADMIN),
    write("POST", f"{_TABLE}/void", void, VoidRound, RunTable, who=Who.ADMIN),
    write("POST", f"{_TABLE}/kick", kick, KickPlayer, RunTable, who=Who.ADMIN),
)
