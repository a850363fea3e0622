"""Many clients at once: onlookers who only listen, and players who come back and play on."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import socketio

from tests.end_to_end.clients import Account, Api, Client, connected, seat_of
from tests.end_to_end.play import BET, is_asked, sit

_AT_ONCE = 20
_THINK_S = 0.3
_AGAIN_S = 0.05


@dataclass(slots=True, kw_only=True)
class Onlooker:
    """A bare websocket: what it was told when the process went down, and the code that it was closed with."""

    restarting: dict[str, Any] | None = None
    close_code: int | None = None

    async def look_on(self, session: aiohttp.ClientSession, url: str, came: asyncio.Event) -> None:
        """Come in and listen until the server closes; `came` is set on the welcome."""
        address = f"{url}/socket.io/?EIO=4&transport=websocket"
        async with session.ws_connect(address, autoclose=False) as socket:
            await socket.send_str("40" + json.dumps({"token": (await Api(url).guest()).token}))
            async for message in socket:
                if message.data == "2":
                    await socket.send_str("3")
                elif message.data.startswith('42["welcome"'):
                    came.set()
                elif message.data.startswith('42["server_restarting"'):
                    self.restarting = json.loads(message.data[2:])[1]
            self.close_code = socket.close_code


@asynccontextmanager
async def onlookers(url: str, count: int) -> AsyncIterator[tuple[list[Onlooker], list[asyncio.Task[None]]]]:
    """So many onlookers who are in, and the tasks that end when they are closed."""
    crowd = [Onlooker() for _ in range(count)]
    tasks: list[asyncio.Task[None]] = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        try:
            for start in range(0, count, _AT_ONCE):
                events = [asyncio.Event() for _ in crowd[start : start + _AT_ONCE]]
                for onlooker, came in zip(crowd[start:], events, strict=False):
                    tasks.append(asyncio.create_task(onlooker.look_on(session, url, came)))
                async with asyncio.timeout(30):
                    await asyncio.gather(*(came.wait() for came in events))
            yield crowd, tasks
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


@dataclass(slots=True, kw_only=True)
class Regular:
    """A player who thinks, plays round after round, and comes back whenever the connection is lost."""

    account: Account
    table_id: str
    away_s: list[float] = field(default_factory=list)  # each time: until it was back at the table
    acks: int = 0
    refusals: list[str] = field(default_factory=list)
    _is_seated: bool = False
    _lost_at: float | None = None
    _pending: tuple[str, dict[str, Any]] | None = None  # sent, and not answered yet

    async def play_on(self, url: str) -> None:
        """Play until cancelled."""
        while True:
            try:
                async with connected(url, self.account) as client:
                    await self._come_back(client)
                    while True:
                        await self._play(client)
            except (_Lost, socketio.exceptions.ConnectionError):
                self._lost_at = self._lost_at or time.monotonic()
                await asyncio.sleep(_AGAIN_S)

    async def _come_back(self, client: Client) -> None:
        if not self._is_seated:
            await sit(client, self.table_id)
            self._is_seated, self._lost_at = True, None
        if self._lost_at is None:
            return
        await self._ask(client, "watch_table", table_id=self.table_id)
        self.away_s.append(time.monotonic() - self._lost_at)
        self._lost_at = None
        if self._pending is not None:
            await self._send(client, *self._pending)

    async def _play(self, client: Client) -> None:
        """Wait to be asked, think, and answer."""

        def look() -> dict[str, Any] | None:
            view = client.view(self.table_id)
            if client.is_gone:
                return {}
            return view if is_asked(view, client.user_id) else None

        view = await client.until(look, timeout_s=60)
        if view:
            await asyncio.sleep(random.uniform(0, _THINK_S))
        if client.is_gone:
            await self._pause(client)
            raise _Lost
        if not is_asked(view := client.view(self.table_id), client.user_id):
            return
        payload = {"table_id": self.table_id, "round_id": view["round_id"], "command_id": uuid4().hex}
        if view["phase"] == "betting":
            await self._send(client, "place_bet", {**payload, "amount": BET})
        elif view["phase"] == "insurance":
            await self._send(client, "act", {**payload, "hand": 0, "cards": 2, "move": "decline_insurance"})
        else:
            seat, hand = seat_of(view, client.user_id), view["turn"]["hand"]
            assert seat is not None
            held = seat["hands"][hand]
            move = "hit" if held["total"] < 17 else "stand"
            await self._send(
                client, "act", {**payload, "hand": hand, "cards": len(held["cards"]), "move": move}
            )

    async def _send(self, client: Client, command: str, payload: dict[str, Any]) -> None:
        """Send a command; one that the process did not take is sent again, to the next process."""
        self._pending = (command, payload)
        ack = await self._ask(client, command, **payload)
        if not ack["ok"] and ack["error"]["code"] == "server_restarting":
            await client.gone()
            await self._pause(client)
            raise _Lost
        self._pending = None
        if ack["ok"]:
            self.acks += 1
            await client.until(
                lambda: client.is_gone or client.view(self.table_id)["version"] >= ack["version"] or None
            )
        else:
            self.refusals.append(ack["error"]["code"])

    async def _ask(self, client: Client, command: str, **payload: Any) -> dict[str, Any]:
        """Ask, unless the connection ends before the answer."""
        asking, ending = (
            asyncio.create_task(client.ask(command, **payload)),
            asyncio.create_task(client.gone()),
        )
        try:
            await asyncio.wait([asking, ending], return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()
        finally:
            for task in (asking, ending):
                task.cancel()
            await asyncio.wait([asking, ending])
        await self._pause(client)
        raise _Lost

    async def _pause(self, client: Client) -> None:
        """As it was told by the process that went down."""
        self._lost_at = self._lost_at or time.monotonic()
        told = client.events("server_restarting")
        await asyncio.sleep(told[0]["reconnect_after_ms"] / 1000 if told else 0)


class _Lost(Exception):
    """The connection has ended."""
