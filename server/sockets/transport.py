"""Our thin layer over python-socketio and python-engineio: it alone touches their servers' private parts.

Frames come in through one door: a well-formed packet or the end of the connection. Events wait in a bounded
inbox for each connection and are answered one after the other, so the order of a client is kept and nobody
waits for another. Frames go out straight into each socket's queue. The rest of the edge knows only what
`SocketServer` and `Gate` offer.

Both libraries are pinned. The private parts: engine.io's `_async["websocket"]` and its handler's `__self__`,
its sockets' `queue`, `closed` and `close`; python-socketio's `_engineio_server_class`, `_handle_connect`,
`_handle_disconnect`, `_handle_eio_connect`, `_handle_eio_message`, `_handle_eio_disconnect`,
`_trigger_event`, `_send_packet`, and the manager's look-ups by id.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

import engineio
import socketio
from aiohttp import WSMsgType, web
from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from socketio.exceptions import ConnectionRefusedError as SocketIORefusal
from socketio.packet import ACK, BINARY_ACK, BINARY_EVENT, CONNECT, DISCONNECT, EVENT

from server.sockets.fanout import PushManager
from server.sockets.packets import MalformedPacketError, Packet, event_frame
from telemetry.logs import get_logger

FRAME_MAX: Final = 16 * 1024  # bytes of one message from a client
INBOX_MAX: Final = 64  # events of one connection that wait for their turn
OUTBOX_MAX: Final = 1_024  # packets that wait for a slow reader; past this it is cut off
PING_S: Final = (10, 5)  # interval, time-out
CONNECT_DEADLINE_S: Final = 10.0
_FINISH_S: Final = 3.0  # how long the commands of a closed connection may still take
_CLOSE_S: Final = 2.0  # how long a client may take to answer the closing handshake

log = get_logger()


class NotAdmitted(Exception):
    """The gate does not let this client in; carries a code of the wire contract."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Gate(Protocol):
    """What stands behind a namespace. None of its methods but `admit` may raise."""

    async def admit(self, sid: str, request: web.Request, auth: object) -> None:
        """Let the client in, or raise NotAdmitted."""
        ...

    async def opened(self, sid: str) -> None:
        """The client has been told that it is in; what it is sent from here on, it hears."""
        ...

    async def received(self, sid: str, event: str, args: list[object]) -> dict[str, object]:
        """Carry out a command; the ack."""
        ...

    def overrun(self) -> dict[str, object]:
        """The ack of an event that found the inbox full."""
        ...

    async def closed(self, sid: str) -> None:
        """The client is gone."""
        ...


@dataclass(frozen=True, slots=True)
class _Event:
    sid: str
    namespace: str
    id: int | None
    data: list[object]


@dataclass(slots=True, kw_only=True)
class Connection:
    """One websocket and what waits in front of it and behind it."""

    engine_socket: Any
    request: web.Request
    idle_since: float  # loop time since which no namespace is connected
    namespaces: set[str] = field(default_factory=set)
    inbox: asyncio.Queue[_Event | None] = field(default_factory=asyncio.Queue)
    held: list[EnginePacket] | None = None  # pushes that wait for the welcome
    attachments: int = 0  # binary frames that belong to a refused event

    def post(self, frame: EnginePacket) -> None:
        """Put a frame in the socket's queue; a reader that is too slow is cut off."""
        if self.engine_socket.queue.qsize() >= OUTBOX_MAX:
            self.abort()
        elif not self.engine_socket.closed:
            self.engine_socket.queue.put_nowait(frame)

    def push(self, frame: EnginePacket) -> None:
        """Post the frame, after the welcome."""
        if self.held is None:
            self.post(frame)
        elif len(self.held) < OUTBOX_MAX:
            self.held.append(frame)

    def abort(self) -> None:
        """Cut the connection and free what waits for it."""
        if self.request.transport is not None:
            self.request.transport.abort()


