"""The web process, put together: the only place that makes its parts."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from typing import Final, Self

import asyncpg
import msgspec
import uvloop
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.errors import EconomyError
from economy.ids import follow
from economy.lanes import Lane
from economy.queue import JobBell, open_queue
from games.blackjack.errors import RuleViolation
from games.loop import TableBusy, TableHalted
from server.bells import Bells, valkey_client
from server.clock import HouseClock
from server.database import DatabaseUnusable, create_engine, create_pool
from server.errors import WireError
from server.floor.broadcast import Broadcast
from server.floor.dealer import ShoeBook
from server.floor.floor import Floor
from server.floor.presence import Presence
from server.floor.seeds import SeedUnreadable, SeedVault, credentials_key
from server.floor.store import TableStore
from server.http.app import setup_http
from server.http.static import setup_static
from server.identity.addresses import Proxies
from server.identity.limits import SignInLimits
from server.identity.passwords import Passwords
from server.identity.service import Identity
from server.instruments import AlertBells, Instruments, start_logging
from server.lane import make_lane
from server.leash import Leash
from server.listening import listen
from server.payout_desk import PayoutDesk
from server.services import Services
from server.settings import Settings
from server.sockets.books import LedgerBooks
from server.sockets.edge import SocketEdge, build_socket_server, new_server
from server.sockets.push import Pusher
from telemetry.clock import Clock, SystemClock
from telemetry.logs import flush, get_logger

DRAIN_S: Final = 1.0  # how long requests in flight may take when the process ends
CUT_S: Final = 1.5  # how long what has been cancelled may hold on to the database
CLOSE_S: Final = 0.5  # how long the closing of one client of a server may take
SEEN_S: Final = 1.0  # how long `/readyz` says at least that the process ends, before nobody answers
END_S: Final = 7.5  # from the signal on; a process that has not ended by then is ended
MAX_STAGGER_MS: Final = 40  # processes don't all go for a deadline in the same millisecond

log = get_logger()


class WebProcess:
    """Opened, served, closed; `casino dev` uses the same one as `casino web`."""

    def __init__(
        self,
        *,
        services: Services,
        instruments: Instruments,
        clock: HouseClock,
        pool: asyncpg.Pool,
        edge: SocketEdge,
        lane: Lane | None,
        draining: asyncio.Event,
    ) -> None:
        self.services = services
        self._instruments = instruments
        self._clock = clock
        self._pool = pool
        self._edge = edge
        self._lane = lane
        self._draining = draining

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, settings: Settings, *, kind: str = "web", log_fd: int = 1, machine: Clock | None = None
    ) -> AsyncIterator[Self]:
        """Everything connected and nothing running yet; closed on the way out.

        `machine` is the clock of the machine; the time is the database's. Where the log goes elsewhere than
        to standard output at first, only warnings do (`log_to_stdout`).
        """
        async with AsyncExitStack() as stack:
            redis = valkey_client(settings.redis_url)
            stack.push_async_callback(_close, redis.aclose)
            clock = HouseClock(machine or SystemClock())
            follow(clock)
            instruments = Instruments(settings, redis, kind=kind, clock=clock, refusals=_REFUSALS)
            quietly = settings if log_fd == 1 else msgspec.structs.replace(settings, log_level="warn")
            start_logging(quietly, instruments.process, fd=log_fd)
            stack.callback(flush)
            engine, pool = await _open_database(stack, settings, kind)
            bells = Bells(settings.redis_url)
            stack.push_async_callback(_close, bells.close)
            passwords = Passwords()
            stack.callback(passwords.close)

            vault = SeedVault(shoe_keys(settings))
            book = ShoeBook(pool, vault)
            await _check_database(book, has_keys=bool(settings.shoe_keys))
            await clock.learn(engine)
            pusher = Pusher(new_server(settings))
            floor = Floor(
                pool=pool,
                engine=engine,
                store=TableStore(pool, book, clock),
                vault=vault,
                presence=Presence(redis, instruments.process),
                broadcast=Broadcast(pusher, clock),
                clock=clock,
                stagger_ms=random.randrange(MAX_STAGGER_MS),  # noqa: S311 - spreads load, hides nothing
            )
            draining = asyncio.Event()
            job_bell = JobBell(open_queue(settings.redis_url))
            stack.push_async_callback(_close, job_bell.close)
            cron, bps = settings.payout_cron, settings.syndicate_bps
            desk = PayoutDesk(engine, job_bell, clock, cron=cron, syndicate_bps=bps)
            identity = Identity(engine, bells, passwords, session_ttl_s=settings.session_ttl_s)
            edge = build_socket_server(
                settings=settings,
                doorman=identity,
                floor=floor,
                books=LedgerBooks(engine),
                payouts=desk,
                gather=instruments.sharing.gather,
                bells=bells,
                clock=clock,
                alerts=instruments.alerts,
                process=instruments.process,
                pusher=pusher,
            )
            instruments.connections = edge.connections
            services = Services(
                settings=settings,
                engine=engine,
                redis=redis,
                identity=identity,
                sign_in_limits=SignInLimits(clock, is_on=settings.rate_limits),
                proxies=Proxies(settings.trusted_proxies),
                bells=bells,
                floor=floor,
                seeds=vault,
                payouts=desk,
                metrics=instruments,
                is_hearing=edge.is_hearing,
                is_draining=draining.is_set,
            )
            lane = None
            if settings.worker_mode == "embedded":
                lane = make_lane(settings, engine, bells, instruments.alerts, clock)
            yield cls(
                services=services,
                instruments=instruments,
                clock=clock,
                pool=pool,
                edge=edge,
                lane=lane,
                draining=draining,
            )

    def log_to_stdout(self) -> None:
        """Send the log to standard output from now on, if it went elsewhere."""
        start_logging(self.services.settings, self._instruments.process)

    async def serve(
        self,
        listener: socket.socket,
        stop: asyncio.Event,
        *,
        started: Callable[[], Awaitable[None]] | None = None,
        leash: Leash | None = None,
    ) -> None:
        """Serve on the socket until told to stop, then let the clients go in good order."""
        app = web.Application(client_max_size=64 * 1024)
        setup_http(app, self.services)
        setup_static(app, may_see_admin=self._may_see_admin)
        self._edge.attach(app)
        runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=DRAIN_S)
        await runner.setup()
        try:
            async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
                alerts = AlertBells(self._instruments.alerts, self.services.bells, self._edge.tell_alert)
                running = [
                    group.create_task(self._instruments.run(), name="instruments"),
                    group.create_task(self._clock.keep(self.services.engine), name="clock"),
                    group.create_task(alerts.run(), name="alerts"),
                    group.create_task(self.services.floor.run(), name="floor"),
                    group.create_task(self._edge.run(), name="sockets"),
                ]
                if self._lane is not None:
                    running.append(group.create_task(self._lane.run(), name="lane"))
                site = web.SockSite(runner, listener)
                await site.start()
                log.info("web.started", port=listener.getsockname()[1])
                if started is not None:
                    await started()
                if leash is not None:
                    leash.say_serving()
                await stop.wait()
                if leash is not None and leash.leaves_port:
                    await site.stop()
                await self._drain()
                for task in running:
                    task.cancel()
                # A query of a database that stands still can't be cancelled: cut what is left of them.
                cut = asyncio.get_running_loop().call_later(CUT_S, self._pool.terminate)
                stack.callback(cut.cancel)
        finally:
            await runner.cleanup()
            log.info("web.stopped")

    async def _drain(self) -> None:
        """Take nothing new, let what is in hand end, and let the clients go; `/readyz` says so meanwhile."""
        self._draining.set()
        self.services.floor.drain()
        self._edge.announce_end()
        log.info("web.draining", connections=self._edge.connections())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._let_clients_go())
            if self._lane is not None:
                group.create_task(self._lane.stop())
            group.create_task(asyncio.sleep(SEEN_S))

    async def _let_clients_go(self) -> None:
        await self.services.floor.let_go()
        await self._edge.close()

    async def _may_see_admin(self, request: web.Request) -> bool:
        """Visitors get the page with its sign-in form; a player who is signed in does not."""
        token = request.cookies.get("casino_session")
        session = await self.services.identity.authenticate(token) if token else None
        return session is None or session.user.role == "admin"


async def _open_database(
    stack: AsyncExitStack, settings: Settings, kind: str
) -> tuple[AsyncEngine, asyncpg.Pool]:
    """The engine for everything and the raw pool for the floor; closed with the stack."""
    url, size = settings.database_url, settings.db_pool_size
    engine = create_engine(url, pool_size=size, application=kind)
    stack.push_async_callback(_close, engine.dispose)
    pool = await create_pool(url, pool_size=size, application=f"{kind} floor")
    stack.callback(pool.terminate)
    stack.push_async_callback(_close, pool.close)
    return engine, pool


async def _close(close: Callable[[], Awaitable[object]]) -> None:
    """Close something in good order, unless the other side stands still."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await close()


