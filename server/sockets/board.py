"""The open alerts of all processes, kept in Valkey, so that an operator who comes later sees them too.

Every web process writes what it hears, the same over and over. Alerts of a process that is gone are over
with it.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final, Self

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.bells import PATIENCE_S
from telemetry.logs import get_logger

_KEY: Final = "casino:alerts"
_SHOWN_MAX: Final = 200
_TROUBLE: Final = (RedisError, OSError, TimeoutError)

log = get_logger()


class AlertBoard:
    """What is open; its methods never raise, without Valkey the board is empty."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def raised(self, alert: dict[str, Any]) -> None:
        """Something began to be wrong."""
        await self._do("hset", _KEY, str(alert.get("alert_id")), orjson.dumps(alert))

    async def resolved(self, alert_id: str) -> None:
        """It is over."""
        await self._do("hdel", _KEY, alert_id)

    async def open(self, processes: Collection[str]) -> list[dict[str, Any]]:
        """The open alerts of these processes, oldest first; those of others are struck off."""
        alerts = await self.all()
        for alert in alerts:
            if alert.get("process") not in processes:
                await self.resolved(str(alert.get("alert_id")))
        mine = [alert for alert in alerts if alert.get("process") in processes]
        return sorted(mine, key=lambda alert: str(alert.get("at")))[:_SHOWN_MAX]

    async def all(self) -> list[dict[str, Any]]:
        """What is on the board, struck off or not."""
        found = await self._do("hgetall", _KEY) or {}
        return [orjson.loads(raw) for raw in found.values()]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exit: object) -> None:
        """Let go of the connection."""
        with suppress(*_TROUBLE):
            await self._redis.aclose()

    async def _do(self, command: str, *args: str | bytes) -> Any:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await getattr(self._redis, command)(*args)
        except _TROUBLE as error:
            log.warning("sockets.alert_board_unreachable", error=type(error).__name__)
            return None
