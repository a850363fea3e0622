"""A casino behind its socket edge: real PostgreSQL, real Valkey, the real floor, and nothing of HTTP."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.ids import new_id
from economy.money import Money
from games.blackjack.state import TableConfig
from server.bells import Bells, SyndicatePaid, valkey_client
from server.floor.broadcast import Broadcast
from server.floor.dealer import ShoeBook
from server.floor.floor import Floor
from server.floor.presence import Presence
from server.floor.seeds import SeedVault
from server.floor.store import TableStore
from server.identity.passwords import Cost, Passwords
from server.identity.service import Identity, create_admin
from server.identity.store import User
from server.instruments import AlertBells
from server.payout_desk import PayoutDesk
from server.settings import Settings
from server.sockets.books import LedgerBooks
from server.sockets.edge import SocketEdge, build_socket_server, new_server
from server.sockets.limits import SocketLimits
from server.sockets.push import Pusher
from telemetry.alerts import Alerts
from telemetry.clock import SystemClock
from telemetry.registry import Registry
from telemetry.snapshots import Process, Snapshot
from tests.integration.economy.builders import Silent, pay_all, scheduled_run
from tests.integration.sockets.raw import SOON_S, RawSocket

TABLE = TableConfig(
    table_id="main-1",
    name="Main",
    min_bet=Money(100),
    max_bet=Money(50_000),
    seats=3,
    betting_ms=60_000,
    turn_ms=60_000,
)


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody with a token."""

    user: User
    token: str

    @property
    def user_id(self) -> str:
        """The id as the wire has it."""
        return str(self.user.user_id)


class CountedBooks(LedgerBooks):
    """The real books, counting how often dividends were looked for."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.looks = 0

    async def dividends(self, after: Mapping[str, int]) -> Any:
        """As the books."""
        self.looks += 1
        return await super().dividends(after)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One running process."""

    url: str
    edge: SocketEdge
    bells: Bells
    books: CountedBooks
    floor: Floor
    identity: Identity
    engine: AsyncEngine
    bell: Silent
    alerts: Alerts
    gathered: list[Snapshot]

    async def guest(self) -> Player:
        """A new player with the start money."""
        return Player(*await self.identity.guest())

    async def operator(self) -> Player:
        """A new operator who is signed in."""
        name = f"op{new_id().hex[-12:]}"
        await create_admin(self.engine, name, "a long password")
        return Player(*await self.identity.login(name, "a long password"))

    @asynccontextmanager
    async def raw(self, player: Player, namespace: str = "") -> AsyncIterator[RawSocket]:
        """A bare socket that is connected as the player."""
        async with RawSocket(self.url) as client:
            answer = await client.join(player.token, namespace)
            assert answer.startswith("40"), answer
            yield client

    @asynccontextmanager
    async def client(self, player: Player) -> AsyncIterator["Client"]:
        """python-socketio's own client, connected as the player."""
        client = Client()
        await client.connect(self.url, player)
        try:
            yield client
        finally:
            await client.close()

    async def pay_everybody(self) -> None:
        """A payout run over all syndicates, each of which is rung for as the relay does."""
        run_id = await scheduled_run(self.engine)
        await pay_all(self.engine, run_id)
        async with self.engine.connect() as connection:
            rows = await connection.exec_driver_sql(
                "SELECT payload FROM outbox WHERE event = 'syndicate_paid' AND payload ->> 'run_id' = $1",
                (str(run_id),),
            )
            payloads = [row[0] for row in rows]
        for payload in payloads:
            await self.bells.ring(SyndicatePaid(payload=payload))