_REFUSALS: Final = (RuleViolation, EconomyError, WireError, TableBusy, TableHalted)


def shoe_keys(settings: Settings) -> tuple[bytes, ...]:
    """SHOE_KEYS; without it a key from the database's credentials, so that a dump alone opens no seed."""
    if settings.shoe_keys:
        return settings.shoe_keys
    log.warning(
        "web.shoe_keys_missing", message="SHOE_KEYS is not set: the database's password wraps the seeds"
    )
    return (credentials_key(settings.database_url),)


async def _check_database(book: ShoeBook, *, has_keys: bool) -> None:
    """Find out before the first player does; raises DatabaseUnusable, SeedUnreadable.

    Without SHOE_KEYS the process may still serve what needs no seed, on the database of another one.
    """
    try:
        await book.check_keys()
    except asyncpg.UndefinedTableError:
        raise DatabaseUnusable("the schema is missing: run `casino migrate` first") from None
    except SeedUnreadable as fault:
        if has_keys:
            raise
        log.critical("web.seeds_unreadable", message=f"SHOE_KEYS is not set, and is needed for {fault}")


def main(settings: Settings, *, supervised_by: int | None = None) -> int:
    """`casino web`: the exit code. A supervised process has a leash with this number, and shares its port."""
    leash = None if supervised_by is None else Leash(supervised_by)
    with nullcontext() if leash is None else contextlib.closing(leash):
        return _main(settings, leash)


