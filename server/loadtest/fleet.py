"""The processes of clients: started, made ready, let go at one moment, listened to, and ended."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import msgspec

from server.loadtest.messages import Done, Fails, Orders, Ready, Said, Start, Tells, Waits
from telemetry.clock import Clock

_START_IN_NS: Final = 300_000_000
_END_S: Final = 10.0
_LINE_MAX: Final = 16 * 1024 * 1024


class ClientsFailed(Exception):
    """A process of clients can't go on."""


class _Shard:
    """One process and the conversation with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None  # noqa: S101 # pipes were asked for
        assert process.stdout is not None  # noqa: S101
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._decoder: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)

    @classmethod
    async def started(cls) -> Self:
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "server.loadtest.shard",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the process that leads
                limit=_LINE_MAX,
            )
        )

    async def tell(self, message: Orders | Start) -> None:
        self._stdin.write(msgspec.json.encode(message) + b"\n")
        with suppress(ConnectionError):
            await self._stdin.drain()

    async def hear(self) -> Ready | Waits | Tells | Done:
        """What it says next; raises ClientsFailed."""
        line = await self._stdout.readline()
        if not line:
            raise ClientsFailed(f"a process of clients ended with code {await self._process.wait()}")
        said = self._decoder.decode(line)
        if isinstance(said, Fails):
            raise ClientsFailed(said.why)
        return said

    async def end(self) -> None:
        """It ends when its standard input does; by force when it does not."""
        self._stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


class Fleet:
    """A process for each of the orders, as a context manager."""

    def __init__(self, orders: Sequence[Orders], clock: Clock) -> None:
        self._clock = clock
        self._orders = orders
        self._shards: list[_Shard] = []

    async def __aenter__(self) -> Self:
        try:
            for _ in self._orders:
                self._shards.append(await _Shard.started())
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        await asyncio.gather(*(shard.end() for shard in self._shards))

    async def make_ready(self, waits: Callable[[float], None]) -> str | None:
        """Let all guests be registered; one of their ids. Raises ClientsFailed."""
        for shard, orders in zip(self._shards, self._orders, strict=True):
            await shard.tell(orders)

        async def until_ready(shard: _Shard) -> str | None:
            while True:
                match await shard.hear():
                    case Ready(user_id):
                        return user_id
                    case Waits(seconds):
                        waits(seconds)
                    case _:
                        pass

        users = await asyncio.gather(*(until_ready(shard) for shard in self._shards))
        return next((user_id for user_id in users if user_id is not None), None)

    async def start(self) -> int:
        """Let the clients come; the moment of the start."""
        start_ns = self._clock.monotonic_ns() + _START_IN_NS
        for shard in self._shards:
            await shard.tell(Start(start_ns))
        return start_ns

    async def until_done(self, tell: Callable[[int, Tells], None]) -> float:
        """Listen until everybody has left; the CPU seconds of all clients. Raises ClientsFailed.

        `tell` gets the number of the process and what happened there in the last second.
        """

        async def listen(number: int, shard: _Shard) -> float:
            while True:
                said = await shard.hear()
                match said:
                    case Tells():
                        tell(number, said)
                    case Done(cpu_s):
                        return cpu_s
                    case _:
                        pass

        listening = (listen(number, shard) for number, shard in enumerate(self._shards))
        return sum(await asyncio.gather(*listening))
