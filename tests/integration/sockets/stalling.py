"""A client that stops reading: a bare TCP socket with small buffers, read only when the test says so."""

import asyncio
import base64
import os
import socket
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.integration.sockets.raw import SOON_S

_TEXT = 0x81
_CLOSE = 0x88
_PING = 0x89


class StallingSocket:
    """One websocket to `/socket.io/`."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).hostname or ""
        self._port = urlsplit(url).port or 0
        self._read = b""
        self._tcp = socket.socket()
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._tcp.setblocking(False)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._tcp, (self._host, self._port))
        key = base64.b64encode(os.urandom(16)).decode()
        await self._send(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._read:
            await self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        assert (await self.frame() or "").startswith("0{")
        await self.send("40")
        assert (await self.frame() or "").startswith("40{")
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._tcp.close()

    async def send(self, text: str) -> None:
        """Send a text frame; its mask is zero."""
        payload = text.encode()
        size = len(payload)
        head = bytes((_TEXT, 0x80 | size)) if size < 126 else bytes((_TEXT, 0xFE)) + size.to_bytes(2, "big")
        await self._send(head + bytes(4) + payload)

    async def ping(self, text: str) -> None:
        """Send a ping of the websocket's own."""
        await self._send(bytes((_PING, 0x80 | len(text))) + bytes(4) + text.encode())

    async def frame(self) -> str | None:
        """The next frame; None when the server closed, with or without goodbye."""
        while True:
            size, start = (self._read[1] if len(self._read) > 1 else 0), 2
            if size == 126:
                size, start = int.from_bytes(self._read[2:4], "big"), 4
            if len(self._read) >= start + size and self._read:
                kind, payload = self._read[0], self._read[start : start + size]
                self._read = self._read[start + size :]
                return None if kind == _CLOSE else payload.decode()
            if not await self._more():
                return None

    async def _send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._tcp, data)

    async def _more(self) -> bool:
        async with asyncio.timeout(SOON_S):
            try:
                data = await asyncio.get_running_loop().sock_recv(self._tcp, 65_536)
            except ConnectionResetError:
                return False
        self._read += data
        return bool(data)
