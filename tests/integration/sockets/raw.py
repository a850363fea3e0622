"""A client that sends whatever it likes: a bare websocket that knows the frames and nothing else."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

SOON_S = 5.0  # nothing that is awaited takes this long


class RawSocket:
    """One websocket to `/socket.io/`; answers pings by itself."""

    def __init__(self, url: str, *, headers: Mapping[str, str] | None = None, compress: int = 0) -> None:
        self._url = url
        self._headers = headers
        self._compress = compress
        self._session = aiohttp.ClientSession()
        self.socket: aiohttp.ClientWebSocketResponse
        self.opening: dict[str, Any] = {}
        self.close_code: int | None = None

    async def __aenter__(self) -> Self:
        try:
            self.socket = await self._session.ws_connect(
                f"{self._url}/socket.io/?EIO=4&transport=websocket",
                headers=self._headers,
                compress=self._compress,
                max_msg_size=0,
            )
        except BaseException:
            await self._session.close()
            raise
        frame = await self.socket.receive_str(timeout=SOON_S)
        assert frame[0] == "0"
        self.opening = orjson.loads(frame[1:])
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.socket.close()
        await self._session.close()

    async def send(self, frame: str) -> None:
        """Send a frame as it is."""
        await self.socket.send_str(frame)

    async def frame(self) -> str | None:
        """The next frame but pings; None when the server closed."""
        while True:
            message = await self.socket.receive(timeout=SOON_S)
            if message.type is aiohttp.WSMsgType.CLOSE:
                self.close_code = message.data  # aiohttp's own says 1006 when the answer to it came too late
            if message.type is not aiohttp.WSMsgType.TEXT:
                return None
            if message.data == "2":
                await self.socket.send_str("3")
                continue
            text: str = message.data
            return text

    async def join(self, token: str | None, namespace: str = "") -> str:
        """Connect to a namespace; the answering frame."""
        auth = "" if token is None else orjson.dumps({"token": token}).decode()
        await self.send(f"40{namespace},{auth}" if namespace else f"40{auth}")
        frame = await self.frame()
        assert frame is not None
        return frame

    async def event(self, name: str) -> Any:
        """The payload of the next event of this name; others are passed over."""
        while True:
            frame = await self.frame()
            assert frame is not None, f"closed while waiting for {name}"
            if frame[:2] == "42":
                event, *args = orjson.loads(frame[frame.index("[") :])
                if event == name:
                    return args[0]

    async def ack(self, number: int) -> Any:
        """The ack with this number; other frames are passed over."""
        while True:
            frame = await self.frame()
            assert frame is not None, f"closed while waiting for ack {number}"
            if frame[:2] == "43":
                head, _, body = frame.partition("[")
                if head.rpartition(",")[2].removeprefix("43") == str(number):
                    return orjson.loads("[" + body)[0]

    async def until_closed(self) -> int | None:
        """Wait until the server closes; the code."""
        async with asyncio.timeout(SOON_S):
            while await self.frame() is not None:
                pass
        return self.close_code
