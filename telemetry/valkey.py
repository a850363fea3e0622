"""The shared place of snapshots in Valkey (or Redis): a key for each process, and a set of their names.

A key dies by itself; its name is taken out of the set by whoever finds the key gone.
"""

import asyncio
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

FAULTS: Final[tuple[type[Exception], ...]] = (OSError, RedisError)
PATIENCE_S: Final = 2.0  # how long Valkey may take; then it counts as away
MAX_PROCESSES: Final = 200  # that are shown; the others are left out

_PREFIX: Final = "telemetry:snapshot:"
_NAMES: Final = "telemetry:processes"


class ValkeyPlace:
    """Keeps snapshots in Valkey; its methods may raise one of FAULTS."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, process: str, snapshot: bytes, *, life_s: float) -> None:
        """Keep a process's snapshot for a while, in place of its last one."""
        async with asyncio.timeout(PATIENCE_S), self._redis.pipeline(transaction=False) as pipeline:
            pipeline.set(_PREFIX + process, snapshot, px=int(life_s * 1000))
            pipeline.sadd(_NAMES, process)
            await pipeline.execute()

    async def take_all(self) -> dict[str, bytes]:
        """The snapshots that live, by process."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._take_all()

    async def _take_all(self) -> dict[str, bytes]:
        names = sorted(_text(name) for name in await self._redis.smembers(_NAMES))[:MAX_PROCESSES]
        if not names:
            return {}
        found = dict(zip(names, await self._redis.mget([_PREFIX + name for name in names]), strict=True))
        gone = [name for name, snapshot in found.items() if snapshot is None]
        if gone:
            await self._redis.srem(_NAMES, *gone)
        return {name: snapshot for name, snapshot in found.items() if isinstance(snapshot, bytes)}


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
