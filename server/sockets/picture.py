"""One picture of all processes: each shares its snapshot in Valkey, whoever asks merges what is there.

Web and worker processes call `share` every `SHARE_S`. A share lives for a few seconds, so a process that died
is soon gone from the picture.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from telemetry.alerts import Alerts
from telemetry.clock import Clock
from telemetry.logs import get_logger
from telemetry.registry import Registry
from telemetry.snapshots import (
    Process,
    Snapshot,
    SnapshotUnreadable,
    decode_snapshot,
    encode_snapshot,
    merge_snapshots,
)

SHARE_S: Final = 2.0
_LIFE_S: Final = 8
_SNAPSHOT: Final = "casino:snapshot:"
_ALERTS: Final = "casino:alerts:"
_MEMBERS: Final = "casino:processes"
_TROUBLE: Final = (RedisError, OSError, TimeoutError)

log = get_logger()


class Picture:
    """This process's part of the picture, and the whole."""

    def __init__(
        self,
        *,
        redis: Redis,
        registry: Registry,
        alerts: Alerts,
        describe: Callable[[], Process],
        clock: Clock,
    ) -> None:
        self._redis = redis
        self._registry = registry
        self._alerts = alerts
        self._describe = describe
        self._clock = clock

    def own(self) -> Snapshot:
        """What this process has measured."""
        return Snapshot(
            process=self._describe(), at=self._clock.now(), operations=self._registry.operations()
        )

    async def share(self) -> None:
        """Put this process's part where the others find it; call it every `SHARE_S`. Never raises."""
        self._alerts.sweep()
        snapshot = self.own()
        name = snapshot.process.process
        alerts = msgspec.json.encode([alert.payload() for alert in self._alerts.open_alerts()])
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.set(_SNAPSHOT + name, encode_snapshot(snapshot), ex=_LIFE_S)
                pipe.set(_ALERTS + name, alerts, ex=_LIFE_S)
                pipe.sadd(_MEMBERS, name)
                pipe.expire(_MEMBERS, 86_400)
                await pipe.execute()
        except _TROUBLE as error:
            log.warning("telemetry.snapshot_unshared", error=type(error).__name__)

    async def run(self) -> None:
        """Share until cancelled."""
        task = asyncio.current_task()
        while (
            task is None or not task.cancelling()
        ):  # redis-py may have swallowed the cancellation (`wait_for`)
            await self.share()
            await asyncio.sleep(SHARE_S)

    async def snapshots(self) -> list[Snapshot]:
        """Every process's part; only the own one when Valkey is away."""
        own = self.own()
        others = []
        for raw in await self._shared(_SNAPSHOT, but=own.process.process):
            with suppress(SnapshotUnreadable):  # of another version
                others.append(decode_snapshot(raw))
        return sorted([own, *others], key=lambda snapshot: (snapshot.process.kind, snapshot.process.process))

    async def metrics(self) -> dict[str, object]:
        """The payload of `metrics_updated`."""
        snapshots = await self.snapshots()
        return {
            "processes": [msgspec.to_builtins(snapshot.process) for snapshot in snapshots],
            "operations": msgspec.to_builtins(merge_snapshots(snapshots)),
        }

    async def alerts(self) -> list[dict[str, Any]]:
        """The open alerts of all processes."""
        own: list[dict[str, Any]] = [dict(alert.payload()) for alert in self._alerts.open_alerts()]
        for raw in await self._shared(_ALERTS, but=self._describe().process):
            own.extend(msgspec.json.decode(raw, type=list[dict[str, Any]]))
        return own

    async def _shared(self, prefix: str, *, but: str) -> list[bytes]:
        try:
            names = [_text(raw) for raw in await self._redis.smembers(_MEMBERS)]
            others = [name for name in names if name != but]
            found = await self._redis.mget([prefix + name for name in others]) if others else []
            gone = [name for name, raw in zip(others, found, strict=True) if raw is None]
            if gone:
                await self._redis.srem(_MEMBERS, *gone)
        except _TROUBLE as error:
            log.warning("telemetry.snapshots_unread", error=type(error).__name__)
            return []
        return [raw for raw in found if isinstance(raw, bytes)]


def _text(raw: bytes | str) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw
