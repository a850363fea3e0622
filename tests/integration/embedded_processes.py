"""The processes of the embedded servers as a test sees them: owner, servers, leftovers and strangers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from server.embedded.account import account_for
from server.embedded.postgres import binaries

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(sys.executable).resolve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A process that owns servers, and their addresses."""

    process: "subprocess.Popen[str]"
    database_url: str
    redis_url: str


@contextmanager
def owned(data_dir: Path, *account: str) -> Iterator[Owner]:
    """Another process that owns the servers, in a process group of its own; killed on leaving."""
    command = [sys.executable, "-m", "tests.integration.embedded_owner", str(data_dir), *account]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            yield Owner(process=process, **json.loads(process.stdout.readline()))
        finally:
            processes = processes_of(data_dir)
            process.kill()
            psutil.wait_procs(processes, timeout=10)  # the folder is removed next


@contextmanager
def postgres_without_keeper(data_dir: Path) -> Iterator["subprocess.Popen[str]"]:
    """A PostgreSQL on the folder that nobody looks after, accepting connections."""
    folder = data_dir / "postgres"
    command = [
        str(word) for word in (binaries() / "postgres", "-D", folder, "-k", folder, "--listen_addresses=")
    ]
    is_root = os.geteuid() == 0
    account = account_for(data_dir, ())
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        user=account.uid if is_root else None,
        group=account.gid if is_root else None,
        extra_groups=() if is_root else None,
    ) as leftover:
        try:
            assert leftover.stderr is not None
            assert any("ready to accept connections" in line for line in leftover.stderr)
            yield leftover
        finally:
            leftover.kill()


@contextmanager
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    """A live process that has nothing to do with the casino."""
    with subprocess.Popen(["sleep", "60"]) as started:
        try:
            yield started
        finally:
            started.kill()


def mode(path: Path) -> int:
    """The permission bits."""
    return path.stat().st_mode & 0o777


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """Every keeper and server of the folder, and PostgreSQL's own children."""
    named = []
    for process in psutil.process_iter():
        try:
            is_servers = process.pid != os.getpid() and "embedded_owner" not in " ".join(process.cmdline())
            if is_servers and any(word.startswith(str(data_dir)) for word in process.cmdline()):
                named += [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return list(dict.fromkeys(named))


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended."""
    return [process for process in processes if _is_living(process)]


def names(processes: list[psutil.Process]) -> set[str]:
    """The names of those that have not ended; PostgreSQL's short-lived children come and go."""
    found = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found.add(process.name())
    return found


def user_ids(processes: list[psutil.Process]) -> set[int]:
    """As whom they run."""
    found = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found.add(process.uids().effective)
    return found


def _is_living(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
