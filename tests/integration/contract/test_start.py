"""A web process that cannot work says so in one line and ends."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from server.floor.seeds import SeedVault
from server.floor.tables import create_table
from tests.integration.sockets.house import TABLE
from tests.processes import free_port

CASINO = Path(sys.executable).with_name("casino")


@pytest.mark.parametrize("password", ["wrong", None])
def test_a_database_that_cannot_be_used_is_one_line(postgres_url: str, password: str | None) -> None:
    right = postgres_url.split("@", maxsplit=1)[0].rsplit(":", 1)[1]
    url = postgres_url.replace(right, password) if password else "postgresql://casino@127.0.0.1:1/casino"
    assert _start(url, "a key for the tests only").startswith("casino: DATABASE_URL: ")


def test_a_worker_without_a_database_is_one_line_too() -> None:
    line = _start("postgresql://casino@127.0.0.1:1/casino", "a key for the tests only", "worker")
    assert line.startswith("casino: DATABASE_URL: ")


def test_a_database_without_its_schema_is_one_line(empty_postgres_url: str) -> None:
    line = _start(empty_postgres_url, "a key for the tests only")
    assert line == "casino: DATABASE_URL: the schema is missing: run `casino migrate` first"


async def test_keys_that_open_no_seed_are_one_line(postgres_url: str, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await create_table(connection, SeedVault((b"a key for the tests only",)), TABLE)
    line = await asyncio.to_thread(_start, postgres_url, "another key than before")
    assert line.startswith("casino: SHOE_KEYS: none of them opens the seed of main-1 shoe ")


def _start(database_url: str, shoe_keys: str, process: str = "web") -> str:
    """The only line of `casino web` (or worker), which ends with exit code 2."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PORT": str(free_port()),
        "SHOE_KEYS": shoe_keys,
    }
    ended = subprocess.run(
        [CASINO, process], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    return line
