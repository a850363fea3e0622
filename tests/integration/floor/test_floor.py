"""Two floors on one database, as two processes would be: any of them serves any table."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.money import Money
from games.blackjack.commands import Close, PlaceBet, TakeSeat, Void
from games.blackjack.errors import StaleRound, TableIsClosed
from games.blackjack.state import TableConfig
from games.blackjack.view import TableView
from server.errors import ServerRestarting, UnknownTable
from server.floor.broadcast import Broadcast
from server.floor.dealer import ShoeBook
from server.floor.floor import Floor
from server.floor.presence import Presence
from server.floor.store import TableStore
from telemetry.clock import SystemClock
from tests.integration.floor.world import CONFIG, FloorWorld, floor_world

PATIENCE_S = 15.0


class SeenPushes:
    """What the watchers of one process were shown."""

    def __init__(self) -> None:
        self.views: list[TableView] = []
        self.balances: list[tuple[str, dict[str, object]]] = []
        self.missed: set[str] = set()
        self._changed = asyncio.Event()

    async def table_changed(self, table_id: str, table: TableView, *, local_only: bool = False) -> None:
        """A view."""
        del table_id, local_only
        self.views.append(table)
        self._changed.set()

    async def balance_changed(self, user_id: str, payload: dict[str, object]) -> None:
        """A balance."""
        self.balances.append((user_id, payload))

    def balances_missed(self, user_ids: Iterable[str]) -> None:
        """Whose balances may not have been shown."""
        self.missed.update(user_ids)

    async def until(self, is_right: Callable[[TableView], bool]) -> TableView:
        """Wait for a view."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for view in self.views:
                    if is_right(view):
                        return view
                self._changed.clear()
                await self._changed.wait()


class RunningFloor:
    """One process's floor with what its watchers see."""

    def __init__(self, world: FloorWorld, redis: Redis, name: str) -> None:
        clock = SystemClock()
        self.seen = SeenPushes()
        self.floor = Floor(
            pool=world.pool,
            engine=world.engine,
            store=TableStore(world.pool, ShoeBook(world.pool, world.vault), clock),
            vault=world.vault,
            presence=Presence(redis, name),
            broadcast=Broadcast(self.seen, clock),
            clock=clock,
            stagger_ms=0,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["RunningFloor"]:
        """Run it; ends like a process that is killed, without a word."""
        task = asyncio.create_task(self.floor.run())
        await asyncio.sleep(0)
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def sit(self, user_id: str, seat: int = 1) -> dict[str, Any]:
        """Take a seat."""
        return await self.play(user_id, TakeSeat(user_id=user_id, name="ann", seat=seat), "take_seat")

    async def bet(self, user_id: str, amount: int) -> dict[str, Any]:
        """Set the stake."""
        return await self.play(user_id, PlaceBet(user_id=user_id, amount=Money(amount)), "place_bet")

    async def play(self, user_id: str, command: Any, name: str) -> dict[str, Any]:
        """Any command."""
        return await self.floor.play(
            user_id, "test-1", command, name=name, command_id=uuid4().hex, payload={"table_id": "test-1"}
        )


@pytest.fixture
async def world(pool: asyncpg.Pool, engine: AsyncEngine) -> AsyncIterator[FloorWorld]:
    """A table with nobody at it."""
    async with floor_world(pool, engine) as made:
        yield made


async def reconfigured(world: FloorWorld, **changes: int) -> TableConfig:
    """The table with other times, set before anything runs."""
    config = msgspec.structs.replace(CONFIG, **changes)
    stored = await world.store.load("test-1")
    state = msgspec.structs.replace(stored.state, config=config)
    from games.blackjack.state import encode_state  # noqa: PLC0415 - only here

    await world.pool.execute("UPDATE tables SET state = $1", encode_state(state))
    return config


async def test_a_hand_goes_on_on_another_process(world: FloorWorld, redis: Redis) -> None:
    await reconfigured(world, betting_ms=300, turn_ms=300, insurance_ms=300, pause_ms=300)
    ann, bob = await world.player("ann"), await world.player("bob")
    one, other = RunningFloor(world, redis, "one"), RunningFloor(world, redis, "other")
    async with other.running():
        async with one.running():
            await one.sit(ann, 1)
            await one.sit(bob, 2)
            await one.bet(ann, 500)
        settled = await other.seen.until(lambda view: view.phase == "settled")
    assert settled.seats[0].hands


async def test_what_one_process_did_is_shown_by_the_other_though_no_push_came(
    world: FloorWorld, redis: Redis
) -> None:
    ann = await world.player("ann")
    one, other = RunningFloor(world, redis, "one"), RunningFloor(world, redis, "other")
    async with one.running(), other.running():
        await other.floor.watch("s-1", "test-1")
        ack = await one.sit(ann)
        shown = await other.seen.until(lambda view: view.version >= ack["table"]["version"])
    assert shown.seats[0].player is not None


async def test_a_player_who_is_gone_for_longer_than_the_hold_loses_the_seat(
    world: FloorWorld, redis: Redis
) -> None:
    await reconfigured(world, seat_hold_ms=100)
    ann = await world.player("ann")
    one = RunningFloor(world, redis, "one")
    async with one.running():
        await one.floor.presence.connected_socket(ann)
        await one.sit(ann)
        await one.floor.presence.disconnected_socket(ann)
        await one.seen.until(lambda view: view.phase == "waiting" and view.version > 2)
    assert (await world.store.load("test-1")).state.seats[0].user_id is None


async def test_an_operator_closes_a_table_and_the_stakes_come_back(world: FloorWorld, redis: Redis) -> None:
    ann = await world.player("ann")
    bob = await world.player("bob")
    one = RunningFloor(world, redis, "one")
    async with one.running():
        await one.sit(ann, 1)
        await one.sit(bob, 2)
        await one.bet(ann, 500)
        await one.floor.operate("test-1", Close())
        with pytest.raises(TableIsClosed):
            await one.sit(ann)
        with pytest.raises(StaleRound):
            await one.floor.operate("test-1", Void(reason="late"))
    assert await world.balance(ann) == 100_000


async def test_an_unknown_table_starts_no_loop(world: FloorWorld, redis: Redis) -> None:
    one = RunningFloor(world, redis, "one")
    async with one.running():
        with pytest.raises(UnknownTable):
            await one.floor.watch("s-1", "nowhere")


async def test_a_draining_process_takes_no_command(world: FloorWorld, redis: Redis) -> None:
    ann = await world.player("ann")
    one = RunningFloor(world, redis, "one")
    async with one.running():
        one.floor.drain()
        with pytest.raises(ServerRestarting):
            await one.sit(ann)


async def test_a_repeat_of_a_command_on_another_process_gets_the_first_ack(
    world: FloorWorld, redis: Redis
) -> None:
    ann = await world.player("ann")
    one, other = RunningFloor(world, redis, "one"), RunningFloor(world, redis, "other")
    async with one.running(), other.running():
        command = TakeSeat(user_id=ann, name="ann", seat=1)
        facts = {
            "name": "take_seat",
            "command_id": "the-same-id",
            "payload": {"table_id": "test-1", "seat": 1},
        }
        first = await one.floor.play(ann, "test-1", command, **facts)  # type: ignore[arg-type] # as a kwargs dict
        again = await other.floor.play(ann, "test-1", command, **facts)  # type: ignore[arg-type] # the same
    assert again == {**first, "replayed": True}