class _WebSocket:
    """What engine.io drives: aiohttp's websocket, without compression, with bounds, and with a pump."""

    def __init__(
        self, owner: "SocketServer", handler: Callable[["_WebSocket"], Any], _engine: object
    ) -> None:
        self._owner = owner
        self._handler = handler
        self._socket = web.WebSocketResponse(compress=False, max_msg_size=FRAME_MAX + 1, timeout=_CLOSE_S)

    async def __call__(self, environ: Mapping[str, Any]) -> web.WebSocketResponse:
        """Serve the connection until it is closed; then let the commands that were taken in finish."""
        request = environ["aiohttp.request"]
        await self._socket.prepare(request)
        self._connection = self._owner.connect(self._handler.__self__, request)  # type: ignore[attr-defined]
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(self._owner.pump(self._connection))
            try:
                await self._handler(self)
            finally:
                self._connection.inbox.put_nowait(None)
                await asyncio.wait([pump], timeout=_FINISH_S)
                pump.cancel()
        return self._socket

    async def wait(self) -> str:
        """The next frame; anything that is none ends the connection."""
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT and _is_engine_frame(message.data):
                text: str = message.data
                return text
            if message.type is WSMsgType.BINARY and self._connection.attachments > 0:
                self._connection.attachments -= 1
                continue
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self._owner.dropped["malformed"] += 1
            raise OSError("closed")

    async def send(self, frame: str) -> None:
        """Write a frame, waiting for a slow reader."""
        await self._socket.send_str(frame)

    async def close(self) -> None:
        """Close with code 1000."""
        await self._socket.close()


def _is_engine_frame(text: str) -> bool:
    """Close, pong, or a message that starts a Socket.IO packet: all that a client of protocol 4 sends us."""
    return text[:1] in ("1", "3") or (text[:1] == "4" and text[1:2] != "" and text[1:2] in "0123456")


