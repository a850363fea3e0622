"""Fixtures for every test that needs real servers; a unit test asks for none of them and pays for none."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import asyncpg
    from redis.asyncio import Redis
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.services import Services

# ruff: noqa: PLC0415 - the imports stand in the fixtures, so that unit tests start without them


@pytest.fixture(scope="session")
def services() -> Iterator["Services"]:
    """PostgreSQL and Valkey, started when the first test needs them."""
    from tests.services import Services

    with Services() as running:
        yield running


@pytest.fixture
def postgres_url(services: "Services") -> Iterator[str]:
    """A fresh, migrated database of the test's own."""
    url = services.create_database()
    yield url
    services.drop_database(url)


@pytest.fixture
def empty_postgres_url(services: "Services") -> Iterator[str]:
    """A fresh database without any table."""
    url = services.create_empty_database()
    yield url
    services.drop_database(url)


@pytest.fixture(scope="module")
def module_postgres_url(services: "Services") -> Iterator[str]:
    """A fresh, migrated database that the tests of one module share."""
    url = services.create_database()
    yield url
    services.drop_database(url)


@pytest.fixture
def redis_url(services: "Services") -> str:
    """An empty Valkey database of the test's own."""
    return services.clean_redis()


@pytest.fixture
async def engine(postgres_url: str) -> AsyncIterator["AsyncEngine"]:
    """An SQLAlchemy engine on the test's database."""
    from sqlalchemy.ext.asyncio import create_async_engine

    from server.settings import sqlalchemy_url

    opened = create_async_engine(sqlalchemy_url(postgres_url))
    yield opened
    await opened.dispose()


@pytest.fixture
async def pool(postgres_url: str) -> AsyncIterator["asyncpg.Pool"]:
    """An asyncpg pool on the test's database."""
    import asyncpg

    async with asyncpg.create_pool(postgres_url, min_size=1, max_size=20) as opened:
        yield opened


@pytest.fixture
async def connection(postgres_url: str) -> AsyncIterator["asyncpg.Connection"]:
    """One asyncpg connection to the test's database."""
    import asyncpg

    opened = await asyncpg.connect(postgres_url)
    yield opened
    await opened.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator["Redis"]:
    """A client of the test's Valkey database."""
    from redis.asyncio import Redis

    async with Redis.from_url(redis_url) as client:
        yield client
