"""The embedded PostgreSQL and Valkey of one data folder, started and stopped together.

    <data>/lock           held by the process that owns the folder
    <data>/dev.json       who runs here now, for the other commands
    <data>/servers.json   passwords and last ports
    <data>/postgres/      PostgreSQL's data;  <data>/postgres.log
    <data>/valkey/        Valkey's data;      <data>/valkey.log

Both listen on 127.0.0.1 with a password, so that their addresses work as they stand in every client. Both
end when their owner does, be it by `kill -9` (see `keeper`).
"""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Self

import msgspec

from server.embedded.account import account_for
from server.embedded.errors import DataDirBroken, DataDirBusy
from server.embedded.postgres import Postgres
from server.embedded.postgres import binaries as postgres_binaries
from server.embedded.postgres import check as check_postgres
from server.embedded.process import acquire
from server.embedded.running import Running, announce, lock_file, withdraw, write_private
from server.embedded.valkey import Valkey
from server.embedded.valkey import binary as valkey_binary

_WATCH_S = 0.2
_Password = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


def _password() -> str:
    return secrets.token_hex(32)


class _Access(msgspec.Struct, kw_only=True):
    """What has to be the same at the next start, or should be."""

    password: _Password = msgspec.field(default_factory=_password)
    admin_password: _Password = msgspec.field(default_factory=_password)
    redis_password: _Password = msgspec.field(default_factory=_password)
    postgres_port: int = 0
    redis_port: int = 0


class EmbeddedServers:
    """A running pair of servers; made by `start_embedded` or `EmbeddedServers.start`."""

    def __init__(
        self, data_dir: Path, lock: int, postgres: Postgres, valkey: Valkey, access: _Access
    ) -> None:
        self._lock: int | None = lock
        self._postgres = postgres
        self._valkey = valkey
        self.data_dir = data_dir
        self.database_url = postgres.url("casino", access.password, "casino")
        self.redis_url = valkey.url(access.redis_password)
        self.admin_url = postgres.url("postgres", access.admin_password, "postgres")

    @classmethod
    def start(
        cls,
        data_dir: Path,
        *,
        postgres_settings: Mapping[str, str] | None = None,
        valkey_settings: Mapping[str, str] | None = None,
    ) -> Self:
        """Start both, blocking; raises DataDirBusy or DataDirBroken. Needs no event loop."""
        try:
            data_dir = _open_folder(data_dir)
            lock = _own(data_dir)
        except OSError as error:
            raise _broken(data_dir, error) from None
        try:
            return cls._start(data_dir, lock, postgres_settings or {}, valkey_settings or {})
        except OSError as error:
            os.close(lock)
            raise _broken(data_dir, error) from None
        except BaseException:
            os.close(lock)
            raise

    @classmethod
    def _start(
        cls,
        data_dir: Path,
        lock: int,
        postgres_settings: Mapping[str, str],
        valkey_settings: Mapping[str, str],
    ) -> Self:
        withdraw(data_dir)
        check_postgres(data_dir / "postgres")
        account = account_for(data_dir, (postgres_binaries(), valkey_binary()))
        access = _access(data_dir)
        postgres = Postgres(data_dir, account, settings=postgres_settings)
        valkey = Valkey(data_dir, account, settings=valkey_settings)

        def start_postgres() -> None:
            postgres.start(
                port=access.postgres_port, password=access.password, admin_password=access.admin_password
            )

        def start_valkey() -> None:
            valkey.start(port=access.redis_port, password=access.redis_password)

        try:
            _both(start_postgres, start_valkey)
            access.postgres_port, access.redis_port = postgres.port, valkey.port
            _remember(data_dir, access)
            servers = cls(data_dir, lock, postgres, valkey, access)
            found = Running(pid=os.getpid(), database_url=servers.database_url, redis_url=servers.redis_url)
            announce(data_dir, found)
        except BaseException:
            _both(postgres.stop, valkey.stop)
            raise
        return servers

    async def stop(self) -> None:
        """End both within three seconds; a second call does nothing."""
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """The same, blocking."""
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        try:
            with contextlib.suppress(OSError):  # a folder that was removed under us is no reason not to stop
                withdraw(self.data_dir)
            _both(self._postgres.stop, self._valkey.stop)
        finally:
            os.close(lock)

    def ended(self) -> str | None:
        """The name of a server that ended by itself, if one did: nothing works any more then."""
        if self._lock is None:
            return None
        return "PostgreSQL" if self._postgres.has_ended() else "Valkey" if self._valkey.has_ended() else None

    async def wait_ended(self) -> str:
        """Wait until a server ends by itself, and return its name; after a stop, wait until cancelled."""
        while (name := self.ended()) is None:  # noqa: ASYNC110 - the keepers are no children of the loop
            await asyncio.sleep(_WATCH_S)
        return name


async def start_embedded(
    data_dir: Path,
    *,
    postgres_settings: Mapping[str, str] | None = None,
    valkey_settings: Mapping[str, str] | None = None,
) -> EmbeddedServers:
    """Start both on the folder; raises DataDirBusy or DataDirBroken. The settings go on top of our own."""
    starting = asyncio.ensure_future(
        asyncio.to_thread(
            EmbeddedServers.start,
            data_dir,
            postgres_settings=postgres_settings,
            valkey_settings=valkey_settings,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await (await starting).stop()
        raise


def _open_folder(data_dir: Path) -> Path:
    """Make the folder if it is missing; root's may be passed through by the servers' own user."""
    data_dir = data_dir.expanduser().resolve()
    if data_dir.exists() and not data_dir.is_dir():
        raise DataDirBroken(f"{data_dir} is not a folder")
    data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    return data_dir


def _own(data_dir: Path) -> int:
    lock = acquire(lock_file(data_dir), timeout_s=0)
    if lock is None:
        owner = lock_file(data_dir).read_text(encoding="ascii").strip() or "unknown"
        raise DataDirBusy(f"{data_dir} is in use by another casino (pid {owner})")
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _access(data_dir: Path) -> _Access:
    """The passwords and ports of the folder, new ones for a new folder."""
    path = data_dir / "servers.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Access)
    except FileNotFoundError:
        if (data_dir / "postgres").exists():
            raise DataDirBroken(
                f"{path} is missing: it holds the passwords of {data_dir / 'postgres'}"
            ) from None
        _remember(data_dir, access := _Access())
        return access
    except msgspec.DecodeError:
        raise DataDirBroken(f"{path} is damaged") from None


def _remember(data_dir: Path, access: _Access) -> None:
    write_private(data_dir / "servers.json", msgspec.json.encode(access))


def _both(one: Callable[[], None], other: Callable[[], None]) -> None:
    """Run both at the same time to their ends; raises the first one's error, else the other's."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = [pool.submit(one), pool.submit(other)]
    for done in running:
        done.result()


def _broken(data_dir: Path, error: OSError) -> DataDirBroken:
    return DataDirBroken(f"{error.filename or data_dir}: {error.strerror or error}")
