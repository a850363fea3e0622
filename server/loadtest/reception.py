"""HTTP calls of the load test: guests, the list of tables, tables of its own."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from random import Random
from typing import Any, Final

import aiohttp
import msgspec

CALL_S: Final = 20.0
PATIENCE_S: Final = 300.0  # how long a rate limit is waited for, altogether
FAULT_TRIES: Final = 5
_FAULTS: Final = (aiohttp.ClientError, OSError, TimeoutError)


class CasinoUnreachable(Exception):
    """The casino does not answer, or not as a casino would."""


class CallRefused(Exception):
    """A call was answered with an error; `code` is the wire's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.status = status
        self.code = code


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """A player with the start money, signed in."""

    user_id: str
    token: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table as the lobby lists it."""

    table_id: str
    phase: str
    seats: int
    players: int
    min_bet: int


class _Tables(msgspec.Struct):
    items: list[Table]


class _Person(msgspec.Struct):
    user_id: str


class _SignedIn(msgspec.Struct):
    token: str
    user: _Person


class Reception:
    """Calls one casino; waits as long as it is told to when it is told to slow down."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        chance: Random,
        token: str | None = None,
        waiting: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._session = session
        self._url = url
        self._chance = chance
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._waiting = waiting

    async def guest(self) -> Guest:
        """A new guest; raises CasinoUnreachable, CallRefused."""
        made = msgspec.json.decode(await self._call("POST", "/api/auth/guest", {}), type=_SignedIn)
        return Guest(user_id=made.user.user_id, token=made.token)

    async def tables(self) -> list[Table]:
        """Every table that is open, those with the lowest bets first."""
        listed = msgspec.json.decode(await self._call("GET", "/api/tables"), type=_Tables)
        is_open = (table for table in listed.items if table.phase != "closed")
        return sorted(is_open, key=lambda table: (table.min_bet, table.table_id))

    async def open_table(self, table_id: str, settings: dict[str, object]) -> None:
        """Make a table; needs an operator's token."""
        await self._call("POST", "/api/admin/tables", {"table_id": table_id, "name": "Load", **settings})

    async def close_table(self, table_id: str) -> None:
        """Close a table after the round in play; needs an operator's token."""
        await self._call("POST", f"/api/admin/tables/{table_id}/close", {})

    async def _call(self, method: str, path: str, body: object = None) -> bytes:
        waited_s, faults = 0.0, 0
        while True:
            try:
                return await self._once(method, path, body)
            except CallRefused as refusal:
                wait_s = getattr(refusal, "wait_s", 0.0)
                if refusal.status != HTTPStatus.TOO_MANY_REQUESTS or waited_s > PATIENCE_S:
                    raise
                waited_s += wait_s
                self._waiting(wait_s)
                await asyncio.sleep(wait_s * self._chance.uniform(1, 1.5))
            except _FAULTS as fault:
                faults += 1
                if faults >= FAULT_TRIES:
                    raise CasinoUnreachable(f"{self._url}: {str(fault) or type(fault).__name__}") from fault
                await asyncio.sleep(0.2 * faults)

    async def _once(self, method: str, path: str, body: object) -> bytes:
        timeout = aiohttp.ClientTimeout(total=CALL_S)
        async with self._session.request(
            method, self._url + path, json=body, headers=self._headers, timeout=timeout
        ) as answer:
            content = await answer.read()
            if answer.status < HTTPStatus.BAD_REQUEST:
                return content
            raise _refusal(answer.status, content)


class _SlowDown(CallRefused):
    def __init__(self, code: str, message: str, wait_s: float) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, code, message)
        self.wait_s = wait_s


def _refusal(status: int, content: bytes) -> CallRefused:
    try:
        error = msgspec.json.decode(content, type=dict[str, dict[str, Any]])["error"]
        code, message = str(error["code"]), str(error.get("message", ""))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return _SlowDown(code, message, float(error.get("retry_after_ms", 1_000)) / 1e3)
    except (msgspec.DecodeError, KeyError):
        return CallRefused(status, "unreadable", f"status {status}")
    return CallRefused(status, code, message)


def new_session() -> aiohttp.ClientSession:
    """A session for any number of clients, which share nothing: no cookies, no limit on connections."""
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
