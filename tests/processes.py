"""Real processes of the product for the tests: started, awaited, paused, killed, and always cleaned up."""

import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_POLL_S = 0.02
_TAIL = 4000  # characters of output that a failure shows
_numbers = itertools.count()  # a process that is started again writes to files of its own


@dataclass(slots=True, kw_only=True)
class CasinoProcess:
    """One `casino …` process; its output goes to files, so that it never blocks on a full pipe."""

    arguments: tuple[str, ...]
    port: int
    output_file: Path
    errors_file: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def url(self) -> str:
        """Where it serves HTTP."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self.process.poll()

    def output(self) -> str:
        """All of its standard output so far."""
        return self.output_file.read_text(encoding="utf-8", errors="replace")

    def errors(self) -> str:
        """All of its standard error so far."""
        return self.errors_file.read_text(encoding="utf-8", errors="replace")

    def logs(self) -> list[dict[str, Any]]:
        """Its log lines so far; a line that is no JSON object is left out."""
        records = []
        for line in self.output().splitlines():
            with suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, dict):
                    records.append(record)
        return records

    async def wait_ready(self, *, timeout_s: float = 30) -> None:
        """Wait until `/readyz` answers 200; fails with the output when it ends or takes too long."""
        deadline = time.monotonic() + timeout_s
        while not await asyncio.to_thread(_answers_ready, self.port):
            await self._pause_or_fail(deadline, "was not ready")

    async def wait_log(self, event: str, *, count: int = 1, timeout_s: float = 30) -> dict[str, Any]:
        """Wait for the count-th log line of the event and return it."""
        deadline = time.monotonic() + timeout_s
        while len(found := [record for record in self.logs() if record.get("event") == event]) < count:
            await self._pause_or_fail(deadline, f"did not log {event}")
        return found[count - 1]

    async def first_line(self, *, timeout_s: float = 30) -> str:
        """Wait for the first whole line of standard output."""
        deadline = time.monotonic() + timeout_s
        while "\n" not in (output := self.output()):
            await self._pause_or_fail(deadline, "printed no line")
        return output.partition("\n")[0]

    async def wait(self, *, timeout_s: float = 30) -> int:
        """Wait for it to end by itself; returns the exit code."""
        try:
            return await asyncio.to_thread(self.process.wait, timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._describe("did not end")) from None

    async def stop(self, *, timeout_s: float = 10) -> int:
        """SIGTERM and wait; SIGKILL and a failure when that takes too long. Returns the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return await self.wait(timeout_s=timeout_s)
        except AssertionError:
            await self.kill()
            raise

    async def kill(self) -> None:
        """SIGKILL, as a crash would be, and wait for the end."""
        self.signal(signal.SIGKILL)
        await self.wait()

    def pause(self) -> None:
        """Stop it in its tracks (SIGSTOP)."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; one that has ended is left alone."""
        self.process.send_signal(number)

    def clean_up(self) -> None:
        """End it and what is left of its process group, whatever state they are in."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    async def _pause_or_fail(self, deadline: float, what: str) -> None:
        if self.exit_code is not None:
            raise AssertionError(self._describe(f"ended with code {self.exit_code} and {what}"))
        if time.monotonic() > deadline:
            raise AssertionError(self._describe(what))
        await asyncio.sleep(_POLL_S)

    def _describe(self, what: str) -> str:
        tails = f"{self.output()[-_TAIL:]}\n{self.errors()[-_TAIL:]}"
        return f"casino {' '.join(self.arguments)} {what}:\n{tails}"


@asynccontextmanager
async def casino(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, port: int | None = None
) -> AsyncIterator[CasinoProcess]:
    """Start `casino <arguments>` with PORT set; output goes into the folder; ended at the latest on leaving.

    The environment is the given one on top of a clean one: nothing of the tester's shell leaks in.
    """
    started = start_casino(*arguments, folder=folder, environment=environment, port=port)
    try:
        yield started
    finally:
        started.clean_up()


def start_casino(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    module: str = "server.cli",
) -> CasinoProcess:
    """The same without the context: the caller calls `clean_up`."""
    chosen = free_port() if port is None else port
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{next(_numbers)}-{arguments[0]}-{chosen}"
    output_file, errors_file = folder / f"{name}.out", folder / f"{name}.err"
    with output_file.open("xb") as output, errors_file.open("xb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=_clean_environment() | {"PORT": str(chosen)} | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,  # a group of its own, so that all of it can be cleaned up
        )
    return CasinoProcess(
        arguments=arguments, port=chosen, output_file=output_file, errors_file=errors_file, process=process
    )


def server_environment(database_url: str, redis_url: str, **more: str) -> dict[str, str]:
    """The environment of `casino web` and `casino worker`; every process of a test gets the same shoe key."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "HOST": "127.0.0.1",
        "ENVIRONMENT": "development",
        "SHOE_KEYS": "5e" * 32,
        "RATE_LIMITS": "off",
        **more,
    }


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _clean_environment() -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PLAYWRIGHT_BROWSERS_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONWARNINGS": "default"}


def _answers_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
