"""One websocket: what comes in waits in its inbox, what goes out is written at once or waits too.

A frame is written straight to the transport, without a task and without a copy, while the client reads. When
it reads slower than it is told, frames wait in a bounded outbox; who lets too much pile up is cut off.
aiohttp reads the websocket's frames and does its handshakes; whole frames of ours may stand between its own.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final, Self

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from server.sockets.limits import SocketLimits, TokenBucket
from server.sockets.outbox import Outbox
from server.sockets.packets import Frame
from telemetry.clock import Clock
from telemetry.logs import get_logger

CLOSE_S: Final = 2.0  # how long a client may take to read what is left and to answer the closing handshake

log = get_logger()


class Event(msgspec.Struct, frozen=True, gc=False):  # JSON has no cycles
    """An event of a client, on its way to the gate of its namespace."""

    sid: str
    namespace: str
    id: int | None
    data: list[object]


class Inbox:
    """Events in their order; one task takes them out."""

    __slots__ = ("_events", "_is_closed", "_waiter")

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._is_closed = False
        self._waiter: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: Event) -> None:
        """Let an event wait for its turn."""
        self._events.append(event)
        self._wake()

    def close(self) -> None:
        """No more will come."""
        self._is_closed = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def take(self) -> Event | None:
        """The next event; None when there will be no more."""
        while not self._events:
            if self._is_closed:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._events.pop(0)


class Connection:
    """What the server knows of one websocket; made by `open`, and used within its `tasks`."""

    __slots__ = (
        "_held",
        "_limits",
        "_outbox",
        "_transport",
        "_writer",
        "attachments",
        "cuts",
        "frames",
        "id",
        "idle_since",
        "inbox",
        "is_closing",
        "is_surplus",
        "namespaces",
        "ping_at",
        "pong_by",
        "request",
        "stalled_at",
        "tasks",
        "websocket",
    )

    def __init__(
        self,
        *,
        connection_id: str,
        request: web.Request,
        websocket: web.WebSocketResponse,
        writer: AbstractStreamWriter,
        transport: asyncio.Transport,
        limits: SocketLimits,
        clock: Clock,
        cuts: Counter[str],
    ) -> None:
        now = asyncio.get_running_loop().time()
        self.id = connection_id
        self.request = request
        self.websocket = websocket
        self.namespaces: tuple[str, ...] = ()
        self.inbox = Inbox()
        self.frames = TokenBucket(clock, limits.frames) if limits.are_on else None
        self.attachments = 0  # binary frames that belong to a refused event
        self.idle_since = now  # loop time since which no namespace is connected
        self.ping_at = now + limits.ping_interval_s
        self.pong_by: float | None = None  # loop time; set while a pong is waited for
        self.stalled_at: float | None = None  # loop time since which what waits for the client has not moved
        self.is_closing = False  # nothing is taken in or sent any more
        self.is_surplus = False  # its address has too many
        self.cuts = cuts  # by why
        self.tasks = asyncio.TaskGroup()
        self._limits = limits
        self._transport = transport
        self._writer = writer
        self._held: Outbox | None = None  # pushes that wait for the welcome
        self._outbox: Outbox | None = None  # frames that wait for a slow reader

    @classmethod
    async def open(
        cls,
        connection_id: str,
        request: web.Request,
        *,
        limits: SocketLimits,
        clock: Clock,
        cuts: Counter[str],
    ) -> Self:
        """Do the websocket's handshake. Raises HTTPException, and OSError when the client is gone."""
        websocket = web.WebSocketResponse(
            compress=False, autoping=False, max_msg_size=limits.frame_bytes + 1, timeout=CLOSE_S
        )
        writer = await websocket.prepare(request)
        transport = request.transport
        if transport is None:
            raise ConnectionResetError
        transport.set_write_buffer_limits(high=limits.pipe_bytes, low=limits.pipe_bytes // 4)
        tcp: socket.socket | None = transport.get_extra_info("socket")
        if tcp is not None:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.kernel_bytes)
        return cls(
            connection_id=connection_id,
            request=request,
            websocket=websocket,
            writer=writer,
            transport=transport,
            limits=limits,
            clock=clock,
            cuts=cuts,
        )

    def post(self, frame: Frame) -> None:
        """Send a frame behind those that were posted before; cut off a client that is too slow for it."""
        if self.is_closing or self._transport.is_closing():
            return
        if self._outbox is None:
            if self._transport.get_write_buffer_size() <= self._limits.pipe_bytes:
                self._transport.write(frame.data)
                return
            self._outbox = self._new_outbox()
            self.stalled_at = asyncio.get_running_loop().time()
            self.spawn(self._drain(self._outbox))
        if not self._outbox.put(frame):
            self.cut("slow_reader")

    def push(self, frame: Frame) -> None:
        """Post the frame, after the welcome."""
        if self._held is None:
            self.post(frame)
        elif not self._held.put(frame):
            self.cut("slow_welcome")

    def hold(self) -> None:
        """Keep what is pushed until the welcome."""
        self._held = self._new_outbox()

    def welcome(self, frame: Frame) -> None:
        """Post the welcome, then what was kept."""
        held, self._held = self._held, None
        self.post(frame)
        while held:
            self.post(held.take())

    def waiting(self) -> int:
        """How many packets wait for the client to read."""
        return 0 if self._outbox is None else len(self._outbox)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it beside the reading; the connection ends when all of it has ended."""
        self.tasks.create_task(work)

    def cut(self, why: str) -> None:
        """End the connection now, whatever waits for it, and free that."""
        self.cuts[why] += 1
        self.is_closing = True
        self._outbox = self._held = None
        log.info("sockets.connection_cut", why=why, address=self.request.remote)
        self._transport.abort()

    async def close(self, code: int) -> None:
        """Say goodbye behind what is in the outbox; a client that does not take it in time is cut off."""
        asyncio.get_running_loop().call_later(CLOSE_S, self._transport.abort)
        try:
            while self._outbox:
                await self._flush(self._outbox)
            await self.websocket.close(code=code)
        except OSError:
            pass  # gone already
        self._outbox = self._held = None

    def _new_outbox(self) -> Outbox:
        return Outbox(packets=self._limits.outbox_packets, size=self._limits.outbox_bytes)

    async def _drain(self, outbox: Outbox) -> None:
        """Send what waits as fast as the client reads; then frames go straight again."""
        try:
            while self._outbox is outbox and outbox:
                await self._flush(outbox)
        except OSError:
            pass  # gone, and the reader will see it
        if self._outbox is outbox and not outbox:
            self._outbox = self.stalled_at = None

    async def _flush(self, outbox: Outbox) -> None:
        """Fill the transport's buffer again, once there is room in it. Raises OSError."""
        await self._writer.drain()
        if self._transport.is_closing():
            raise ConnectionResetError
        while outbox and self._transport.get_write_buffer_size() <= self._limits.pipe_bytes:
            self._transport.write(outbox.take().data)
            self.stalled_at = asyncio.get_running_loop().time()
