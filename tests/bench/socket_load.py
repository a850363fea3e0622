"""The load of `make bench-sockets`: bare websockets that cost their process as little as can be."""

import asyncio
from typing import Final, Self

ROOM_OF: Final = 5
_COMMAND: Final = (
    b'427["act",{"command_id":"bench-0123456789abcdef","table_id":"main-1","hand":0,"cards":2,'
    b'"round_id":"0190c0de-0000-7000-8000-000000000000","move":"hit"}]'
)


def masked(payload: bytes) -> bytes:
    """A client's text frame; its mask is zero, so nothing has to be masked."""
    size = len(payload)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload


_ACT: Final = masked(_COMMAND)
_PONG: Final = masked(b"3")


class LoadSocket(asyncio.Protocol):
    """One client: counts what it is answered and told."""

    def __init__(self, load: "Load", room: str) -> None:
        self._load = load
        self._room = room
        self._rest = b""
        self._is_upgraded = False
        self.transport: asyncio.Transport
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the websocket."""
        self.transport = transport  # type: ignore[assignment]  # uvloop's is no asyncio.Transport
        self.transport.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        """Read frames."""
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        if not self._is_upgraded:
            at = data.find(b"\r\n\r\n") + 4
            if at < 4:
                self._rest = data
                return
            assert data.startswith(b"HTTP/1.1 101"), data
            self._is_upgraded = True
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                if end - at < 4:
                    break
                size, start = (data[at + 2] << 8) | data[at + 3], at + 4
            if start + size > end:
                break
            self._frame(data, start)
            at = start + size
        self._rest = data[at:]

    def _frame(self, data: bytes, start: int) -> None:
        if data[start] == 0x34:  # "4": a message
            kind = data[start + 1]
            if kind == 0x32:
                self._load.pushes += 1
            elif kind == 0x33:
                self._load.acks += 1
                if self._load.is_saturating:
                    self.act()
            elif kind == 0x30:
                self.ready.set_result(None)
        elif data[start] == 0x32:  # "2": a ping
            self.transport.write(_PONG)
        elif data[start] == 0x30:  # "0": the opening
            self.transport.write(masked(b'40{"room":"%s"}' % self._room.encode()))

    def act(self) -> None:
        """Send a command."""
        self._load.sent += 1
        self.transport.write(_ACT)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Nobody should."""
        self._load.lost += 1


class Load:
    """Clients of one server, in rooms of five."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.sockets: list[LoadSocket] = []
        self.sent = self.acks = self.pushes = self.lost = 0
        self.is_saturating = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_details: object) -> None:
        for socket in self.sockets:
            socket.transport.abort()
        await asyncio.sleep(0.1)

    async def connect(self, count: int) -> None:
        """Connect so many more, fifty at a time."""
        loop = asyncio.get_running_loop()
        for start in range(0, count, 50):
            batch = [
                LoadSocket(self, f"room-{(len(self.sockets) + number) // ROOM_OF}")
                for number in range(min(50, count - start))
            ]
            for socket in batch:
                await loop.create_connection(lambda each=socket: each, "127.0.0.1", self._port)  # type: ignore[misc]
            await asyncio.gather(*(socket.ready for socket in batch))
            self.sockets += batch

    async def paced(self, per_second: int, seconds: float) -> None:
        """An open loop: so many commands a second, whatever the server does."""
        now = asyncio.get_running_loop().time
        began, sent, total = now(), 0, int(per_second * seconds)
        while sent < total:
            due = min(total, int((now() - began) * per_second))
            while sent < due:
                self.sockets[sent * 7 % len(self.sockets)].act()
                sent += 1
            await asyncio.sleep(0.001)
        await self._settled()

    async def saturate(self, seconds: float) -> None:
        """A closed loop: every client sends again as soon as it is answered."""
        self.is_saturating = True
        for socket in self.sockets:
            socket.act()
        await asyncio.sleep(seconds)
        self.is_saturating = False
        await self._settled()

    async def _settled(self) -> None:
        """Until everything that was asked for has come."""
        async with asyncio.timeout(30):
            while self.acks < self.sent or self.pushes < self.sent * ROOM_OF:  # noqa: ASYNC110 - counts
                await asyncio.sleep(0.001)
        assert (self.acks, self.pushes, self.lost) == (self.sent, self.sent * ROOM_OF, 0)
