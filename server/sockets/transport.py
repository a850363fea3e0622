"""Our thin layer over python-socketio and python-engineio: one door in, one lane out.

engine.io checks the request for a websocket; from then on the connection is ours. Frames come in through one
door: a well-formed packet or the end of the connection. Events wait in a bounded inbox for each connection,
and are answered one after the other, so the order of a client is kept and nobody waits for another.
python-socketio keeps the namespaces and the rooms. The rest of the edge knows only what `SocketServer` and
`Gate` offer.

`library` lists the private parts of the libraries that this touches.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import engineio
import orjson
import socketio
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as SocketIORefusal
from socketio.packet import CONNECT_ERROR, DISCONNECT

from server.errors import LimitReached, answer
from server.identity.addresses import Proxies, neighbourhood
from server.sockets import library, reading
from server.sockets.connection import Connection
from server.sockets.fanout import PushManager
from server.sockets.gates import Gate, NotAdmitted
from server.sockets.limits import SocketLimits, Turnstile
from server.sockets.packets import Packet, event_frame, text_frame
from telemetry.clock import Clock, SystemClock
from telemetry.logs import get_logger

_FINISH_S: Final = 3.0  # how long the commands of a closed connection may still take
_SWEEP_S: Final = 0.5
_SWEEPS: Final = 5  # in a ping's interval at least
_OK: Final = 1000  # RFC 6455 section 7.4.1
_PING: Final = text_frame(b"2")
_ADMITTED: Final = object()  # engine.io has nothing against this request

log = get_logger()


class _Engine(engineio.AsyncServer):  # type: ignore[misc]  # python-engineio publishes no types
    """engine.io up to the moment when it would serve the websocket."""

    async def _handle_connect(
        self, environ: object, transport: str, jsonp_index: int | None = None
    ) -> object:
        del environ, transport, jsonp_index
        return _ADMITTED


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]  # python-socketio publishes no types
    """python-socketio's server with our door in front of it; `run` has to run beside it."""

    def __init__(
        self,
        *,
        redis_url: str,
        channel: str,
        namespaces: Iterable[str],
        is_allowed_origin: Callable[[str, Mapping[str, Any]], bool],
        limits: SocketLimits,
        proxies: Proxies | None = None,
        clock: Clock | None = None,
    ) -> None:
        library.check()
        self.limits = limits
        self.gates: dict[str, Gate] = {}
        self.connections: dict[str, Connection] = {}
        self.dropped: Counter[str] = Counter()  # what was not answered, and who was cut, by why
        self.is_open = True
        self._proxies = proxies or Proxies(())
        self._clock = clock or SystemClock()
        self._addresses = Turnstile(limits.sockets_per_address, is_on=limits.are_on)
        self._surplus = Turnstile(limits.sockets_per_address, is_on=limits.are_on)
        for name in ("socketio", "engineio"):
            logging.getLogger(name).setLevel(logging.WARNING)
        super().__init__(
            client_manager=PushManager(redis_url, channel),
            logger=logging.getLogger("socketio.server"),
            engineio_logger=logging.getLogger("engineio.server"),
            serializer=Packet,
            async_handlers=False,
            namespaces=list(namespaces),
            async_mode="aiohttp",
            transports=["websocket"],
            allow_upgrades=False,
            monitor_clients=False,
            cors_allowed_origins=is_allowed_origin,
        )

    def _engineio_server_class(self) -> type[_Engine]:
        return _Engine

    def attach(self, app: web.Application, socketio_path: str = "socket.io") -> None:
        """Serve websockets under this path."""
        app.router.add_get(f"/{socketio_path}/", self._serve)

    async def run(self) -> None:
        """Ping, and end what is overdue, until cancelled."""
        every_s = min(_SWEEP_S, self.limits.ping_interval_s / _SWEEPS)
        while True:
            await asyncio.sleep(every_s)
            self.sweep()

    def sweep(self) -> None:
        """Ping the silent; hang up on who is overdue with a pong or a connect; cut off who reads nothing."""
        now = asyncio.get_running_loop().time()
        for connection in self.connections.values():
            if connection.stalled_at is not None and now >= connection.stalled_at + self.limits.stall_s:
                connection.cut("stalled")
            elif connection.pong_by is not None and now >= connection.pong_by:
                connection.spawn(self.hang_up(connection, reason=self.reason.PING_TIMEOUT))
            elif not connection.namespaces and now >= connection.idle_since + self.limits.connect_deadline_s:
                connection.spawn(self.hang_up(connection))
            elif connection.pong_by is None and now >= connection.ping_at:
                connection.pong_by = now + self.limits.ping_timeout_s
                connection.post(_PING)

    # A connection

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Serve a websocket until it is closed, and let the commands that were taken in finish."""
        if not self.is_open:
            return web.Response(status=503)
        refusal: object = await self.eio.handle_request(request)  # origin, transport, protocol
        if isinstance(refusal, web.StreamResponse):
            return refusal
        address = neighbourhood(
            self._proxies.client(request.remote, request.headers.getall("X-Forwarded-For", []))
        )
        turnstile = self._turnstile(address)
        if turnstile is not self._addresses:
            log.info("sockets.address_full", address=address)
        if turnstile is None:
            return web.json_response({"error": answer(LimitReached())}, status=429)
        try:
            connection = await Connection.open(
                self.eio.generate_id(), request, limits=self.limits, clock=self._clock, cuts=self.dropped
            )
            connection.is_surplus = turnstile is self._surplus
            async with connection.tasks as tasks:
                self.connections[connection.id] = self.environ[connection.id] = connection
                connection.post(text_frame(b"0" + orjson.dumps(self._opening(connection))))
                answering = tasks.create_task(reading.answer(connection, self))
                try:
                    await reading.read(connection, self)
                finally:
                    await self._end(connection, self.reason.TRANSPORT_CLOSE)
                    await asyncio.wait([answering], timeout=_FINISH_S)
                    answering.cancel()
            return connection.websocket
        finally:
            turnstile.leave(address)

    def _turnstile(self, address: str) -> Turnstile | None:
        """Where the address came in; the surplus is let in to be told that it is too much."""
        for turnstile in (self._addresses, self._surplus):
            if turnstile.enter(address):
                return turnstile
        return None

    def _opening(self, connection: Connection) -> dict[str, object]:
        return {
            "sid": connection.id,
            "upgrades": [],
            "pingInterval": int(self.limits.ping_interval_s * 1000),
            "pingTimeout": int(self.limits.ping_timeout_s * 1000),
            "maxPayload": self.limits.frame_bytes,
        }

    async def _end(self, connection: Connection, reason: str) -> None:
        """Take nothing in any more, and tell the gates that the client is gone, once."""
        connection.is_closing = True
        connection.inbox.close()
        if self.connections.pop(connection.id, None) is not None:
            await self._handle_eio_disconnect(connection.id, reason)

    # From the client

    def sid_of(self, connection: Connection, namespace: str) -> str | None:
        """The client's id in a namespace that it is in."""
        if namespace not in connection.namespaces:
            return None
        sid: str | None = self.manager.sid_from_eio_sid(connection.id, namespace)
        return sid

    async def enter(self, connection: Connection, namespace: str, auth: object) -> None:
        """Let the client into a namespace, if its gate does."""
        if connection.is_surplus:
            refusal = {"message": LimitReached.code, "data": {"code": LimitReached.code}}
            await self._send_packet(connection.id, Packet(CONNECT_ERROR, refusal, namespace=namespace))
            await self.hang_up(connection)
            return
        is_repeated = namespace in connection.namespaces
        await self._handle_connect(connection.id, namespace, auth)
        sid = self.manager.sid_from_eio_sid(connection.id, namespace)
        if is_repeated or sid is None:
            return
        connection.namespaces += (namespace,)
        if connection.is_closing:  # closed while it was admitted
            await self.depart(connection, namespace)
            return
        await self.gates[namespace].opened(sid)

    async def depart(self, connection: Connection, namespace: str) -> None:
        """Let the client out of a namespace."""
        await self._handle_disconnect(connection.id, namespace, self.reason.CLIENT_DISCONNECT)
        connection.namespaces = tuple(each for each in connection.namespaces if each != namespace)
        connection.idle_since = asyncio.get_running_loop().time()

    async def _trigger_event(self, event: str, namespace: str, *args: Any) -> bool | None:
        """The library comes here when a client connects or is gone; events never do."""
        gate = self.gates[namespace]
        if event == "connect":
            sid, connection, auth = args
            try:
                await gate.admit(sid, connection.request, auth)
            except NotAdmitted as refusal:
                raise SocketIORefusal(refusal.code, {"code": refusal.code}) from None
            return True
        await gate.closed(args[0])
        return None

    # To the client

    async def _send_packet(self, eio_sid: str, pkt: Packet) -> None:
        connection = self.connections.get(eio_sid)
        if connection is not None:
            connection.post(text_frame(b"4" + pkt.encode().encode()))

    def connection_of(self, sid: str, namespace: str) -> Connection | None:
        """The connection of a client, while it is there."""
        return self.connections.get(self.manager.eio_sid_from_sid(sid, namespace) or "")

    def join(self, sid: str, namespace: str, room: str) -> None:
        """Put a client of this process in a room; nothing when it is gone."""
        if self.connection_of(sid, namespace) is not None:
            self.manager.basic_enter_room(sid, namespace, room)

    def leave(self, sid: str, namespace: str, room: str) -> None:
        """Take a client out of a room."""
        self.manager.basic_leave_room(sid, namespace, room)

    def tell(self, sid: str, namespace: str, event: str, payload: object) -> None:
        """An event to one client of this process. Raises TypeError for what is no JSON."""
        connection = self.connection_of(sid, namespace)
        if connection is not None:
            self.tell_connection(connection, namespace, event, payload)

    def tell_connection(self, connection: Connection, namespace: str, event: str, payload: object) -> None:
        """An event to a connection, after the welcome."""
        connection.push(event_frame(namespace, event, payload))

    def hold(self, sid: str, namespace: str) -> None:
        """Keep what is pushed to the client until its welcome."""
        connection = self.connection_of(sid, namespace)
        if connection is not None:
            connection.hold()

    def welcome(self, sid: str, namespace: str, payload: object) -> None:
        """Send the welcome, then what was kept."""
        connection = self.connection_of(sid, namespace)
        if connection is not None:
            connection.welcome(event_frame(namespace, "welcome", payload))

    # Endings

    async def hang_up(self, connection: Connection, *, code: int = _OK, reason: str | None = None) -> None:
        """Close the connection after what waits for it; with code 1000 the client may come again."""
        if not connection.is_closing:
            connection.spawn(connection.close(code))
            await self._end(connection, reason or self.reason.SERVER_DISCONNECT)

    async def hang_up_on(self, sid: str, namespace: str) -> None:
        """Close a client's connection; it may come again."""
        connection = self.connection_of(sid, namespace)
        if connection is not None:
            await self.hang_up(connection)

    async def dismiss(self, sid: str, namespace: str) -> None:
        """Disconnect the client, so that it does not come again by itself, and close its connection."""
        connection = self.connection_of(sid, namespace)
        if connection is not None:
            await self._send_packet(connection.id, Packet(DISCONNECT, namespace=namespace))
            await self.hang_up(connection)

    async def close_all(self) -> None:
        """Take no more connections, and close all that there are, at once and cleanly."""
        self.is_open = False
        async with asyncio.TaskGroup() as group:
            for connection in list(self.connections.values()):
                group.create_task(self.hang_up(connection))