class _Engine(engineio.AsyncServer):  # type: ignore[misc]  # python-engineio publishes no types
    def __init__(self, *, owner: "SocketServer", **options: Any) -> None:
        super().__init__(**options)
        self._async: dict[str, Any] = {**self._async, "websocket": partial(_WebSocket, owner)}


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]  # python-socketio publishes no types
    """python-socketio's server with our door in front of it."""

    def __init__(
        self,
        *,
        redis_url: str,
        channel: str,
        namespaces: Iterable[str],
        is_allowed_origin: Callable[[str, Mapping[str, Any]], bool],
    ) -> None:
        self.gates: dict[str, Gate] = {}
        self.connections: dict[str, Connection] = {}
        self.dropped: Counter[str] = Counter()  # what was not answered, by why
        self.is_open = True
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
            ping_interval=PING_S[0],
            ping_timeout=PING_S[1],
            max_http_buffer_size=FRAME_MAX,
            cors_allowed_origins=is_allowed_origin,
        )

    def _engineio_server_class(self) -> Callable[..., _Engine]:
        return partial(_Engine, owner=self)

    # From the client

    def connect(self, engine_socket: Any, request: web.Request) -> Connection:
        """Take note of a websocket that opened."""
        now = asyncio.get_running_loop().time()
        connection = Connection(engine_socket=engine_socket, request=request, idle_since=now)
        self.connections[engine_socket.sid] = connection
        return connection

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> bool | None:
        if not self.is_open:
            return False
        self.environ[eio_sid] = environ
        return None

    async def _handle_eio_message(self, eio_sid: str, data: str) -> None:
        connection = self.connections.get(eio_sid)
        if connection is None or connection.engine_socket.closed:  # it came while we hung up
            return
        try:
            packet = Packet(encoded_packet=data)
            if packet.packet_type == CONNECT:
                await self._handle_connect(eio_sid, packet.namespace, packet.data)
            elif packet.packet_type == DISCONNECT:
                await self._handle_disconnect(eio_sid, packet.namespace, self.reason.CLIENT_DISCONNECT)
            elif packet.packet_type == EVENT:
                self._take(connection, packet.namespace, packet.id, packet.data)
            elif packet.packet_type in (BINARY_EVENT, BINARY_ACK):
                connection.attachments += packet.attachment_count
                if packet.packet_type == BINARY_EVENT:
                    self._take(connection, packet.namespace, packet.id, [None])
            else:
                self.dropped["unasked"] += 1  # an ack or an error: nothing that is sent asks for one
        except MalformedPacketError:
            self.dropped["malformed"] += 1
            await self.hang_up(connection)

    def _take(self, connection: Connection, namespace: str | None, number: int | None, data: Any) -> None:
        """Put an event in the inbox; answer at once when that is full."""
        space = namespace or "/"
        sid = self.manager.sid_from_eio_sid(connection.engine_socket.sid, space)
        if sid is None or space not in connection.namespaces:
            self.dropped["not_connected"] += 1
        elif connection.inbox.qsize() < INBOX_MAX:
            connection.inbox.put_nowait(_Event(sid, space, number, data))
        elif number is None:
            self.dropped["overrun"] += 1
        else:
            self._acknowledge(connection, space, number, self.gates[space].overrun())

    async def pump(self, connection: Connection) -> None:
        """Answer the connection's events one after the other, until the inbox is closed."""
        while (event := await connection.inbox.get()) is not None:
            name, *args = event.data
            gate = self.gates[event.namespace]
            ack = await gate.received(event.sid, name if isinstance(name, str) else "", args)
            if event.id is not None:
                self._acknowledge(connection, event.namespace, event.id, ack)
            elif not ack.get("ok"):
                self.dropped["refused"] += 1

    def _acknowledge(
        self, connection: Connection, namespace: str, number: int, ack: Mapping[str, object]
    ) -> None:
        packet = Packet(ACK, [ack], namespace=namespace, id=number)
        connection.post(EnginePacket(MESSAGE, packet.encode()))

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: object) -> None:
        connection, space = self.connections[eio_sid], namespace or "/"
        is_repeated = space in connection.namespaces
        await super()._handle_connect(eio_sid, space, data)
        sid = self.manager.sid_from_eio_sid(eio_sid, space)
        if is_repeated or sid is None:
            return
        connection.namespaces.add(space)
        if connection.engine_socket.closed:  # closed while it was admitted
            await self._handle_disconnect(eio_sid, space, self.reason.TRANSPORT_CLOSE)
            return
        await self.gates[space].opened(sid)

    async def _handle_disconnect(
        self, eio_sid: str, namespace: str | None, reason: str | None = None
    ) -> None:
        await super()._handle_disconnect(eio_sid, namespace, reason)
        connection = self.connections.get(eio_sid)
        if connection is not None:
            connection.namespaces.discard(namespace or "/")
            connection.idle_since = asyncio.get_running_loop().time()

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        await super()._handle_eio_disconnect(eio_sid, reason)
        self.connections.pop(eio_sid, None)

    async def _trigger_event(self, event: str, namespace: str, *args: Any) -> bool | None:
        """The library comes here when a client connects or is gone; events never do."""
        gate = self.gates[namespace]
        if event == "connect":
            sid, environ, auth = args
            try:
                await gate.admit(sid, environ["aiohttp.request"], auth)
            except NotAdmitted as refusal:
                raise SocketIORefusal(refusal.code, {"code": refusal.code}) from None
            return True
        await gate.closed(args[0])
        return None

    # To the client

    async def _send_packet(self, eio_sid: str, pkt: Packet) -> None:
        connection = self.connections.get(eio_sid)
        if connection is not None:
            connection.post(EnginePacket(MESSAGE, pkt.encode()))

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
            connection.held = []

    def welcome(self, sid: str, namespace: str, payload: object) -> None:
        """Send the welcome, then what was kept."""
        connection = self.connection_of(sid, namespace)
        if connection is None:
            return
        held, connection.held = connection.held or [], None
        connection.post(event_frame(namespace, "welcome", payload))
        for frame in held:
            connection.post(frame)

    # Endings

    async def hang_up(self, connection: Connection) -> None:
        """Close the connection after what is in its queue, with code 1000; the client may come again."""
        socket = connection.engine_socket
        await socket.close(wait=False, abort=True, reason=self.reason.SERVER_DISCONNECT)
        socket.queue.put_nowait(None)

    async def hang_up_on(self, sid: str, namespace: str) -> None:
        """Close a client's connection; it may come again."""
        connection = self.connection_of(sid, namespace)
        if connection is not None:
            await self.hang_up(connection)

    async def dismiss(self, sid: str, namespace: str) -> None:
        """Disconnect the client, so that it does not come again by itself, and close its connection."""
        connection = self.connection_of(sid, namespace)
        if connection is not None:
            connection.post(EnginePacket(MESSAGE, Packet(DISCONNECT, namespace=namespace).encode()))
            await self.hang_up(connection)

    async def sweep(self) -> None:
        """Close what connected to no namespace in time."""
        overdue = asyncio.get_running_loop().time() - CONNECT_DEADLINE_S
        for connection in list(self.connections.values()):
            if not connection.namespaces and connection.idle_since < overdue:
                await self.hang_up(connection)

    async def close_all(self) -> None:
        """Take no more connections, and close all that there are, at once and cleanly."""
        self.is_open = False
        for connection in list(self.connections.values()):
            await self.hang_up(connection)
