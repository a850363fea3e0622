"""All processes in one picture: each puts its snapshot where the others find it, with a short life.

A process that is gone stops renewing, and its snapshot is over a few seconds later. With the shared place
away, a process knows only itself, and says so once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from telemetry.logs import get_logger
from telemetry.snapshots import Snapshot, SnapshotUnreadable, decode_snapshot, encode_snapshot

INTERVAL_S: Final = 2.0
LIFE_S: Final = 7.0  # three missed renewals

log = get_logger()


class SharedPlace(Protocol):
    """Where snapshots are shared; its methods may raise OSError or the store's own errors."""

    async def put(self, process: str, snapshot: bytes, *, life_s: float) -> None:
        """Keep a process's snapshot for a while, in place of its last one."""
        ...

    async def take_all(self) -> dict[str, bytes]:
        """The snapshots that live, by process."""
        ...


class Sharing:
    """Shares what this process has measured, and gathers what the others have."""

    def __init__(
        self,
        place: SharedPlace,
        measure: Callable[[], Snapshot],
        *,
        faults: tuple[type[Exception], ...] = (OSError,),
        interval_s: float = INTERVAL_S,
        life_s: float = LIFE_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._place = place
        self._measure = measure
        self._faults = faults
        self._interval_s = interval_s
        self._life_s = life_s
        self._sleep = sleep
        self._is_alone = False

    async def run(self) -> None:
        """Share until cancelled."""
        while True:
            await self.share()
            await self._sleep(self._interval_s)

    async def share(self) -> None:
        """Put this process's snapshot where the others find it; a fault of the place is not raised."""
        snapshot = self._measure()
        try:
            await self._place.put(snapshot.process.process, encode_snapshot(snapshot), life_s=self._life_s)
        except self._faults as fault:
            self._note_fault(fault)
        else:
            self._is_alone = False

    async def gather(self) -> tuple[Snapshot, ...]:
        """The snapshots of all processes in order of name, this one's fresh; only this one when alone."""
        own = self._measure()
        try:
            shared = await self._place.take_all()
        except self._faults as fault:
            self._note_fault(fault)
            shared = {}
        snapshots = {own.process.process: own}
        for process, encoded in shared.items():
            if process in snapshots:
                continue
            try:
                snapshots[process] = decode_snapshot(encoded)
            except SnapshotUnreadable as error:  # of another version, in the middle of a deploy
                log.info("telemetry.snapshot_unreadable", process_name=process, error=str(error))
        return tuple(snapshots[name] for name in sorted(snapshots))

    def _note_fault(self, fault: Exception) -> None:
        if not self._is_alone:
            log.warning("telemetry.sharing_failed", error=f"{type(fault).__name__}: {fault}")
        self._is_alone = True
