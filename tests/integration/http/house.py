"""A web process's HTTP side on real servers: routes, identity, floor and bells, without sockets and lane."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from economy.queue import JobBell, open_queue
from games.blackjack.view import TableView
from server.bells import Bell, Bells, valkey_client
from server.database import create_engine, create_pool
from server.floor.broadcast import Broadcast
from server.floor.dealer import ShoeBook
from server.floor.floor import Floor
from server.floor.presence import Presence
from server.floor.seeds import SeedVault
from server.floor.store import TableStore
from server.http.app import setup_http
from server.identity.addresses import Proxies
from server.identity.limits import SignInLimits
from server.identity.passwords import Cost, Passwords
from server.identity.service import Identity, create_admin
from server.instruments import Instruments
from server.payout_desk import PayoutDesk
from server.services import Services
from server.settings import Settings
from telemetry.clock import SystemClock
from tests.fakes import ManualClock

PASSWORD = "correct horse"
TABLE = {
    "table_id": "test-1",
    "name": "Test",
    "rules": {"decks": 2},
    "min_bet": 100,
    "max_bet": 10_000,
    "seats": 3,
    "betting_ms": 60_000,
    "turn_ms": 60_000,
    "insurance_ms": 60_000,
    "pause_ms": 100,
    "seat_hold_ms": 600_000,
    "on_timeout": "safe",
    "hints": True,
}


class NoSockets:
    """Nobody is connected, so nobody is told."""

    async def table_changed(self, table_id: str, table: TableView, *, local_only: bool = False) -> None:
        """Nobody watches."""

    async def balance_changed(self, user_id: str, payload: dict[str, object]) -> None:
        """Nobody listens."""

    def balances_missed(self, user_ids: Iterable[str]) -> None:
        """Nobody is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """The error's code."""
        return str(self.body["error"]["code"])

    @property
    def refusal(self) -> tuple[int, str, str | None]:
        """The error's status, code and field."""
        return self.status, self.code, self.body["error"].get("field")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody with a token."""

    house: "House"
    token: str
    user_id: str
    name: str

    async def get(self, path: str, **params: object) -> Answer:
        """Read."""
        query = {name: str(value) for name, value in params.items()}
        return await self.house.call("GET", path, token=self.token, params=query)

    async def post(self, path: str, body: object = None) -> Answer:
        """Write."""
        return await self.house.call("POST", path, body, token=self.token)

    async def patch(self, path: str, body: object) -> Answer:
        """Change."""
        return await self.house.call("PATCH", path, body, token=self.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The process and a client of it, without cookies."""

    services: Services
    client: TestClient[web.Request, web.Application]
    bells: "asyncio.Queue[Bell]"
    pool: asyncpg.Pool

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make a call; `raw` are the bytes of a body that msgspec would not write."""
        sent = {} if token is None else {"Authorization": f"Bearer {token}"}
        data = raw if raw is not None else None if body is None else msgspec.json.encode(body)
        response = await self.client.request(
            method, path, data=data, params=params, headers={**sent, **(headers or {})}
        )
        got = await response.read()
        is_json = response.content_type == "application/json" and got
        return Answer(
            status=response.status,
            body=msgspec.json.decode(got) if is_json else got.decode(),
            headers=response.headers.copy(),
        )

    async def guest(self) -> Caller:
        """Somebody new."""
        return self._caller(await self.call("POST", "/api/auth/guest", {}))

    async def player(self, name: str) -> Caller:
        """Somebody with a name and a password."""
        return self._caller(
            await self.call("POST", "/api/auth/register", {"name": name, "password": PASSWORD})
        )

    async def admin(self) -> Caller:
        """An operator."""
        await create_admin(self.services.engine, "Operator", PASSWORD)
        return self._caller(
            await self.call("POST", "/api/auth/login", {"name": "Operator", "password": PASSWORD})
        )

    async def balance(self, user_id: str) -> int:
        """What the database says that a player has."""
        return int(await self.pool.fetchval("SELECT balance FROM accounts WHERE owner = $1", user_id))

    def _caller(self, answer: Answer) -> Caller:
        user = answer.body["user"]
        return Caller(house=self, token=answer.body["token"], user_id=user["user_id"], name=user["name"])


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Everything connected and running; for the limits on signing in, time stands still."""
    async with AsyncExitStack() as stack:
        redis = valkey_client(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        instruments = Instruments(settings, redis, kind="web", clock=SystemClock(), refusals=())
        engine = create_engine(settings.database_url, pool_size=5, application="test")
        stack.push_async_callback(engine.dispose)
        pool = await create_pool(settings.database_url, pool_size=5, application="test floor")
        stack.push_async_callback(pool.close)
        bells = Bells(settings.redis_url)
        stack.push_async_callback(bells.close)
        passwords = Passwords(cost=Cost(memory_kib=8, iterations=1))
        stack.callback(passwords.close)
        job_bell = JobBell(open_queue(settings.redis_url))
        stack.push_async_callback(job_bell.close)
        vault = SeedVault(settings.shoe_keys)
        floor = Floor(
            pool=pool,
            engine=engine,
            store=TableStore(pool, ShoeBook(pool, vault), instruments.clock),
            vault=vault,
            presence=Presence(redis, instruments.process),
            broadcast=Broadcast(NoSockets(), instruments.clock),
            clock=instruments.clock,
            stagger_ms=0,
        )
        services = Services(
            settings=settings,
            engine=engine,
            redis=redis,
            identity=Identity(engine, bells, passwords, session_ttl_s=settings.session_ttl_s),
            sign_in_limits=SignInLimits(ManualClock(), is_on=settings.rate_limits),
            proxies=Proxies(settings.trusted_proxies),
            bells=bells,
            floor=floor,
            seeds=vault,
            payouts=PayoutDesk(
                engine, job_bell, instruments.clock, cron=settings.payout_cron, syndicate_bps=10
            ),
            metrics=instruments,
            is_hearing=lambda: True,
            is_draining=lambda: False,
        )
        app = web.Application()
        setup_http(app, services)
        client = await stack.enter_async_context(TestClient(TestServer(app), cookie_jar=DummyCookieJar()))
        heard: asyncio.Queue[Bell] = asyncio.Queue()
        hearing = asyncio.Event()

        async def missed() -> None:
            hearing.set()

        group = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = (
            group.create_task(floor.run()),
            group.create_task(bells.listen(heard.put, missed=missed)),
        )
        await hearing.wait()
        yield House(services=services, client=client, bells=heard, pool=pool)
        for task in tasks:
            task.cancel()


async def rung(house: House, kind: type[Bell]) -> Bell:
    """The next bell of a kind."""
    async with asyncio.timeout(5):
        while True:
            bell = await house.bells.get()
            if isinstance(bell, kind):
                return bell


def is_uuid(text: str) -> bool:
    """Whether a text is an id."""
    return str(UUID(text)) == text
