"""Tables, told again by their journals: the state that the events lead to is the one that is stored.

The journal is append-only, so it is read a page at a time, up to the version of the state that was read
first.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from random import Random
from typing import Any, Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.audit import TIMEOUT_MS, Finding
from games.blackjack.events import ConfigChanged, EventsError, decode_events
from games.blackjack.evolve import fold
from games.blackjack.rules import Rules
from games.blackjack.state import StateError, TableState, decode_state, encode_state, new_table
from server.schema import journal, shoes, tables
from telemetry.measure import measure_db_operation

JOURNALS: Final = "journals_replay_to_states"
INVARIANTS: Final = (JOURNALS,)
MOVES_MAX: Final = 100_000  # of a table that chance may pick: a few seconds; `all` knows no limit

_PAGE: Final = 2_000
_SENSELESS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What events that were tampered with may do to the state that they are told to."""
_UNTOLD: Final = "client_seed"  # its player's own until the shoe starts


class _Broken(Exception):
    """The journal can't be told; the message says where."""


async def audit_journals(
    engine: AsyncEngine, count: int | None, chance: Random, seen: Callable[[int, int], None]
) -> AsyncIterator[Finding]:
    """What is wrong with `count` tables that chance picks; with all for None.

    `seen` hears how many tables are done, and of how many.
    """
    chosen = await _choose(engine, count, chance)
    seen(0, len(chosen))
    for done, table_id in enumerate(chosen, start=1):
        wrong = await _check(engine, table_id)
        if wrong is not None:
            yield Finding(JOURNALS, f"{table_id}: {wrong}")
        seen(done, len(chosen))


async def _choose(engine: AsyncEngine, count: int | None, chance: Random) -> list[str]:
    query = select(tables.c.table_id).order_by(tables.c.table_id)
    if count is not None:
        query = query.where(tables.c.version <= MOVES_MAX)
    async with engine.connect() as connection, measure_db_operation("audit_tables", threshold_ms=TIMEOUT_MS):
        there = list(await connection.scalars(query))
    return there if count is None else chance.sample(there, min(count, len(there)))


async def _check(engine: AsyncEngine, table_id: str) -> str | None:
    """What is wrong with one table, or None."""
    kept = select(tables.c.version, tables.c.state).where(tables.c.table_id == table_id)
    async with engine.connect() as connection, measure_db_operation("audit_table", threshold_ms=TIMEOUT_MS):
        version, data = (await connection.execute(kept)).one()
    try:
        state = decode_state(data)
        told = await _tell(engine, table_id, version, state)
    except (EventsError, StateError, _Broken, msgspec.MsgspecError) as fault:
        return str(fault)
    if encode_state(told) == encode_state(state):
        return None
    place, expected, actual = _difference(told, state)
    values = "" if place.endswith(_UNTOLD) else f": {expected!r}, not {actual!r}"
    return f"at version {version} the journal leads to another {place}{values}"


async def _tell(engine: AsyncEngine, table_id: str, version: int, state: TableState) -> TableState:
    """The state that the journal leads to at this version; raises EventsError or _Broken."""
    told = await _begin(engine, table_id, state)
    at = 1
    while at < version:
        page = await _read(engine, table_id, after=at, until=version)
        if not page:
            raise _Broken(f"move {at + 1} is not in the journal")
        for row in page:
            if row.version != at + 1:
                raise _Broken(f"move {at + 1} is not in the journal")
            at = row.version
            try:
                told = fold(told, decode_events(row.events))
            except _SENSELESS as fault:
                raise _Broken(f"move {at} makes no sense ({type(fault).__name__})") from None
            except EventsError as fault:
                raise _Broken(f"move {at} can't be read: {fault}") from None
    return told


async def _begin(engine: AsyncEngine, table_id: str, state: TableState) -> TableState:
    """The table as it was made.

    The journal's first row says how it was set up. A table that is older than such rows was set up as it is
    now, but for the rules and seats of its first shoe; what its journal changes since, it says in full.
    """
    first_shoes = (
        select(shoes)
        .where(shoes.c.table_id == table_id, shoes.c.shoe_number <= 2)
        .order_by(shoes.c.shoe_number)
    )
    async with engine.connect() as connection, measure_db_operation("audit_shoes", threshold_ms=TIMEOUT_MS):
        made = (await connection.execute(first_shoes)).all()
    if len(made) < 2:
        raise _Broken("its first shoes are gone")
    config = replace(
        state.config, rules=msgspec.convert(made[0].rules, Rules), seats=len(made[0].client_seeds or ())
    )
    for row in await _read(engine, table_id, after=0, until=1):
        config = next(
            (event.config for event in decode_events(row.events) if isinstance(event, ConfigChanged)), config
        )
    return new_table(config, commitment=made[0].commitment, next_commitment=made[1].commitment)


async def _read(
    engine: AsyncEngine, table_id: str, *, after: int, until: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """A page of the journal, each in a snapshot of its own."""
    query = (
        select(journal.c.version, journal.c.events)
        .where(journal.c.table_id == table_id, journal.c.version > after, journal.c.version <= until)
        .order_by(journal.c.version)
        .limit(_PAGE)
    )
    async with engine.connect() as connection, measure_db_operation("audit_journal", threshold_ms=TIMEOUT_MS):
        return (await connection.execute(query)).all()


def _difference(told: object, kept: object, place: str = "") -> tuple[str, object, object]:
    """The first place where two states part, with what it should be and what it is."""
    if isinstance(told, msgspec.Struct) and isinstance(kept, type(told)):
        for name in told.__struct_fields__:
            expected, actual = getattr(told, name), getattr(kept, name)
            if expected != actual:
                return _difference(expected, actual, f"{place}.{name}" if place else name)
    if isinstance(told, tuple) and isinstance(kept, tuple) and len(told) == len(kept):
        for index, (expected, actual) in enumerate(zip(told, kept, strict=True)):
            if expected != actual:
                return _difference(expected, actual, f"{place}[{index}]")
    return place, told, kept
