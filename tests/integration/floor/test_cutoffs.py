"""Players whom the house cut off: whose timers count as theirs no more, on the database's clock."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from server.floor.cutoffs import RETURN_S, mark_cut_off
from tests.integration.floor.world import FloorWorld, floor_world

TURN_MS = 20_000


@pytest.fixture
async def world(pool: asyncpg.Pool, engine: AsyncEngine) -> AsyncIterator[FloorWorld]:
    """A table whose timer, set for 20 seconds, has just begun."""
    async with floor_world(pool, engine) as made:
        await timer_began(made, seconds_ago=0)
        yield made


async def timer_began(world: FloorWorld, *, seconds_ago: float) -> None:
    """Have the table's timer run since then."""
    await world.pool.execute(
        "UPDATE tables SET deadline = clock_timestamp() + make_interval(secs => $1)",
        TURN_MS / 1000 - seconds_ago,
    )


async def let_pass(world: FloorWorld, seconds: float) -> None:
    """Let time pass for the marks."""
    await world.pool.execute("UPDATE leases SET expires_at = expires_at - make_interval(secs => $1)", seconds)


async def is_owed(world: FloorWorld, *user_ids: str) -> bool:
    """Whether a timer of theirs that is over would be set again."""
    return await world.store.owes_time(await world.store.load("test-1"), user_ids, TURN_MS)


async def test_only_who_was_cut_off_by_the_house_is_owed_time(world: FloorWorld) -> None:
    await mark_cut_off(world.pool, ["ann", "bob"], process="web-1")
    assert await is_owed(world, "ann")
    assert await is_owed(world, "cyd", "bob")
    assert not await is_owed(world, "cyd")


async def test_a_timer_that_began_long_before_the_cut_is_owed_back_too(world: FloorWorld) -> None:
    await timer_began(world, seconds_ago=TURN_MS / 1000)
    await mark_cut_off(world.pool, ["ann"], process="web-1")
    assert await is_owed(world, "ann")


async def test_a_timer_that_begins_when_the_player_can_be_back_is_the_players_own(world: FloorWorld) -> None:
    await mark_cut_off(world.pool, ["ann"], process="web-1")
    await let_pass(world, RETURN_S + 0.1)
    assert not await is_owed(world, "ann")


async def test_the_time_of_another_version_is_owed_to_nobody(world: FloorWorld) -> None:
    await mark_cut_off(world.pool, ["ann"], process="web-1")
    stored = await world.store.load("test-1")
    await world.pool.execute("UPDATE tables SET version = version + 1")
    assert not await world.store.owes_time(stored, ("ann",), TURN_MS)


async def test_who_is_cut_off_again_is_owed_time_again_and_old_marks_are_forgotten(world: FloorWorld) -> None:
    await mark_cut_off(world.pool, ["ann", "bob"], process="web-1")
    await let_pass(world, 3_700)
    assert not await is_owed(world, "ann")
    await mark_cut_off(world.pool, ["ann"], process="web-2")
    assert await is_owed(world, "ann")
    assert await world.pool.fetchval("SELECT array_agg(name) FROM leases") == ["cut_off:ann"]
