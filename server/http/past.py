"""Settled rounds and their shoes in PostgreSQL, read only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, select, tuple_
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


ShoeKey = tuple[str, int]
"""Table and number of a shoe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRound:
    """A round's row."""

    round_id: UUID
    table_id: str
    started_at: datetime
    settled_at: datetime
    record: RoundRecord

    @property
    def shoe_keys(self) -> list[ShoeKey]:
        """The shoes that it was dealt from."""
        return [(self.table_id, shoe.shoe_number) for shoe in self.record.shoes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRound:
    """A round with what one of its players staked and got back, in cents."""

    round: SettledRound
    seat: int
    staked: int
    paid: int


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
    """A player's rounds, newest first: in the order in which they were opened, which no clock can tie."""
    query = (
        select(rounds, round_seats.c.seat, round_seats.c.staked, round_seats.c.paid)
        .join_from(round_seats, rounds, rounds.c.round_id == round_seats.c.round_id)
        .where(round_seats.c.user_id == user_id)
        .order_by(round_seats.c.round_id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(round_seats.c.round_id < before)
    async with measure_db_operation("rounds_of"):
        rows = (await connection.execute(query)).all()
    found = [PlayedRound(round=_round(row), seat=row.seat, staked=row.staked, paid=row.paid) for row in rows]
    return page_of(found, limit, lambda played: str(played.round.round_id))


async def round_of(connection: AsyncConnection, round_id: UUID) -> SettledRound | None:
    """A round, once it is settled."""
    async with measure_db_operation("round_of"):
        row = (await connection.execute(select(rounds).where(rounds.c.round_id == round_id))).one_or_none()
    return None if row is None else _round(row)


async def shoes_of(connection: AsyncConnection, keys: Iterable[ShoeKey]) -> dict[ShoeKey, ShoeRow]:
    """Some shoes by their tables and numbers."""
    query = select(shoes).where(tuple_(shoes.c.table_id, shoes.c.shoe_number).in_(set(keys)))
    async with measure_db_operation("shoes_of"):
        rows = (await connection.execute(query)).all()
    return {(row.table_id, row.shoe_number): _shoe(row) for row in rows}


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


def _round(row: Row[*tuple[Any, ...]]) -> SettledRound:
    return SettledRound(
        round_id=row.round_id,
        table_id=row.table_id,
        started_at=row.started_at,
        settled_at=row.settled_at,
        record=msgspec.convert(row.record, RoundRecord),
    )


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
