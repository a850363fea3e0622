"""The tables of a load test: those that there are, or some of its own that are closed again."""

import math
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from server.loadtest.plan import NotEnoughSeats, seat_plan
from server.loadtest.reception import CallRefused, CasinoUnreachable, Reception

_OWN_SEATS: Final = 5
_OWN_TABLE: Final[dict[str, object]] = {
    "rules": {},
    "min_bet": 100,
    "max_bet": 10_000,
    "seats": _OWN_SEATS,
    "betting_ms": 15_000,
    "turn_ms": 15_000,
    "insurance_ms": 10_000,
    "pause_ms": 3_000,
    "seat_hold_ms": 60_000,
    "on_timeout": "safe",
    "hints": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A table for each player, the tables that are watched, and all that somebody may come to."""

    places: list[str]
    watched: list[str]
    tables: list[str]


@asynccontextmanager
async def opened_venue(
    reception: Reception, players: int, *, has_own: bool, say: Callable[[str], None]
) -> AsyncIterator[Venue]:
    """Where the players sit; raises NotEnoughSeats, CasinoUnreachable, CallRefused.

    With tables of its own, which an operator's token makes, they are closed at the end, whatever happens.
    """
    if not has_own or players == 0:
        yield await _among_the_open(reception, players)
        return
    name = secrets.token_hex(3)
    tables = [f"load-{name}-{number}" for number in range(1, math.ceil(players / _OWN_SEATS) + 1)]
    opened: list[str] = []
    try:
        for table_id in tables:
            await reception.open_table(table_id, _OWN_TABLE)
            opened.append(table_id)
        say(f"opened {len(opened)} tables, load-{name}-1 to {len(opened)}")
        places = seat_plan([(table_id, _OWN_SEATS) for table_id in opened], players)
        yield Venue(places=places, watched=opened, tables=opened)
    finally:
        for table_id in opened:
            try:
                await reception.close_table(table_id)
            except (CallRefused, CasinoUnreachable) as fault:
                say(f"table {table_id} could not be closed: {fault}")


async def _among_the_open(reception: Reception, players: int) -> Venue:
    tables = await reception.tables()
    if not tables:
        raise NotEnoughSeats("the casino has no open table")
    free = [(table.table_id, max(0, table.seats - table.players)) for table in tables]
    places = seat_plan(free, players)
    names = [table.table_id for table in tables]
    return Venue(places=places, watched=list(dict.fromkeys(places)) or names, tables=names)
