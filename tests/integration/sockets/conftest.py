"""A house for each test of the socket edge."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.sockets.house import TABLE, House, open_house


@pytest.fixture
async def casino(
    postgres_url: str, redis_url: str, engine: AsyncEngine, pool: asyncpg.Pool
) -> AsyncIterator[House]:
    """A running process with one table."""
    async with open_house(postgres_url, redis_url, engine, pool) as running:
        await running.floor.create_table(TABLE)
        yield running
