"""What stands between processes in a data centre: a relay that can go silent, and a balancer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import aiohttp

_CHUNK: Final = 65_536
_LOOK_S: Final = 0.1


@dataclass(slots=True, eq=False)
class _Passage:
    """One connection through the relay."""

    said: bytearray = field(default_factory=bytearray)  # the first that the client said
    is_silent: bool = False


class Relay:
    """Passes connections on; one that is silent stays open, and all that is said on it is lost."""

    def __init__(self) -> None:
        self._passages: set[_Passage] = set()
        self.is_silent = False  # for what is connected from now on

    def silence(self, word: bytes) -> int:
        """Silence the open connections on which the client has said this word; how many."""
        found = [passage for passage in self._passages if word in passage.said and not passage.is_silent]
        for passage in found:
            passage.is_silent = True
        return len(found)

    async def serve(
        self, client: tuple[asyncio.StreamReader, asyncio.StreamWriter], host: str, port: int
    ) -> None:
        """Pass one connection on until either side ends it; raises OSError when nobody answers there."""
        passage = _Passage(is_silent=self.is_silent)
        server = await asyncio.open_connection(host, port)
        self._passages.add(passage)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_carry(client[0], server[1], passage, passage.said))
                group.create_task(_carry(server[0], client[1], passage, None))
        finally:
            self._passages.discard(passage)
            server[1].close()


async def _carry(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, passage: _Passage, said: bytearray | None
) -> None:
    with suppress(OSError):
        while chunk := await source.read(_CHUNK):
            if said is not None and len(said) < _CHUNK:
                said += chunk
            if not passage.is_silent:
                target.write(chunk)
                await target.drain()
    target.close()


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
) -> AsyncIterator[int]:
    """A server on a free port of 127.0.0.1, which is answered; its connections end with it."""
    connections: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            # Cancelled at the end of the test, and a stream's task must not say so (CPython 3.11).
            with suppress(OSError, asyncio.CancelledError):
                await serve(reader, writer)  # type: ignore[misc] # a coroutine function, as the tests give it
        finally:
            connections.discard(task)
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in connections:
            task.cancel()
        if connections:
            await asyncio.wait(connections)


@asynccontextmanager
async def relayed(url: str) -> AsyncIterator[tuple[Relay, str]]:
    """A relay to the server of the URL, and the URL that leads through it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    host, port, relay = parts.hostname, parts.port or 6379, Relay()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await relay.serve((reader, writer), host, port)

    async with listening(serve) as own_port:
        user, _, _ = parts.netloc.rpartition("@")
        netloc = f"{user}@127.0.0.1:{own_port}" if user else f"127.0.0.1:{own_port}"
        yield relay, urlunsplit(parts._replace(netloc=netloc))


class Balancer:
    """Sends each connection to the next backend that says that it is ready; knows nothing of HTTP."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = list(ports)
        self._ready: list[int] = []
        self._turn = 0
        self._relay = Relay()

    async def look(self) -> None:
        """Ask the backends again and again, as balancers do."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(1)) as session:
            while True:
                self._ready = [port for port in self.ports if await _is_ready(session, port)]
                await asyncio.sleep(_LOOK_S)

    async def until_ready(self, port: int) -> None:
        """Wait until the backend takes part."""
        while port not in self._ready:  # noqa: ASYNC110 - it looks again and again itself
            await asyncio.sleep(_LOOK_S)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass a connection on to a backend that takes it."""
        for _ in range(len(self._ready)):
            self._turn += 1
            with suppress(ConnectionRefusedError):
                return await self._relay.serve(
                    (reader, writer), "127.0.0.1", self._ready[self._turn % len(self._ready)]
                )
        return None


async def _is_ready(session: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == HTTPStatus.OK
    except (aiohttp.ClientError, TimeoutError):
        return False


@asynccontextmanager
async def balanced(*ports: int) -> AsyncIterator[tuple[Balancer, str]]:
    """A balancer over these ports, and its address."""
    balancer = Balancer(ports)
    looking = asyncio.create_task(balancer.look())
    try:
        async with listening(balancer.serve) as port:
            yield balancer, f"http://127.0.0.1:{port}"
    finally:
        looking.cancel()
        await asyncio.wait([looking])
