"""What the database says happened at the tables, in one snapshot, folded again from where it began."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import Row, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy.schema import accounts, commands, transfers
from games.blackjack.events import Event, decode_events
from games.blackjack.evolve import fold
from games.blackjack.state import TableState, decode_state
from server.schema import journal, rounds, sessions, shoes, tables, users

_TIMEOUT_MS: Final = 120_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The tables as they stood before the first client came; `at` on the database's clock."""

    at: datetime
    versions: Mapping[str, int]
    states: Mapping[str, TableState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A row of the journal, and the state that follows from it."""

    table_id: str
    version: int
    user_id: str | None
    command_id: str | None
    command: str
    events: tuple[Event, ...]
    before: TableState
    after: TableState


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose an account is."""

    account_id: int
    kind: str
    owner: str


async def look_before(engine: AsyncEngine, table_ids: Iterable[str]) -> Before:
    """How the tables stand now."""
    async with engine.connect() as connection:
        at = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        rows = await connection.execute(
            select(tables.c.table_id, tables.c.version, tables.c.state).where(
                tables.c.table_id.in_(list(table_ids))
            )
        )
        found = [(row.table_id, row.version, decode_state(row.state)) for row in rows]
    return Before(
        at=at,
        versions={table_id: version for table_id, version, _ in found},
        states={table_id: state for table_id, _, state in found},
    )


async def knows_user(engine: AsyncEngine, user_id: str) -> bool:
    """Whether this is the database that the casino works on: it knows the guest that was just registered."""
    async with engine.connect() as connection:
        query = select(func.count()).select_from(users).where(users.c.user_id == UUID(user_id))
        return bool(await connection.scalar(query))


class Truth:
    """Reads of one moment of the database."""

    def __init__(self, connection: AsyncConnection, before: Before) -> None:
        self._connection = connection
        self._before = before

    @classmethod
    async def begun(cls, connection: AsyncConnection, before: Before) -> Self:
        """The snapshot, begun on a connection of its own."""
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        await connection.execute(text(f"SET LOCAL statement_timeout = {_TIMEOUT_MS}"))
        return cls(connection, before)

    async def moves(self, table_id: str) -> AsyncIterator[Move]:
        """Everything that happened at the table since, in order; the journal's gaps are the caller's."""
        state = self._before.states[table_id]
        rows = await self._connection.stream(
            select(journal)
            .where(journal.c.table_id == table_id, journal.c.version > self._before.versions[table_id])
            .order_by(journal.c.version)
        )
        async for row in rows:
            events = decode_events(row.events)
            after = fold(state, events)
            yield Move(
                table_id=table_id,
                version=row.version,
                user_id=None if row.user_id is None else str(row.user_id),
                command_id=row.command_id,
                command=row.command,
                events=events,
                before=state,
                after=after,
            )
            state = after

    async def acks(self, user_ids: Iterable[str]) -> dict[tuple[str, str], dict[str, Any]]:
        """The stored acks of these players, by user and command id."""
        query = select(commands.c.user_id, commands.c.command_id, commands.c.ack)
        rows = await self._connection.execute(query.where(commands.c.user_id.in_(_uuids(user_ids))))
        return {(str(row.user_id), row.command_id): row.ack for row in rows}

    async def accounts(self, *, user_ids: Iterable[str], table_ids: Iterable[str]) -> list[Account]:
        """The players' wallets, and the tables' escrows and banks."""
        query = select(accounts.c.account_id, accounts.c.kind, accounts.c.owner).where(
            or_(
                (accounts.c.kind == "wallet") & accounts.c.owner.in_(list(user_ids)),
                accounts.c.kind.in_(("escrow", "bank")) & accounts.c.owner.in_(list(table_ids)),
            )
        )
        rows = await self._connection.execute(query)
        return [Account(account_id=row.account_id, kind=row.kind, owner=row.owner) for row in rows]

    async def transfers(self, account_ids: Sequence[int]) -> list[Row[Any]]:
        """Every transfer since that one of these accounts gave or got."""
        query = select(transfers).where(
            transfers.c.at >= self._before.at,
            or_(transfers.c.debit.in_(account_ids), transfers.c.credit.in_(account_ids)),
        )
        return list(await self._connection.execute(query))

    async def rounds(self, table_ids: Iterable[str]) -> list[Row[Any]]:
        """The records of the rounds that ended since."""
        query = select(rounds).where(
            rounds.c.table_id.in_(list(table_ids)), rounds.c.settled_at >= self._before.at
        )
        return list(await self._connection.execute(query))

    async def shoes(self, table_ids: Iterable[str]) -> list[Row[Any]]:
        """The tables' shoes that have been in play."""
        query = select(shoes).where(shoes.c.table_id.in_(list(table_ids)), shoes.c.started_at.is_not(None))
        return list(await self._connection.execute(query))

    async def token_hashes(self, among: Iterable[bytes]) -> list[bytes]:
        """Those of the hashes that are of a session's token."""
        query = select(sessions.c.token_hash).where(sessions.c.token_hash.in_(list(among)))
        return list(await self._connection.scalars(query))


def _uuids(ids: Iterable[str]) -> list[UUID]:
    return [UUID(user_id) for user_id in ids]
