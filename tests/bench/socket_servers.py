"""The Python servers of `make bench-sockets`: an ack, and a push to the room of the sender.

python -m tests.bench.socket_servers ours | plain: prints its port and serves until it is ended. `plain` is
python-socketio as its documentation shows it, on asyncio's own loop; `ours` is the casino's edge without the
casino, on uvloop as `casino web` runs it. Neither talks to Valkey.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import socketio
import uvloop
from aiohttp import web

from server.sockets.limits import SocketLimits
from server.sockets.transport import SocketServer

VIEW: dict[str, object] = json.loads(os.environ["BENCH_VIEW"])


class BenchGate:
    """Lets everybody in, answers everything, and shows it to the sender's room."""

    def __init__(self, server: SocketServer) -> None:
        self._server = server
        self._rooms: dict[str, str] = {}
        self._version = 0

    async def admit(self, sid: str, request: web.Request, auth: Any) -> None:
        """Take note of the room."""
        del request
        self._rooms[sid] = auth["room"]

    async def opened(self, sid: str) -> None:
        """Join it."""
        self._server.join(sid, "/", self._rooms[sid])

    async def received(self, sid: str, event: str, args: list[object]) -> dict[str, object]:
        """Answer, and push."""
        del event, args
        self._version += 1
        view = {**VIEW, "version": self._version}
        self._server.manager.deliver("/", self._rooms[sid], "table_changed", view)
        return {"ok": True, "version": self._version, "balance": 99_900}

    def overrun(self) -> dict[str, object]:
        """Too much."""
        return {"ok": False}

    async def closed(self, sid: str) -> None:
        """Forget it."""
        del self._rooms[sid]


def ours() -> web.Application:
    """The casino's socket server."""
    server = SocketServer(
        limits=SocketLimits(are_on=False),
        redis_url="redis://127.0.0.1:1/0",
        channel="bench",
        namespaces=("/",),
        is_allowed_origin=lambda _origin, _environ: True,
    )
    server.gates["/"] = BenchGate(server)
    app = web.Application()
    server.attach(app, socketio_path="socket.io")

    async def pings(_app: web.Application) -> AsyncIterator[None]:
        running = asyncio.create_task(server.run())
        yield
        running.cancel()

    app.cleanup_ctx.append(pings)
    return app


def plain() -> web.Application:
    """python-socketio as it comes."""
    server, rooms, version = socketio.AsyncServer(async_mode="aiohttp"), {}, 0

    @server.event  # type: ignore[untyped-decorator]  # python-socketio publishes no types
    async def connect(sid: str, _environ: object, auth: Any) -> None:
        rooms[sid] = auth["room"]
        await server.enter_room(sid, auth["room"])

    @server.event  # type: ignore[untyped-decorator]
    async def act(sid: str, _command: object) -> dict[str, object]:
        nonlocal version
        version += 1
        await server.emit("table_changed", {**VIEW, "version": version}, room=rooms[sid])
        return {"ok": True, "version": version, "balance": 99_900}

    app = web.Application()
    server.attach(app)
    return app


async def serve(app: web.Application) -> None:
    """Serve for ever on a free port."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, gc.collect)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4_096)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "ours":
        uvloop.run(serve(ours()))
    else:
        asyncio.run(serve(plain()))
