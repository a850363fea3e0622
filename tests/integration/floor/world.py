"""A floor on real servers, with players who have money."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.commands import fingerprint
from economy.ids import new_id
from economy.money import Money
from economy.store import open_wallet
from games.blackjack.commands import Command
from games.blackjack.decide import decide_and_evolve
from games.blackjack.state import TableConfig
from games.ports import Guard, Request, Step
from server.floor.dealer import ShoeBook
from server.floor.seeds import SeedVault
from server.floor.store import TableStore
from server.floor.tables import create_table
from server.schema import users
from telemetry.clock import SystemClock

KEYS = (b"a key for the tests only",)
CONFIG = TableConfig(table_id="test-1", name="Test", min_bet=Money(100), max_bet=Money(50_000), seats=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorWorld:
    """One table, its store, and the way to make players."""

    pool: asyncpg.Pool
    engine: AsyncEngine
    vault: SeedVault
    store: TableStore

    async def player(self, name: str) -> str:
        """A new player with the start money; answers the user's id."""
        user_id = new_id()
        async with self.engine.begin() as connection:
            await connection.execute(
                insert(users).values(user_id=user_id, name=name, name_key=name, role="player")
            )
            await open_wallet(connection, user_id)
        return str(user_id)

    async def balance(self, user_id: str) -> int:
        """A player's money."""
        return int(
            await self.pool.fetchval(
                "SELECT balance FROM accounts WHERE kind = 'wallet' AND owner = $1", user_id
            )
        )

    async def step(self, command: Command, request: Request, *, guard: Guard = Guard.ANY) -> Step:
        """What a loop would commit for this command on the table as it stands."""
        stored = await self.store.load("test-1")
        dealer = await self.store.dealer(stored)
        events, after = decide_and_evolve(stored.state, command, dealer)
        return Step(request=request, before=stored, after=after, events=events, guard=guard, dealer=dealer)


def request_of(command: Command, user_id: str, command_id: str) -> Request:
    """A player's request."""
    name = type(command).__name__
    return Request(
        command=command,
        name=name,
        user_id=user_id,
        command_id=command_id,
        fingerprint=fingerprint(name, {"command": repr(command)}),
    )


@asynccontextmanager
async def floor_world(
    pool: asyncpg.Pool, engine: AsyncEngine, *table_ids: str, vault: SeedVault | None = None
) -> AsyncIterator[FloorWorld]:
    """The world with its tables made, `test-1` if none is named."""
    vault = vault or SeedVault(KEYS)
    async with engine.begin() as connection:
        for table_id in table_ids or ("test-1",):
            await create_table(connection, vault, msgspec.structs.replace(CONFIG, table_id=table_id))
    store = TableStore(pool, ShoeBook(pool, vault), SystemClock())
    yield FloorWorld(pool=pool, engine=engine, vault=vault, store=store)


def uuid_of(user_id: str) -> UUID:
    """The id as PostgreSQL wants it."""
    return UUID(user_id)
