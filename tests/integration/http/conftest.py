"""The HTTP calls on real servers."""

from collections.abc import AsyncIterator

import pytest

from server.settings import Settings
from tests.integration.http.house import House, open_house


@pytest.fixture
def settings(postgres_url: str, redis_url: str) -> Settings:
    """A production process without limits on signing in."""
    return Settings(
        database_url=postgres_url,
        redis_url=redis_url,
        rate_limits=False,
        metrics_token="metrics-token",
        shoe_keys=(b"a key for the tests only",),
        allowed_origins=("https://casino.example",),
    )


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    """The process and its client."""
    async with open_house(settings) as opened:
        yield opened
