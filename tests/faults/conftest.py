"""Fixtures of the tests that kill, pause and cut real processes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.end_to_end.house import House, open_house


@pytest.fixture
async def house(postgres_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A casino whose processes the test starts itself."""
    async with open_house(postgres_url, redis_url, tmp_path) as opened:
        yield opened
