"""One time for the whole house: the database's, on a machine that believes another one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.ids import follow, new_id
from server.clock import HouseClock
from telemetry.clock import SystemClock
from tests.fakes import ManualClock

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[HouseClock]:
    """On a machine that is a quarter of a century slow, and that makes the ids meanwhile."""
    made = HouseClock(ManualClock(LONG_AGO))
    follow(made)
    yield made
    follow(SystemClock())


async def test_the_time_is_the_databases_once_it_was_asked(
    clock: HouseClock, engine: AsyncEngine, connection: asyncpg.Connection
) -> None:
    assert clock.now() == LONG_AGO
    before = await connection.fetchval("SELECT clock_timestamp()")
    await clock.learn(engine)
    assert before <= clock.now() <= await connection.fetchval("SELECT clock_timestamp()")


async def test_the_time_goes_on_between_two_questions(engine: AsyncEngine) -> None:
    machine = ManualClock(LONG_AGO)
    clock = HouseClock(machine)
    await clock.learn(engine)
    first = clock.now()
    machine.advance(s=90)
    assert clock.now() - first == timedelta(seconds=90)


async def test_new_ids_are_in_order_of_the_databases_time(
    clock: HouseClock, engine: AsyncEngine, connection: asyncpg.Connection
) -> None:
    await clock.learn(engine)
    now = await connection.fetchval("SELECT clock_timestamp()")
    assert abs((new_id().int >> 80) - now.timestamp() * 1000) < 60_000
