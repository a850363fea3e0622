"""`casino dev`: everything of the casino in one process, on embedded servers, and the bots beside it."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import typer
import uvloop

from server.app import WebProcess
from server.dev.bots import Bot, Orders
from server.dev.demo import found_syndicates, furnish, hire_bots, is_new, keep_solvent
from server.embedded.errors import EmbeddedError
from server.embedded.servers import EmbeddedServers
from server.floor.seeds import SeedUnreadable
from server.identity.service import create_admin
from server.listening import listen
from server.migrate import migrate
from server.settings import Settings, SettingsError
from telemetry.logs import get_logger

FAILED: Final = 1
WRONG_CALL: Final = 2
SOLVENCY_S: Final = 5.0
BOTS_GRACE_S: Final = 2.0
ADMIN: Final = "admin"

log = get_logger()


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of `casino dev --json`."""

    url: str
    database_url: str
    redis_url: str
    admin: dict[str, str] | None


def main(*, port: int, bots: int, data_dir: Path, as_json: bool) -> int:
    """Run until told to stop; the exit code."""
    try:
        listener = listen("127.0.0.1", port)
    except OSError as fault:
        return _say_wrong(f"port {port} can't be used: {fault.strerror}")
    with contextlib.closing(listener):
        try:
            servers = EmbeddedServers.start(data_dir)
        except EmbeddedError as wrong:
            return _say_wrong(str(wrong))
        try:
            settings = _settings(servers, data_dir, listener, as_json=as_json)
            migrate(servers.database_url)
            return uvloop.run(_run(settings, servers, listener, bots=bots, as_json=as_json))
        except SettingsError as wrong:
            return _say_wrong(str(wrong))
        except SeedUnreadable as wrong:
            return _say_wrong(f"SHOE_KEYS: none of them opens the seed of {wrong}")
        finally:
            servers.close()


def _say_wrong(message: str) -> int:
    sys.stderr.write(f"casino: {message}\n")
    return WRONG_CALL


def _settings(
    servers: EmbeddedServers, data_dir: Path, listener: socket.socket, *, as_json: bool
) -> Settings:
    environment = {
        "ENVIRONMENT": "development",
        "LOG_FORMAT": "json" if as_json else "console",
        "SHOE_KEYS": _shoe_key(data_dir),
        **os.environ,
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "HOST": "127.0.0.1",
        "PORT": str(listener.getsockname()[1]),
    }
    return Settings.from_environment(environment)


def _shoe_key(data_dir: Path) -> str:
    """The folder's own key for the shoes' seeds, made at the first start."""
    path = data_dir.expanduser() / "shoe.key"
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return path.read_text(encoding="ascii").strip()


async def _run(
    settings: Settings, servers: EmbeddedServers, listener: socket.socket, *, bots: int, as_json: bool
) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with WebProcess.opened(settings, kind="dev", log_fd=2) as web:
        first_start = await is_new(web.services.engine)
        admin = await _prepare(web, first_start=first_start)
        hired = await hire_bots(web.services.identity, bots)
        if first_start:
            await found_syndicates(web.services.engine, hired)
        url = f"http://127.0.0.1:{settings.port}"

        where = Where(url=url, database_url=settings.database_url, redis_url=settings.redis_url, admin=admin)
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:

            async def open_doors() -> None:
                _announce(where, as_json=as_json)
                web.log_to_stdout()  # not before: the first line is ours
                await stack.enter_async_context(_bots(url, hired))

            chores = [
                group.create_task(_keep_bots_solvent(web, hired)),
                group.create_task(_watch_servers(servers, stop)),
            ]
            await web.serve(listener, stop, started=open_doors)
            for chore in chores:
                chore.cancel()
    return 0 if servers.ended() is None else FAILED


async def _prepare(web: WebProcess, *, first_start: bool) -> dict[str, str] | None:
    """Tables and the operator's account, at the first start; answers the account then."""
    if not first_start:
        return None
    await furnish(web.services.floor)
    password = secrets.token_urlsafe(12)
    await create_admin(web.services.engine, ADMIN, password)
    return {"name": ADMIN, "password": password}


def _announce(where: Where, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(where) + b"\n")
        sys.stdout.buffer.flush()
        return
    lines = [f"Moe's Casino is open: {where.url}", f"  operators:  {where.url}/admin"]
    if where.admin is not None:
        name, password = where.admin["name"], where.admin["password"]
        lines.append(f"  sign in as {name} with the password {password} (shown this once)")
    typer.echo("\n".join([*lines, "  stop with Ctrl-C"]))


@asynccontextmanager
async def _bots(url: str, bots: list[Bot]) -> AsyncIterator[None]:
    """The bots' process, which ends with this one: its standard input is ours."""
    if not bots:
        yield
        return
    process = subprocess.Popen(  # noqa: ASYNC220 - our own module; starting takes a millisecond
        [sys.executable, "-m", "server.dev.bots"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    try:
        process.stdin.write(msgspec.json.encode(Orders(url=url, bots=tuple(bots))) + b"\n")
        process.stdin.flush()
        yield
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, BOTS_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)
        process.stdin.close()


async def _keep_bots_solvent(web: WebProcess, bots: list[Bot]) -> None:
    while True:
        await asyncio.sleep(SOLVENCY_S)
        try:
            await keep_solvent(web.services.engine, bots)
        except OSError as fault:
            log.warning("dev.bots_not_topped_up", error=str(fault))


async def _watch_servers(servers: EmbeddedServers, stop: asyncio.Event) -> None:
    """Stop when one of the embedded servers ended by itself: nothing works any more then."""
    while (ended := servers.ended()) is None:  # noqa: ASYNC110 - processes tell nobody when they end
        await asyncio.sleep(1)
    log.critical("dev.server_ended", server=ended)
    stop.set()