class Client:
    """python-socketio's client; what it hears waits in order."""

    def __init__(self) -> None:
        self.io = socketio.AsyncClient(reconnection=False)
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.ended = asyncio.Event()
        self.io.on("*", self._hear)
        self.io.on("disconnect", self._end)
        self.io.on("connect_error", self._refused)

    async def _hear(self, event: str, payload: Any) -> None:
        self.heard.put_nowait((event, payload))

    async def _refused(self, why: Any) -> None:
        self.heard.put_nowait(("connect_error", why))

    async def _end(self, _reason: str) -> None:
        self.ended.set()

    async def connect(self, url: str, player: Player) -> None:
        """Connect with the player's token."""
        await self.io.connect(url, transports=["websocket"], auth={"token": player.token})

    async def close(self) -> None:
        """Leave."""
        await self.io.disconnect()

    async def ask(self, command: str, **payload: object) -> dict[str, Any]:
        """Send a command; its ack."""
        ack: dict[str, Any] = await self.io.call(command, payload, timeout=SOON_S)
        return ack

    async def do(self, command: str, **payload: object) -> dict[str, Any]:
        """Send a command with a fresh id; its ack, which must be good."""
        ack = await self.ask(command, command_id=new_id().hex, **payload)
        assert ack["ok"], ack
        return ack

    async def table(self, seat: int, user_id: str) -> Any:
        """The first view in which this player has the seat."""
        while True:
            view = await self.hear("table_changed")
            player = view["seats"][seat - 1]["player"]
            if player is not None and player["user_id"] == user_id:
                return view

    async def hear(self, event: str) -> Any:
        """The next event of this name; others are passed over."""
        async with asyncio.timeout(SOON_S):
            while True:
                name, payload = await self.heard.get()
                if name == event:
                    return payload


@asynccontextmanager
async def open_house(
    postgres_url: str,
    redis_url: str,
    engine: AsyncEngine,
    pool: asyncpg.Pool,
    *,
    limits: SocketLimits = SocketLimits(are_on=False),  # noqa: B008 - frozen
) -> AsyncIterator[House]:
    """A process that serves; closed at the end as a process is."""
    settings = Settings(database_url=postgres_url, redis_url=redis_url)
    clock, bell, bells = SystemClock(), Silent(), Bells(redis_url)
    vault, redis = SeedVault((b"a key for the tests only",)), valkey_client(redis_url)
    passwords = Passwords(cost=Cost(memory_kib=64, iterations=1), threads=1)
    pusher = Pusher(new_server(settings, limits))
    name = f"web-{new_id().hex[-8:]}"
    floor = Floor(
        pool=pool,
        engine=engine,
        store=TableStore(pool, ShoeBook(pool, vault), clock),
        vault=vault,
        presence=Presence(redis, name),
        broadcast=Broadcast(pusher, clock),
        clock=clock,
        stagger_ms=0,
    )
    alerts = Alerts(clock, process=name)
    identity = Identity(engine, bells, passwords, session_ttl_s=3600)
    books, registry = CountedBooks(engine), Registry(clock)
    gathered: list[Snapshot] = []

    async def gather() -> tuple[Snapshot, ...]:
        process = Process(
            process=name,
            kind="web",
            pid=1,
            version="1",
            uptime_s=1,
            rss_bytes=1,
            loop_lag_ms=0,
            connections=0,
        )
        gathered.append(Snapshot(process=process, at=clock.now(), operations=registry.operations()))
        return (gathered[-1],)

    edge = build_socket_server(
        settings=settings,
        doorman=identity,
        floor=floor,
        books=books,
        payouts=PayoutDesk(engine, bell, clock, cron="0 0 * * 0", syndicate_bps=10),
        gather=gather,
        bells=bells,
        clock=clock,
        alerts=alerts,
        process=name,
        pusher=pusher,
    )
    app = web.Application()
    edge.attach(app)
    running = TestServer(app)
    await running.start_server()
    alert_bells = AlertBells(alerts, bells, edge.tell_alert)
    tasks = [asyncio.create_task(part.run()) for part in (floor, edge, alert_bells)]
    try:
        async with asyncio.timeout(SOON_S):
            await edge.hearing.wait()
        yield House(
            url=str(running.make_url("")).rstrip("/"),
            edge=edge,
            bells=bells,
            books=books,
            floor=floor,
            identity=identity,
            engine=engine,
            bell=bell,
            alerts=alerts,
            gathered=gathered,
        )
    finally:
        await edge.close()
        await running.close()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await bells.close()
        await redis.aclose()
        passwords.close()


def uuid(player: Player) -> UUID:
    """The player's id as the economy wants it."""
    return player.user.user_id
