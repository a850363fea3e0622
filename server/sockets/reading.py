"""What clients send: a well-formed packet is taken in, anything else ends the connection."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Final, Protocol

from aiohttp import WSMsgType
from socketio.packet import BINARY_ACK, BINARY_EVENT, CONNECT, DISCONNECT, EVENT

from server.sockets.connection import Connection, Event
from server.sockets.gates import Gate
from server.sockets.limits import SocketLimits
from server.sockets.packets import Incoming, MalformedPacketError, ack_frame, read_packet

_FRAMES: Final = frozenset({WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG})
_TOO_MUCH: Final = 1008  # RFC 6455 section 7.4.1: against the policy of the endpoint


class Desk(Protocol):
    """Who is told what the clients ask for."""

    gates: dict[str, Gate]
    dropped: Counter[str]
    limits: SocketLimits

    def sid_of(self, connection: Connection, namespace: str) -> str | None:
        """The client's id in a namespace that it is in."""
        ...

    async def enter(self, connection: Connection, namespace: str, auth: object) -> None:
        """The client wants into a namespace."""
        ...

    async def depart(self, connection: Connection, namespace: str) -> None:
        """The client leaves a namespace."""
        ...

    async def hang_up(self, connection: Connection, *, code: int = ...) -> None:
        """Close the connection."""
        ...


async def read(connection: Connection, desk: Desk) -> None:
    """Take in frames until there are no more, or too many."""
    receive, frames = connection.websocket.receive, connection.frames
    while True:
        message = await receive()
        if message.type not in _FRAMES or connection.is_closing:
            return
        if frames is not None and frames.take():
            desk.dropped["flood"] += 1
            await desk.hang_up(connection, code=_TOO_MUCH)
        elif message.type is WSMsgType.TEXT:
            await _take_frame(connection, desk, message.data)
        elif message.type is WSMsgType.PING:
            with suppress(ConnectionError):  # gone, and the next frame says so
                await connection.websocket.pong(message.data)
        elif message.type is WSMsgType.BINARY:
            await _take_attachment(connection, desk)


async def answer(connection: Connection, desk: Desk) -> None:
    """Answer the connection's events one after the other, until there will be no more."""
    while (event := await connection.inbox.take()) is not None:
        name, *args = event.data
        ack = await desk.gates[event.namespace].received(
            event.sid, name if isinstance(name, str) else "", args
        )
        if event.id is not None:
            connection.post(ack_frame(event.namespace, event.id, ack))
        elif not ack.get("ok"):
            desk.dropped["refused"] += 1


async def _take_frame(connection: Connection, desk: Desk, frame: str) -> None:
    """A message, a pong, or the end: all that a client of engine.io's protocol 4 sends to a server."""
    kind = frame[:1]
    if kind == "4":
        try:
            packet = read_packet(frame)
        except MalformedPacketError:
            await _refuse(connection, desk)
        else:
            await _take_packet(connection, desk, packet)
    elif kind == "3":
        connection.pong_by = None
        connection.ping_at = asyncio.get_running_loop().time() + desk.limits.ping_interval_s
    elif kind == "1":
        await desk.hang_up(connection)
    else:
        await _refuse(connection, desk)


async def _take_attachment(connection: Connection, desk: Desk) -> None:
    """Binary parts belong to an event that is refused anyway; without one they are malformed."""
    if connection.attachments:
        connection.attachments -= 1
    else:
        await _refuse(connection, desk)


async def _take_packet(connection: Connection, desk: Desk, packet: Incoming) -> None:
    if packet.kind == EVENT:
        _take_event(connection, desk, packet)
    elif packet.kind == CONNECT:
        await desk.enter(connection, packet.namespace, packet.data)
    elif packet.kind == DISCONNECT:
        await desk.depart(connection, packet.namespace)
    elif packet.kind in (BINARY_EVENT, BINARY_ACK):
        connection.attachments += packet.attachments
        if packet.kind == BINARY_EVENT:
            _take_event(connection, desk, packet)
    else:
        desk.dropped["unasked"] += 1  # an ack or an error: nothing that is sent asks for one


def _take_event(connection: Connection, desk: Desk, packet: Incoming) -> None:
    """Let an event wait for its turn; answer at once when too many do."""
    sid = desk.sid_of(connection, packet.namespace)
    if sid is None:
        desk.dropped["not_connected"] += 1
    elif len(connection.inbox) < desk.limits.inbox_events:
        data = packet.data if packet.kind == EVENT else [None]
        connection.inbox.put(Event(sid, packet.namespace, packet.id, data))
    elif packet.id is None:
        desk.dropped["overrun"] += 1
    else:
        connection.post(ack_frame(packet.namespace, packet.id, desk.gates[packet.namespace].overrun()))


async def _refuse(connection: Connection, desk: Desk) -> None:
    desk.dropped["malformed"] += 1
    await desk.hang_up(connection)
