"""Real PostgreSQL and Valkey for the tests: one pair for the session, a fresh database for each test."""

import asyncio
import itertools
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import asyncpg
import redis

from server.embedded.servers import EmbeddedServers
from server.migrate import migrate_async

_TEMPLATE = "casino_template"
_REDIS_DATABASES = 16
# The tests kill processes, never the machine: nothing has to reach the disk.
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "300"}


class Services:
    """The embedded servers of a test session, as a context manager; all calls block."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="moes-casino-", ignore_cleanup_errors=True)
        Path(self._folder.name).chmod(0o711)  # root's servers run as somebody else
        self._numbers = itertools.count()
        self._has_template = False
        try:
            data_dir = Path(self._folder.name) / "data"
            self._servers = EmbeddedServers.start(data_dir, postgres_settings=_SETTINGS)
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self._servers.close()
        finally:
            self._folder.cleanup()

    @property
    def admin_url(self) -> str:
        """The superuser's address, for tests that break what the application may not."""
        return self._servers.admin_url

    def create_database(self) -> str:
        """A new, migrated database that role `casino` owns; returns its address."""
        if not self._has_template:
            self._execute(f"CREATE DATABASE {_TEMPLATE} OWNER casino")
            _run(migrate_async(self._url(_TEMPLATE)))
            self._has_template = True
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} OWNER casino TEMPLATE {_TEMPLATE} STRATEGY file_copy")
        return self._url(name)

    def create_empty_database(self) -> str:
        """A new database without any table, for the tests of the migrations."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} OWNER casino")
        return self._url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._execute(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")

    def clean_redis(self) -> str:
        """An empty Valkey database; another one than the test before had. Its channels are shared by all."""
        number = next(self._numbers) % _REDIS_DATABASES
        url = f"{self._servers.redis_url.rsplit('/', 1)[0]}/{number}"
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return url

    def _url(self, database: str) -> str:
        return f"{self._servers.database_url.rsplit('/', 1)[0]}/{database}"

    def _execute(self, statement: str) -> None:
        _run(_execute(self.admin_url, statement))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, object]) -> None:
    """Run it to its end on a loop of its own, in a thread, as the caller's thread may have a loop."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(asyncio.run, work).result()
