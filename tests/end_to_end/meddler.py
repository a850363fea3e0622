"""A proxy between clients and the casino that changes what it is told to, and passes the rest on."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

_TABLE = '42["table_changed",'
_DROPPED_HEADERS = frozenset(("transfer-encoding", "content-length", "content-encoding", "connection"))


@dataclass(slots=True)
class Wire:
    """One client's connection through the proxy: what it asked for, and how many views it was shown."""

    commands: set[str] = field(default_factory=set)
    views: int = 0

    @property
    def is_watcher(self) -> bool:
        """Whether it looks on and has asked for no seat."""
        return self.commands == {"watch_table"}


Meddle = Callable[[Wire, dict[str, Any]], dict[str, Any] | None]
"""Gets every view that is pushed; what it answers goes on to the client, None is dropped."""


@asynccontextmanager
async def meddling(casino: str, meddle: Meddle) -> AsyncIterator[str]:
    """The address of a proxy in front of the casino."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def serve(request: web.Request) -> web.StreamResponse:
            if request.path.startswith("/socket.io"):
                return await _bridge(session, casino, request, meddle)
            return await _pass_on(session, casino, request)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", serve)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            await runner.cleanup()


async def _pass_on(session: aiohttp.ClientSession, casino: str, request: web.Request) -> web.Response:
    headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
    async with session.request(
        request.method, casino + request.path_qs, headers=headers, data=await request.read()
    ) as answer:
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _DROPPED_HEADERS}
        return web.Response(status=answer.status, headers=kept, body=await answer.read())


async def _bridge(
    session: aiohttp.ClientSession, casino: str, request: web.Request, meddle: Meddle
) -> web.WebSocketResponse:
    wire = Wire()
    client = web.WebSocketResponse(compress=False)
    await client.prepare(request)
    async with session.ws_connect(casino + request.path_qs, compress=0) as server:

        async def up() -> None:
            with suppress(ConnectionError):  # the other end hung up first
                async for message in client:
                    if message.data.startswith("42"):
                        wire.commands.add(json.loads(message.data[message.data.index("[") :])[0])
                    await server.send_str(message.data)
            await server.close()

        async def down() -> None:
            with suppress(ConnectionError):
                async for message in server:
                    told = _meddled(wire, message.data, meddle)
                    if told is not None:
                        await client.send_str(told)
            await client.close()

        done, pending = await asyncio.wait(
            [asyncio.create_task(up()), asyncio.create_task(down())], return_when=asyncio.FIRST_COMPLETED
        )
        await asyncio.wait([*done, *pending], timeout=1)
        for task in pending:
            task.cancel()
    return client


def _meddled(wire: Wire, text: str, meddle: Meddle) -> str | None:
    if not text.startswith(_TABLE):
        return text
    wire.views += 1
    view = meddle(wire, json.loads(text[len(_TABLE) : -1]))
    return None if view is None else f"{_TABLE}{json.dumps(view)}]"