def _main(settings: Settings, leash: Leash | None) -> int:
    try:
        listener = listen(settings.host, settings.port, is_shared=leash is not None)
    except OSError as fault:
        sys.stderr.write(f"casino: PORT: {settings.port} can't be used: {fault.strerror}\n")
        return 2
    with contextlib.closing(listener):
        try:
            return uvloop.run(_run(settings, listener, leash))
        except DatabaseUnusable as fault:
            sys.stderr.write(f"casino: DATABASE_URL: {fault}\n")
        except SeedUnreadable as fault:
            sys.stderr.write(f"casino: SHOE_KEYS: none of them opens the seed of {fault}\n")
        return 2


async def _run(settings: Settings, listener: socket.socket, leash: Leash | None) -> int:
    stop = asyncio.Event()

    def end() -> None:
        if not stop.is_set():
            stop.set()
            last_resort.start()

    last_resort = threading.Timer(END_S, _end_now)
    last_resort.daemon = True
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
    if leash is not None:
        leash.follow(end)
    try:
        async with WebProcess.opened(settings) as process:
            await process.serve(listener, stop, leash=leash)
    finally:
        last_resort.cancel()
    return 0


def _end_now() -> None:
    """Something hangs, and the platform would kill the process without a word in a moment."""
    log.critical("web.end_overdue", after_s=END_S)
    flush()
    os._exit(1)
