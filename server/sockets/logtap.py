"""Warnings of this process, and worse, on their way to the operators' dashboards: a bell for each."""

import asyncio
from typing import Any, Final

from server.bells import Bells, LogWritten
from server.sockets.limits import Pace, TokenBucket
from telemetry.clock import Clock
from telemetry.logs import subscribe
from telemetry.records import Record

BURST: Final = 20
PER_S: Final = 5.0
_WAITING_MAX: Final = 100
_NOT_TOLD: Final = "bells."  # what goes wrong with the bells would ring for ever


class LogBells:
    """Rings for log lines; past the limit they are counted, and the next one says how many were withheld."""

    def __init__(self, bells: Bells, clock: Clock) -> None:
        self._bells = bells
        self._bucket = TokenBucket(clock, Pace(burst=BURST, per_second=PER_S))
        self._lines: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_WAITING_MAX)
        self._withheld = 0

    def note(self, record: dict[str, Any]) -> None:
        """Take note of a line; quick, and never in the way of the one who logs."""
        if str(record.get("event", "")).startswith(_NOT_TOLD):
            return
        if self._lines.full() or self._bucket.take():
            self._withheld += 1
            return
        withheld, self._withheld = self._withheld, 0
        self._lines.put_nowait(
            record | {"at": record.get("time")} | ({"withheld": withheld} if withheld else {})
        )

    async def run(self) -> None:
        """Ring until cancelled."""
        loop = asyncio.get_running_loop()

        def tap(record: Record) -> None:
            loop.call_soon_threadsafe(self.note, dict(record))

        end = subscribe(tap)
        try:
            while True:
                await self._bells.ring(LogWritten(payload=await self._lines.get()))
        finally:
            end()
