"""A socket server with echoing gates, and nothing of the casino behind them."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

from server.identity.addresses import Proxies
from server.sockets.gates import NotAdmitted
from server.sockets.limits import SocketLimits
from server.sockets.transport import SocketServer

QUIET = SocketLimits(are_on=False, stall_s=60.0)  # only what always holds, and time for a slow machine


class EchoGate:
    """Answers every event with what it got; `slow` waits until it is let go."""

    def __init__(self, server: SocketServer, namespace: str) -> None:
        self.server = server
        self.released = asyncio.Event()
        self.started = asyncio.Event()
        self.gone: asyncio.Queue[str] = asyncio.Queue()
        self.heard: asyncio.Queue[tuple[str, list[object]]] = asyncio.Queue()
        self.opened_ids: list[str] = []
        self._namespace = namespace

    async def admit(self, sid: str, request: web.Request, auth: object) -> None:
        """Everybody but the uninvited; `held` waits for its welcome."""
        del request
        if auth == {"token": "bad"}:
            raise NotAdmitted("unauthorized")
        if auth == {"token": "held"}:
            self.server.hold(sid, self._namespace)

    async def opened(self, sid: str) -> None:
        """Take note."""
        self.opened_ids.append(sid)
        self.server.join(sid, self._namespace, "everybody")

    async def received(self, sid: str, event: str, args: list[object]) -> dict[str, object]:
        """Echo."""
        del sid
        self.heard.put_nowait((event, args))
        if event == "slow":
            self.started.set()
            await self.released.wait()
        return {"ok": event != "bad", "event": event, "args": args}

    def overrun(self) -> dict[str, object]:
        """Too much."""
        return {"ok": False, "overrun": True}

    async def closed(self, sid: str) -> None:
        """Take note."""
        self.gone.put_nowait(sid)


class Subscribed(asyncio.Event):
    """Set when a server hears the others."""

    async def now(self) -> None:
        """It hears."""
        self.set()


@dataclass(slots=True)
class EchoHouse:
    """A server with echoing gates."""

    server: SocketServer
    gate: EchoGate
    url: str
    subscribed: Subscribed = field(default_factory=Subscribed)

    def tell_everybody(self, event: str, payload: object) -> None:
        """An event to the room in which all of this process are."""
        self.server.manager.deliver("/", "everybody", event, payload)


class opened_house:  # noqa: N801 - reads as the function that it stands for
    """A running server, closed at the end."""

    def __init__(
        self, redis_url: str, limits: SocketLimits = QUIET, *, proxies: tuple[str, ...] = ()
    ) -> None:
        self._redis_url = redis_url
        self._limits = limits
        self._proxies = proxies
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> EchoHouse:
        server = self._server = SocketServer(
            redis_url=self._redis_url,
            channel=f"test:{self._redis_url}",
            namespaces=("/", "/admin"),
            is_allowed_origin=lambda origin, _environ: origin == "https://casino.example",
            limits=self._limits,
            proxies=Proxies(self._proxies),
        )
        gate = EchoGate(server, "/")
        server.gates.update({"/": gate, "/admin": EchoGate(server, "/admin")})
        app = web.Application()
        server.attach(app, socketio_path="socket.io")
        self._web = web.AppRunner(app, access_log=None)  # TestServer would cancel handlers
        await self._web.setup()
        await web.TCPSite(self._web, "127.0.0.1", 0).start()
        house = EchoHouse(server, gate, f"http://127.0.0.1:{self._web.addresses[0][1]}")
        self._tasks = [
            asyncio.create_task(server.manager.run(house.subscribed.now)),
            asyncio.create_task(server.run()),
        ]
        return house

    async def __aexit__(self, *_details: object) -> None:
        await self._server.close_all()
        await self._server.shutdown()
        await self._web.cleanup()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
