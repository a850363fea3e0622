"""An identity on real PostgreSQL, with bells that keep what was rung."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from server.identity.passwords import Cost, Passwords
from server.identity.service import Identity
from tests.fakes import RungBells

CHEAP = Cost(memory_kib=8, iterations=1)
TTL_S = 3_600


@pytest.fixture
def bells() -> RungBells:
    """Bells that only the test hears."""
    return RungBells()


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    """Passwords that cost next to nothing."""
    made = Passwords(cost=CHEAP)
    yield made
    made.close()


@pytest.fixture
def identity(engine: AsyncEngine, bells: RungBells, passwords: Passwords) -> Identity:
    """The one that is tested."""
    return Identity(engine, bells, passwords, session_ttl_s=TTL_S)
