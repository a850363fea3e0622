"""Settled rounds and their shoes in PostgreSQL, read only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.pages import Page, page_of
from economy.schema import round_seats
from games.blackjack.history import RoundRecord
from games.blackjack.rules import Rules
from server.schema import rounds, shoes
from telemetry.measure import measure_db_operation

ROUNDS_MAX: Final = 1_000  # of one shoe; eight decks give about a hundred and twenty

_COMMITMENT: Final = re.compile(r"[0-9a-f]{64}")
_SLACK: Final = timedelta(seconds=60)  # a shoe's first round may be settled in the transaction that starts it


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRound:
    """A round as one of its players remembers it; amounts in cents."""

    round_id: UUID
    table_id: str
    seat: int
    staked: int
    paid: int
    net: int
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRound:
    """A round's row."""

    table_id: str
    started_at: datetime
    settled_at: datetime
    record: RoundRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ShoeRow:
    """A shoe's row; `server_seed` stands there once it is revealed."""

    table_id: str
    shoe_number: int
    commitment: str
    wrapped_seed: bytes = field(repr=False)
    server_seed: bytes | None
    client_seeds: tuple[str, ...]
    rules: Rules | None
    started_at: datetime | None
    revealed_at: datetime | None

    @property
    def is_revealed(self) -> bool:
        """Whether the shoe is finished and its seed public."""
        return self.revealed_at is not None


async def rounds_of(
    connection: AsyncConnection, user_id: UUID, *, before: UUID | None, limit: int
) -> Page[PlayedRound]:
    """A player's rounds, newest first."""
    query = (
        select(round_seats)
        .where(round_seats.c.user_id == user_id)
        .order_by(round_seats.c.round_id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(round_seats.c.round_id < before)
    async with measure_db_operation("rounds_of"):
        rows = (await connection.execute(query)).all()
    found = [
        PlayedRound(
            round_id=row.round_id,
            table_id=row.table_id,
            seat=row.seat,
            staked=row.staked,
            paid=row.paid,
            net=row.paid - row.staked,
            settled_at=row.settled_at,
        )
        for row in rows
    ]
    return page_of(found, limit, lambda played: str(played.round_id))


async def round_of(connection: AsyncConnection, round_id: UUID) -> SettledRound | None:
    """A round, once it is settled."""
    async with measure_db_operation("round_of"):
        row = (await connection.execute(select(rounds).where(rounds.c.round_id == round_id))).one_or_none()
    if row is None:
        return None
    return SettledRound(
        table_id=row.table_id,
        started_at=row.started_at,
        settled_at=row.settled_at,
        record=msgspec.convert(row.record, RoundRecord),
    )


async def shoes_of(connection: AsyncConnection, table_id: str, numbers: Sequence[int]) -> dict[int, ShoeRow]:
    """Some shoes of a table by their numbers."""
    query = select(shoes).where(shoes.c.table_id == table_id, shoes.c.shoe_number.in_(numbers))
    async with measure_db_operation("shoes_of"):
        rows = (await connection.execute(query)).all()
    return {row.shoe_number: _shoe(row) for row in rows}


async def shoe_of(connection: AsyncConnection, commitment: str) -> ShoeRow | None:
    """The shoe of a commitment."""
    if not _COMMITMENT.fullmatch(commitment):
        return None
    async with measure_db_operation("shoe_of"):
        row = (await connection.execute(select(shoes).where(shoes.c.commitment == commitment))).one_or_none()
    return None if row is None else _shoe(row)


async def rounds_from(connection: AsyncConnection, shoe: ShoeRow) -> list[UUID]:
    """The rounds that took cards from a shoe, oldest first, out of those settled while it was in play."""
    if shoe.started_at is None:
        return []
    lies = [rounds.c.table_id == shoe.table_id, rounds.c.settled_at >= shoe.started_at - _SLACK]
    if shoe.revealed_at is not None:
        lies.append(rounds.c.settled_at <= shoe.revealed_at + _SLACK)
    took = rounds.c.record["shoes"].contains([{"shoe_number": shoe.shoe_number}])
    query = select(rounds.c.round_id).where(and_(*lies), took).order_by(rounds.c.settled_at).limit(ROUNDS_MAX)
    async with measure_db_operation("rounds_from"):
        return list(await connection.scalars(query))


def _shoe(row: Row[*tuple[object, ...]]) -> ShoeRow:
    fields = row._mapping  # noqa: SLF001 # SQLAlchemy's documented name for it
    return ShoeRow(
        table_id=fields["table_id"],
        shoe_number=fields["shoe_number"],
        commitment=fields["commitment"],
        wrapped_seed=fields["wrapped_seed"],
        server_seed=fields["server_seed"],
        client_seeds=tuple(fields["client_seeds"] or ()),
        rules=None if fields["rules"] is None else msgspec.convert(fields["rules"], Rules),
        started_at=fields["started_at"],
        revealed_at=fields["revealed_at"],
    )
