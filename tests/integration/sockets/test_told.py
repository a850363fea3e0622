"""What clients are told when pushes come late, or never."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.money import Money
from games.blackjack.commands import ClearBet, PlaceBet
from games.blackjack.view import TableView
from server.floor.broadcast import Broadcast
from server.floor.dealer import ShoeBook
from server.floor.floor import Floor
from server.floor.presence import Presence
from server.floor.seeds import SeedVault
from server.floor.store import TableStore
from server.sockets.edge import CHANNEL
from telemetry.clock import SystemClock
from tests.integration.sockets.house import Client, House, Player

_POST: str = """
SELECT post_transfers(ARRAY[gen_random_uuid()], ARRAY[$2], ARRAY[m.account_id], ARRAY[w.account_id],
    ARRAY[$3::bigint], ARRAY['credit'], NULL, NULL)
FROM accounts m, accounts w WHERE m.kind = 'mint' AND w.kind = 'wallet' AND w.owner = $1"""


class NoPushes:
    """A process that dies between its commits and its pushes."""

    async def table_changed(self, table_id: str, table: TableView, *, local_only: bool = False) -> None:
        """Never told."""

    async def balance_changed(self, user_id: str, payload: dict[str, object]) -> None:
        """Never told."""

    def balances_missed(self, user_ids: Iterable[str]) -> None:
        """Nobody is here."""


@asynccontextmanager
async def silent_floor(pool: asyncpg.Pool, engine: AsyncEngine, redis: Redis) -> AsyncIterator[Floor]:
    """Another process's floor, of whose commits nobody hears."""
    clock, vault = SystemClock(), SeedVault((b"a key for the tests only",))
    floor = Floor(
        pool=pool,
        engine=engine,
        store=TableStore(pool, ShoeBook(pool, vault), clock),
        vault=vault,
        presence=Presence(redis, "silent"),
        broadcast=Broadcast(NoPushes(), clock),
        clock=clock,
        stagger_ms=0,
    )
    running = asyncio.create_task(floor.run())
    await asyncio.sleep(0)
    try:
        yield floor
    finally:
        running.cancel()
        await asyncio.wait([running])


async def credited(pool: asyncpg.Pool, player: Player, amount: int) -> None:
    """Money comes, and the push is lost."""
    await pool.execute(_POST, player.user_id, uuid4().hex, amount)


async def push(redis: Redis, event: str, room: str, payload: dict[str, Any]) -> None:
    """A push of another process."""
    message = {"method": "emit", "event": event, "data": [payload], "namespace": "/", "room": room}
    await redis.publish(CHANNEL, orjson.dumps({**message, "binary": False, "host_id": "another"}))


def balances(client: Client) -> list[tuple[int, str]]:
    """The balances that waited to be heard, in order, with their reasons."""
    found = []
    while not client.heard.empty():
        event, payload = client.heard.get_nowait()
        if event == "balance_changed":
            found.append((payload["balance"], payload["reason"]))
    return found


async def test_a_view_older_than_the_one_shown_is_not_shown(casino: House, redis: Redis) -> None:
    async with casino.client(await casino.guest()) as client:
        view = (await client.ask("watch_table", table_id="main-1"))["table"]
        for version in (7, 6, 7, 5, 9):
            await push(redis, "table_changed", "table:main-1", {**view, "version": version})
        shown = [1]
        while shown[-1] < 9:
            shown.append((await client.hear("table_changed"))["version"])
    assert [version for version in shown if version > 1] == [7, 7, 9]


async def test_balances_whose_pushes_were_lost_are_told_once_each_and_in_order(
    casino: House, pool: asyncpg.Pool
) -> None:
    ada, bob = await casino.guest(), await casino.guest()
    async with casino.client(ada) as one, casino.client(ada) as two, casino.client(bob) as other:
        for client in (one, two, other):
            await client.hear("welcome")
        await credited(pool, ada, 5)
        await credited(pool, ada, 7)
        await casino.edge.heal()

        assert (await one.hear("balance_changed"))["balance"] == 100_005
        assert (await one.hear("balance_changed"))["balance"] == 100_012
        await casino.edge.heal()
        await credited(pool, bob, 1)
        await casino.edge.heal()
        assert (await other.hear("balance_changed"))["balance"] == 100_001
        assert balances(one) == []
        assert balances(two) == [(100_005, "credit"), (100_012, "credit")]


async def test_a_balance_whose_push_is_only_late_is_told_once(casino: House, pool: asyncpg.Pool) -> None:
    ada, bob = await casino.guest(), await casino.guest()
    async with casino.client(ada) as one, casino.client(bob) as other:
        for client in (one, other):
            await client.hear("welcome")
        await credited(pool, ada, 5)
        await credited(pool, bob, 5)
        await casino.edge.heal()  # both are behind
        version = await pool.fetchval("SELECT version FROM accounts WHERE owner = $1", ada.user_id)
        late = {"balance": 100_005, "balance_version": version, "reason": "credit"}
        await casino.edge.pusher.balance_changed(ada.user_id, late)
        await other.hear("balance_changed")  # by the second look, which would have told Ada, too
        assert balances(one) == [(100_005, "credit")]


async def test_players_learn_what_a_process_did_that_died_before_it_told_them(
    casino: House, pool: asyncpg.Pool, engine: AsyncEngine, redis: Redis
) -> None:
    ada, bob = await casino.guest(), await casino.guest()
    async with (
        silent_floor(pool, engine, redis) as silent,
        casino.client(ada) as one,
        casino.client(bob) as other,
    ):
        await one.do("take_seat", table_id="main-1", seat=1)
        await other.do("take_seat", table_id="main-1", seat=2)
        for command in (PlaceBet(user_id=ada.user_id, amount=Money(500)), ClearBet(user_id=ada.user_id)):
            name = type(command).__name__
            await silent.play(
                ada.user_id, "main-1", command, name=name, command_id=uuid4().hex, payload={"name": name}
            )
        told = [await one.hear("balance_changed") for _ in range(2)]
        assert [(change["balance"], change["reason"]) for change in told] == [
            (99_500, "bet"),
            (100_000, "bet_cleared"),
        ]
        newest = (await casino.floor.view("main-1")).version
        while (await other.hear("table_changed"))["version"] < newest:
            pass
        assert balances(other) == []
