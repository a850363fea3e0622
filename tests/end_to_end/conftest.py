"""Fixtures of the tests on real processes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.end_to_end.browsing import chromium
from tests.end_to_end.house import House, open_house


@pytest.fixture
async def house(postgres_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A casino whose processes the test starts itself."""
    async with open_house(postgres_url, redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def open_casino(house: House) -> House:
    """A casino with a web process, a worker and an operator."""
    await house.open(has_worker=True)
    return house


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with chromium() as running:
        yield running
