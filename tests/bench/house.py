"""The whole casino for a bench: real processes on servers of its own that write through to the disk."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import psutil
from sqlalchemy.ext.asyncio import create_async_engine

from server.embedded.servers import EmbeddedServers
from server.identity.service import create_admin
from server.loadtest.host import server_pids
from server.migrate import migrate
from server.settings import sqlalchemy_url
from tests.processes import CasinoProcess, server_environment, start_casino

METRICS_TOKEN: Final = "bench-metrics"
_OPERATOR: Final = "bench"
_PASSWORD: Final = "correct horse battery"
_SUM: Final = re.compile(
    r'casino_operation_duration_seconds_(sum|count)\{operation="([^"]+)",process="[^"]+"\} (\S+)'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchHouse:
    """A casino that serves; `groups` are the processes whose CPU time counts, by name."""

    url: str
    environment: dict[str, str]
    admin_token: str
    groups: dict[str, tuple[int, ...]]

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds that each group has used by now, with its children, the ended ones too."""
        return {name: sum(_cpu_s(pid) for pid in pids) for name, pids in self.groups.items()}

    async def operations(self) -> dict[str, tuple[float, int]]:
        """Seconds and calls of each operation by now, from `/metrics`, over all processes."""
        headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        async with aiohttp.request("GET", f"{self.url}/metrics", headers=headers) as answer:
            text = await answer.text()
        found: dict[str, list[float]] = {}
        for kind, operation, value in _SUM.findall(text):
            found.setdefault(operation, [0.0, 0.0])[kind == "count"] += float(value)
        return {operation: (seconds, int(count)) for operation, (seconds, count) in found.items()}


@asynccontextmanager
async def bench_house(*, web_processes: int) -> AsyncIterator[BenchHouse]:
    """Servers with fsync on, so many web processes on one port, a worker, and an operator."""
    with _servers() as (servers, folder):
        await asyncio.to_thread(migrate, servers.database_url)
        await _hire_operator(servers)
        environment = server_environment(
            servers.database_url, servers.redis_url, METRICS_TOKEN=METRICS_TOKEN, LOG_LEVEL="warn"
        )
        web = ("web",) if web_processes == 1 else ("web", "--processes", str(web_processes))
        started: list[CasinoProcess] = []
        try:
            started.append(
                start_casino(*web, folder=folder, environment={**environment, "WORKER_MODE": "standalone"})
            )
            started.append(start_casino("worker", folder=folder, environment=environment))
            for process in started:
                await process.wait_ready()
            yield BenchHouse(
                url=started[0].url,
                environment=environment,
                admin_token=await _session(started[0].url),
                groups={
                    "web": (started[0].pid,),
                    "worker": (started[1].pid,),
                    "PostgreSQL": (_postmaster(servers.data_dir),),
                    "Valkey": server_pids(f"http://127.0.0.1:{urlsplit(servers.redis_url).port}"),
                },
            )
        finally:
            for process in started:
                process.clean_up()


@contextmanager
def _servers() -> Iterator[tuple[EmbeddedServers, Path]]:
    with tempfile.TemporaryDirectory(prefix="moes-casino-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # root's servers run as somebody else
        servers = EmbeddedServers.start(folder / "data", postgres_settings={"max_connections": "200"})
        try:
            yield servers, folder / "logs"
        finally:
            servers.close()


async def _hire_operator(servers: EmbeddedServers) -> None:
    engine = create_async_engine(sqlalchemy_url(servers.database_url))
    try:
        await create_admin(engine, _OPERATOR, _PASSWORD)
    finally:
        await engine.dispose()


async def _session(url: str) -> str:
    body = {"name": _OPERATOR, "password": _PASSWORD}
    async with aiohttp.request("POST", f"{url}/api/auth/login", json=body) as answer:
        return str((await answer.json())["token"])


def _postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def _cpu_s(pid: int) -> float:
    """A process and all its children, those that have ended included."""
    try:
        process = psutil.Process(pid)
        times = [process.cpu_times(), *(child.cpu_times() for child in process.children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0.0
    ended = times[0].children_user + times[0].children_system
    return float(ended + sum(used.user + used.system for used in times))
