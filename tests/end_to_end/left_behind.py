"""All that a casino leaves behind: rows, what Valkey hears, answers, frames and logs."""

import asyncio
import codecs
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import socketio
from redis.asyncio import Redis

from tests.end_to_end.clients import Frame
from tests.end_to_end.house import House
from tests.leaks import Trace
from tests.services import Services

PATHS = (
    "/api/tables",
    "/api/tables/test-1",
    "/api/rounds",
    "/api/transfers",
    "/api/me",
    "/api/admin/tables",
    "/api/admin/metrics",
    "/api/admin/actions",
    "/api/admin/users",
    "/api/admin/payouts/status",
    "/metrics",
    "/readyz",
    "/openapi.json",
)


async def rows_of(house: House) -> list[Trace]:
    """Every row of every table, as text and, where it holds bytes, as these."""
    columns: dict[str, list[str]] = {}
    for table, column, kind in await house.database.fetch(
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ):
        columns.setdefault(table, [])
        if kind == "bytea":
            columns[table].append(column)
    traces = []
    for table, binaries in columns.items():
        texts = await house.database.fetch(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - from the catalogue
        traces += [Trace(where=table, data=row[0].encode()) for row in texts]
        for column in binaries:
            values = await house.database.fetch(f'SELECT "{column}" FROM "{table}"')  # noqa: S608
            name = "journal" if table.startswith("journal") else table  # its partitions
            traces += [Trace(where=f"{name}.{column}", data=row[0]) for row in values if row[0] is not None]
    return traces


@dataclass(slots=True, kw_only=True)
class Valkey:
    """Everything that goes into Valkey from now on, and what is in it."""

    client: Redis
    said: list[bytes] = field(default_factory=list)

    async def traces(self) -> list[Trace]:
        """All commands so far with their arguments, and each key's value."""
        reads: dict[str, Any] = {
            "string": self.client.get,
            "hash": self.client.hgetall,
            "set": self.client.smembers,
            "list": lambda key: self.client.lrange(key, 0, -1),
            "zset": lambda key: self.client.zrange(key, 0, -1, withscores=True),
            "stream": self.client.xrange,
        }
        found = [Trace(where="valkey command", data=line) for line in self.said]
        async for key in self.client.scan_iter():
            kind = _joined(await self.client.type(key)).decode()
            value = _joined(await reads[kind](key))
            found.append(Trace(where=f"valkey {key.decode()}", data=key + b" " + value))
        return found


def _joined(value: object) -> bytes:
    match value:
        case bytes():
            return value
        case dict():
            return b" ".join(_joined(part) for item in value.items() for part in item)
        case list() | tuple() | set():
            return b" ".join(_joined(part) for part in value)
        case _:
            return str(value).encode()


@asynccontextmanager
async def listening(redis_url: str) -> AsyncIterator[Valkey]:
    """Hear all that Valkey is told, messages between processes too."""
    async with Redis.from_url(redis_url) as client:
        valkey = Valkey(client=client)

        async def hear(ready: asyncio.Event) -> None:
            async with client.monitor() as monitor:
                ready.set()
                async for heard in monitor.listen():
                    told = str(heard["command"]).encode("utf-8", "surrogateescape")
                    valkey.said.append(told + b" " + codecs.escape_decode(told)[0])

        async with asyncio.TaskGroup() as group:
            ready = asyncio.Event()
            task = group.create_task(hear(ready))
            await ready.wait()
            yield valkey
            task.cancel()


async def answers_of(house: House, token: str, rounds: Iterable[str]) -> list[Trace]:
    """What the HTTP calls answer to a player, by the token, and to the operator."""
    shoes = await house.database.fetch("SELECT commitment FROM shoes")
    paths = [*PATHS, *(f"/api/rounds/{each}" for each in rounds), *(f"/api/shoes/{row[0]}" for row in shoes)]
    traces = []
    async with aiohttp.ClientSession() as session:
        for whose in (token, house.admin.token):
            for path in paths:
                headers = {"Authorization": f"Bearer {whose}"}
                async with session.get(f"{house.url}{path}", headers=headers) as answer:
                    told = str(dict(answer.headers)).encode()
                    traces.append(Trace(where=f"GET {path}", data=told + await answer.read()))
    return traces


def logs_of(house: House, services: Services) -> list[Trace]:
    """What every process has written, the database and Valkey too."""
    own = [file for process in house.processes for file in (process.output_file, process.errors_file)]
    servers = list(Path(services._folder.name).rglob("*.log"))
    assert {"postgres.log", "valkey.log"} <= {file.name for file in servers}
    return [Trace(where=f"log {file.name}", data=file.read_bytes()) for file in (*own, *servers)]


def frames_of(frames: Iterable[Frame]) -> list[Trace]:
    """What came in over a socket."""
    return [Trace(where=f"frame {frame.event}", data=frame.raw.encode()) for frame in frames]


class _Socket(socketio.AsyncClient):  # type: ignore[misc]  # python-socketio publishes no types
    """python-socketio's client, which keeps every packet."""

    def __init__(self) -> None:
        super().__init__(reconnection=False)
        self.packets: list[Frame] = []

    async def _handle_eio_message(self, data: str) -> None:
        self.packets.append(Frame(raw=data, event="admin", payload=None))
        await super()._handle_eio_message(data)


@asynccontextmanager
async def operators_frames(house: House) -> AsyncIterator[list[Frame]]:
    """What an operator's dashboard is told."""
    socket = _Socket()
    await socket.connect(
        house.url, auth={"token": house.admin.token}, namespaces=["/admin"], transports=["websocket"]
    )
    try:
        yield socket.packets
    finally:
        await socket.disconnect()
