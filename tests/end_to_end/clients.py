"""A player's client for the tests: commands with ids of its own, every ack looked at, every frame kept."""

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import aiohttp
import socketio

T = TypeVar("T")

SOON_S = 20.0  # what must happen at once gets so long on a busy machine
_MUTATING = frozenset(
    ("take_seat", "leave_seat", "place_bet", "clear_bet", "act", "set_client_seed", "confirm_payouts")
)
_PASSING = frozenset(("internal", "table_busy", "server_restarting"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who can sign in."""

    user_id: str
    name: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One packet from the server, as it was on the wire and as it reads; an ack has no event's name."""

    raw: str
    event: str
    payload: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A command that was answered."""

    command: str
    payload: dict[str, Any]
    ack: dict[str, Any]


class HttpRefused(AssertionError):
    """A call was answered with an error."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.code = body.get("error", {}).get("code") if isinstance(body, dict) else None


class Api:
    """HTTP calls as one user; every call has a connection of its own, so it outlives restarts."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        self.token = token

    async def get(self, path: str, **params: object) -> Any:
        """Read; raises HttpRefused."""
        return await self._call("GET", path, params={name: str(value) for name, value in params.items()})

    async def post(self, path: str, **body: object) -> Any:
        """Write; raises HttpRefused."""
        return await self._call("POST", path, body=body)

    async def guest(self) -> Account:
        """A new player with the start money."""
        made = await self.post("/api/auth/guest")
        return Account(user_id=made["user"]["user_id"], name=made["user"]["name"], token=made["token"])

    async def _call(
        self, method: str, path: str, *, body: object = None, params: dict[str, str] | None = None
    ) -> Any:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        url = f"{self.url}{path}"
        async with aiohttp.request(
            method, url, json=body, params=params, headers=headers, timeout=aiohttp.ClientTimeout(SOON_S)
        ) as answer:
            text = await answer.text()
            is_json = answer.content_type == "application/json" and text
            read = json.loads(text) if is_json else text
            if answer.status >= 400:
                raise HttpRefused(answer.status, read)
            return read


class _Socket(socketio.AsyncClient):  # type: ignore[misc]  # python-socketio publishes no types
    """python-socketio's client; `on_packet` gets every packet in the order in which it came in."""

    def __init__(self, on_packet: Callable[[str], None]) -> None:
        super().__init__(reconnection=False)
        self._on_packet = on_packet

    async def _handle_eio_message(self, data: str) -> None:
        self._on_packet(data)
        await super()._handle_eio_message(data)


class Client:
    """One player's connection: `frames` is all that came in, `sent` all that was asked and its acks."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.frames: list[Frame] = []
        self.sent: list[Sent] = []
        self.is_gone = False
        self.is_patient = False  # sends a command again, with its id, that was answered with a fault of ours
        self._views: dict[str, dict[str, Any]] = {}
        self._news = asyncio.Event()
        self._socket = _Socket(self._take)
        self._socket.on("disconnect", self._end)

    @property
    def user_id(self) -> str:
        """Whose client this is."""
        return self.account.user_id

    async def connect(self, url: str) -> dict[str, Any]:
        """Connect with the account's token; the welcome, which must be the first event."""
        await self._socket.connect(url, auth={"token": self.account.token}, transports=["websocket"])
        first = await self.until(lambda: next(iter(self._events()), None))
        assert first.event == "welcome", first
        welcome: dict[str, Any] = first.payload
        return welcome

    async def close(self) -> None:
        """Leave."""
        await self._socket.disconnect()

    async def ask(self, command: str, **payload: Any) -> dict[str, Any]:
        """Send a command, with a fresh id unless it has one; its ack, good or bad."""
        if command in _MUTATING:
            payload.setdefault("command_id", uuid4().hex)
        ack = await self._socket.call(command, payload, timeout=SOON_S)
        while self.is_patient and not ack["ok"] and ack["error"]["code"] in _PASSING:
            ack = await self._socket.call(command, payload, timeout=SOON_S)
        assert type(ack) is dict, ack
        assert type(ack["ok"]) is bool, ack
        assert ack["ok"] or {"code", "message"} <= ack["error"].keys(), ack
        self.sent.append(Sent(command=command, payload=payload, ack=ack))
        self._news.set()
        if ack["ok"] and "table" in ack:
            self._see(ack["table"])
        return ack

    async def fire(self, command: str, **payload: Any) -> None:
        """Send a command and wait for nothing."""
        await self._socket.emit(command, payload)

    async def answered(self, count: int) -> None:
        """Wait until so many commands were answered."""
        await self.until(lambda: self.sent[count - 1] if len(self.sent) >= count else None)

    async def do(self, command: str, **payload: Any) -> dict[str, Any]:
        """The same; the ack must be good."""
        ack = await self.ask(command, **payload)
        assert ack["ok"], (command, payload, ack)
        return ack

    async def refused(self, command: str, **payload: Any) -> str:
        """The same; the ack must be a refusal. Its code."""
        ack = await self.ask(command, **payload)
        assert not ack["ok"], (command, payload, ack)
        return str(ack["error"]["code"])

    def events(self, name: str) -> list[Any]:
        """The payloads of the events of this name so far."""
        return [frame.payload for frame in self.frames if frame.event == name]

    def view(self, table_id: str) -> dict[str, Any]:
        """The newest view of a table."""
        return self._views[table_id]

    async def until(self, look: Callable[[], T | None], *, timeout_s: float = SOON_S) -> T:
        """Wait until the look, taken again after every frame, finds something."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            self._news.clear()
            found = look()
            if found is not None:
                return found
            assert not self.is_gone, "the connection has ended"
            try:
                async with asyncio.timeout_at(deadline):
                    await self._news.wait()
            except TimeoutError:
                seen = [frame.raw[:300] for frame in self.frames[-5:]]
                raise AssertionError(f"did not come within {timeout_s} s; the last frames: {seen}") from None

    async def hear(self, event: str, *, count: int = 1, timeout_s: float = SOON_S) -> Any:
        """Wait for the count-th event of this name since the connection was made."""
        return await self.until(
            lambda: next(itertools.islice(self.events(event), count - 1, None), None), timeout_s=timeout_s
        )

    async def view_where(
        self, table_id: str, fits: Callable[[dict[str, Any]], bool], *, timeout_s: float = SOON_S
    ) -> dict[str, Any]:
        """Wait until the newest view of the table fits."""

        def look() -> dict[str, Any] | None:
            view = self._views.get(table_id)
            return view if view is not None and fits(view) else None

        return await self.until(look, timeout_s=timeout_s)

    async def gone(self) -> None:
        """Wait until the connection has ended."""
        async with asyncio.timeout(SOON_S):
            while not self.is_gone:
                self._news.clear()
                await self._news.wait()

    def _events(self) -> Iterator[Frame]:
        return (frame for frame in self.frames if frame.event)

    def _take(self, raw: str) -> None:
        found = re.match(r"([23])\d*\[", raw)
        event = ""
        payload: Any = None
        if found and found[1] == "2":
            event, *rest = json.loads(raw[found.end() - 1 :])
            payload = rest[0] if rest else None
        elif found:
            (payload,) = json.loads(raw[found.end() - 1 :])
        self.frames.append(Frame(raw=raw, event=event, payload=payload))
        if event == "table_changed":
            self._see(payload)
        self._news.set()

    def _see(self, view: dict[str, Any]) -> None:
        """As the contract asks of a client: a view older than the one at hand is dropped."""
        known = self._views.get(view["table_id"])
        if known is None or view["version"] >= known["version"]:
            self._views[view["table_id"]] = view
            self._news.set()

    async def _end(self, _reason: str) -> None:
        self.is_gone = True
        self._news.set()


@asynccontextmanager
async def connected(url: str, account: Account) -> AsyncIterator[Client]:
    """A client that is connected and welcomed, and leaves at the end."""
    client = Client(account)
    try:
        await client.connect(url)
        yield client
    finally:
        await client.close()


def seat_of(view: dict[str, Any], user_id: str) -> dict[str, Any] | None:
    """The player's seat, if there is one."""
    for seat in view["seats"]:
        if seat["player"] is not None and seat["player"]["user_id"] == user_id:
            found: dict[str, Any] = seat
            return found
    return None
