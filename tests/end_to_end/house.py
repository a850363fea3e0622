"""A casino of real processes for one test: web, worker and commands on a database of the test's own."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from tests.end_to_end.clients import Account, Api, Client, connected
from tests.processes import ROOT, CasinoProcess, server_environment, start_casino

PASSWORD = "correct horse battery"
COMMAND_S = 60.0
_POLL_S = 0.02
QUICK_TABLE = {
    "rules": {},
    "min_bet": 100,
    "max_bet": 10_000,
    "seats": 5,
    # Dealing begins when all have bet and nobody is slow: these bind nobody, on however slow a machine.
    "betting_ms": 60_000,
    "turn_ms": 60_000,
    "insurance_ms": 60_000,
    "pause_ms": 100,
    "seat_hold_ms": 60_000,
    "on_timeout": "safe",
    "hints": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:
        """Its standard output, which must be one JSON line."""
        assert self.out.count("\n") == 1, self
        return json.loads(self.out)

    @property
    def refusal(self) -> tuple[int, str]:
        """The exit code and the last line on standard error; nothing may stand on standard output."""
        assert self.out == "", self
        return self.code, self.err.splitlines()[-1]

    @property
    def complaint(self) -> str:
        """The one line with which a wrong call ends."""
        code, said = self.refusal
        assert (code, self.err) == (2, f"{said}\n"), self
        return said


async def command(*arguments: str, environment: Mapping[str, str] | None = None, stdin: str = "") -> Finished:
    """Run `casino <arguments>` to its end, in a clean environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "server.cli", *arguments],
        cwd=ROOT,
        env={**kept, **(environment or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    return Finished(code=done.returncode, out=done.stdout, err=done.stderr)


async def until_true(
    database: asyncpg.Connection, statement: str, *arguments: object, timeout_s: float = 30
) -> None:
    """Wait until the query says true."""
    async with asyncio.timeout(timeout_s):
        while not await database.fetchval(statement, *arguments):  # noqa: ASYNC110 - rows tell nobody
            await asyncio.sleep(_POLL_S)


@dataclass(slots=True, kw_only=True)
class House:
    """The processes and what a test does with them."""

    environment: dict[str, str]
    folder: Path
    database: asyncpg.Connection
    processes: list[CasinoProcess] = field(default_factory=list)
    url: str = ""
    admin: Api = field(default_factory=lambda: Api(""))

    async def web(
        self,
        *,
        port: int | None = None,
        processes: int = 1,
        module: str = "server.cli",
        **environment: str,
    ) -> CasinoProcess:
        """Start web processes on one port, without the lane; that is where new clients go from now on."""
        arguments = ("web",) if processes == 1 else ("web", "--processes", str(processes))
        started = self._start(*arguments, port=port, module=module, WORKER_MODE="standalone", **environment)
        await started.wait_ready()
        self.url = self.admin.url = started.url
        return started

    async def worker(self, **environment: str) -> CasinoProcess:
        """Start a worker and wait until it works."""
        started = self._start("worker", port=None, **environment)
        await started.wait_ready()
        return started

    def _start(
        self, *arguments: str, port: int | None, module: str = "server.cli", **environment: str
    ) -> CasinoProcess:
        started = start_casino(
            *arguments,
            folder=self.folder,
            environment=self.environment | environment,
            port=port,
            module=module,
        )
        self.processes.append(started)
        return started

    async def command(self, *arguments: str, stdin: str = "") -> Finished:
        """Run a command on the house's database."""
        return await command(*arguments, environment=self.environment, stdin=stdin)

    async def open(self, *, has_worker: bool = False, processes: int = 1) -> None:
        """Start a web, a worker if asked, and sign an operator in: `admin` calls as that one."""
        name = f"op{uuid4().hex[:12]}"
        async with asyncio.TaskGroup() as group:
            group.create_task(self.web(processes=processes))
            if has_worker:
                group.create_task(self.worker())
            creating = group.create_task(
                self.command("admin", "create", name, "--password-stdin", stdin=f"{PASSWORD}\n")
            )
        made = creating.result()
        assert made.code == 0, made
        self.admin.token = (await self.admin.post("/api/auth/login", name=name, password=PASSWORD))["token"]

    async def table(self, table_id: str = "test-1", **different: object) -> str:
        """Make a table on which nothing waits."""
        await self.admin.post(
            "/api/admin/tables", table_id=table_id, name="Test", **{**QUICK_TABLE, **different}
        )
        return table_id

    async def guest(self) -> Account:
        """A new player with the start money."""
        return await Api(self.url).guest()

    def api(self, account: Account) -> Api:
        """Calls as this player."""
        return Api(self.url, account.token)

    @asynccontextmanager
    async def client(self, account: Account, url: str | None = None) -> AsyncIterator[Client]:
        """A connected client of this player."""
        async with connected(url or self.url, account) as client:
            yield client

    async def audit(self) -> dict[str, list[str]]:
        """What `casino audit` finds broken: details by invariant; its exit code must say the same."""
        done = await self.command("audit", "--json")
        broken: dict[str, list[str]] = {}
        for finding in done.report["findings"]:
            broken.setdefault(finding["invariant"], []).append(finding["detail"])
        assert (done.code, done.report["ok"]) == ((1, False) if broken else (0, True)), done
        return broken

    async def value(self, statement: str, *arguments: object) -> Any:
        """One value from the database."""
        return await self.database.fetchval(statement, *arguments)

    async def until_true(self, statement: str, *arguments: object, timeout_s: float = 30) -> None:
        """Wait until the query says true."""
        await until_true(self.database, statement, *arguments, timeout_s=timeout_s)

    def faults(self) -> list[dict[str, Any]]:
        """What the processes logged at ERROR and above: bugs, never the clients' mistakes."""
        records = [record for process in self.processes for record in process.logs()]
        return [record for record in records if record.get("severity") in ("ERROR", "CRITICAL")]


@asynccontextmanager
async def open_house(postgres_url: str, redis_url: str, folder: Path) -> AsyncIterator[House]:
    """A house without processes yet; whatever the test starts is ended at the end."""
    database = await asyncpg.connect(postgres_url)
    house = House(environment=server_environment(postgres_url, redis_url), folder=folder, database=database)
    try:
        yield house
    finally:
        for process in house.processes:
            process.clean_up()
        await database.close()
