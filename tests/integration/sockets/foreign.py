"""Clients that we did not write, behind one face: python-socketio's, and the official one for JavaScript."""

import asyncio
import subprocess
from contextlib import suppress
from typing import Any, Protocol

import orjson
import socketio

from tests.integration.sockets.raw import SOON_S
from tests.node import node
from tests.processes import ROOT


class ForeignClient(Protocol):
    """Connects to namespaces over one connection, and comes again by itself when that is lost."""

    async def start(self, url: str) -> None:
        """Before anything else."""
        ...

    async def open(self, namespace: str, auth: object) -> None:
        """Ask to be let into a namespace; whether it was is heard."""
        ...

    async def ask(self, namespace: str, event: str, payload: dict[str, object]) -> Any:
        """Send a command; its ack."""
        ...

    async def hear(self, namespace: str, event: str) -> Any:
        """The next event of this name, as `connect`, `disconnect` or `connect_error` are."""
        ...

    async def close(self) -> None:
        """Leave."""
        ...


class Heard:
    """What a client heard, by namespace and event."""

    def __init__(self) -> None:
        self._queues: dict[tuple[str, str], asyncio.Queue[Any]] = {}

    def note(self, namespace: str, event: str, facts: object) -> None:
        """It heard this."""
        self._queues.setdefault((namespace, event), asyncio.Queue()).put_nowait(facts)

    async def next(self, namespace: str, event: str) -> Any:
        """The next one of its kind."""
        queue = self._queues.setdefault((namespace, event), asyncio.Queue())
        return await asyncio.wait_for(queue.get(), SOON_S)


class JavaScriptClient:
    """socket.io-client in Node.js."""

    def __init__(self) -> None:
        self._heard = Heard()
        self._process: asyncio.subprocess.Process
        self._reading: asyncio.Task[None]

    async def start(self, url: str) -> None:
        """Run the script."""
        self._process = await asyncio.create_subprocess_exec(
            *(node(), str(ROOT / "tests/integration/sockets/client.mjs"), str(ROOT / "static"), url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = orjson.loads(line)
            self._heard.note(said["namespace"], said["event"], said.get("facts"))

    def _tell(self, **step: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps(step) + b"\n")

    async def open(self, namespace: str, auth: object) -> None:
        """A socket of the manager."""
        self._tell(open=namespace, auth=auth)

    async def ask(self, namespace: str, event: str, payload: dict[str, object]) -> Any:
        """Emit with an acknowledgement."""
        self._tell(ask=namespace, event=event, payload=payload)
        return await self._heard.next(namespace, "ack")

    async def hear(self, namespace: str, event: str) -> Any:
        """What the script said."""
        return await self._heard.next(namespace, event)

    async def close(self) -> None:
        """End the script."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), SOON_S)
        await self._reading


class PythonClient:
    """python-socketio's client; every namespace is asked for with the first one's auth."""

    def __init__(self) -> None:
        self._heard = Heard()
        self._io = socketio.AsyncClient(reconnection_delay=0.05, randomization_factor=0)
        self._url = ""

    async def start(self, url: str) -> None:
        """Take note."""
        self._url = url

    async def open(self, namespace: str, auth: object) -> None:
        """Connect."""
        namespaces = ["/"] if namespace == "/" else ["/", namespace]
        for each in namespaces:
            self._io.on("*", self._noting(each), namespace=each)
            for event in ("connect", "disconnect", "connect_error"):
                self._io.on(event, self._noting(each, event), namespace=each)
        with suppress(socketio.exceptions.ConnectionError):  # it is heard as `connect_error`
            await self._io.connect(self._url, transports=["websocket"], auth=auth, namespaces=namespaces)

    def _noting(self, namespace: str, event: str | None = None) -> Any:
        async def note(*said: Any) -> None:
            name, facts = (event, said) if event is not None else (said[0], said[1:])
            self._heard.note(namespace, name, facts[0] if facts else None)

        return note

    async def ask(self, namespace: str, event: str, payload: dict[str, object]) -> Any:
        """Call."""
        return await self._io.call(event, payload, namespace=namespace, timeout=SOON_S)

    async def hear(self, namespace: str, event: str) -> Any:
        """What the handlers noted."""
        return await self._heard.next(namespace, event)

    async def close(self) -> None:
        """Disconnect."""
        await self._io.shutdown()
