"""What a move costs in PostgreSQL: the one SQL function against the same writes in separate statements.

On the tests' servers, whose fsync is off: the rates are no promise. The table store also loads and decides.
"""

import asyncio
from statistics import median
from time import perf_counter
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from economy.ids import new_id
from economy.money import Money
from games.blackjack.commands import PlaceBet, TakeSeat
from games.ports import Committed
from server.settings import sqlalchemy_url
from tests.bench.output import say
from tests.integration.floor.world import FloorWorld, floor_world, request_of
from tests.services import Services

MOVES = 400
REPEATS = 5


def run() -> None:
    """Moves a second on one connection: a changed bet with its stake, journal row and command row."""
    with Services() as services:
        url = services.create_database()
        asyncio.run(_measure(url))
        services.drop_database(url)


async def _measure(url: str) -> None:
    engine = create_async_engine(sqlalchemy_url(url))
    async with asyncpg.create_pool(url, min_size=2, max_size=4) as pool, floor_world(pool, engine) as world:
        ann = await world.player("ann")
        sit = TakeSeat(user_id=ann, name="ann", seat=1)
        await world.store.commit(await world.step(sit, request_of(sit, ann, "sit-00001")))
        ours, apart = [], []
        for _ in range(REPEATS):
            ours.append(await _through_the_store(world, ann))
            apart.append(await _in_separate_statements(world, ann))
    await engine.dispose()
    say("floor", f"table store: {median(ours):,.0f} moves/s with deciding (median of {REPEATS})")
    say("floor", f"separate statements, bare: {median(apart):,.0f} moves/s")
    say("floor", f"ratio: {median(ours) / median(apart):.2f}")


async def _through_the_store(world: FloorWorld, ann: str) -> float:
    started = perf_counter()
    for number in range(MOVES):
        bet = PlaceBet(user_id=ann, amount=Money(100 + number % 2))
        outcome = await world.store.commit(await world.step(bet, request_of(bet, ann, str(new_id()))))
        assert isinstance(outcome, Committed)
    return MOVES / (perf_counter() - started)


async def _in_separate_statements(world: FloorWorld, ann: str) -> float:
    row = await world.pool.fetchrow(
        "SELECT t.escrow_id, a.account_id FROM tables t, accounts a WHERE a.kind = 'wallet' AND a.owner = $1",
        ann,
    )
    started = perf_counter()
    for _ in range(MOVES):
        async with world.pool.acquire() as connection, connection.transaction():
            version = await connection.fetchval("SELECT version FROM tables WHERE table_id = 'test-1'")
            await connection.execute(
                "UPDATE tables SET version = version + 1 WHERE table_id = 'test-1' AND version = $1", version
            )
            await connection.fetch(
                "SELECT * FROM post_transfers($1, $2, $3, $4, $5, $6, NULL, NULL)",
                [new_id()],
                [str(new_id())],
                [row[1]],
                [row[0]],
                [1],
                ["bet"],
            )
            await connection.execute(
                "INSERT INTO commands (user_id, command_id, fingerprint, ack) VALUES ($1, $2, '', '{}')",
                UUID(ann),
                str(new_id()),
            )
            await connection.execute(
                "INSERT INTO journal (table_id, version, command, events) VALUES ('test-1', $1, 'bench', '')",
                version + 1,
            )
    return MOVES / (perf_counter() - started)
