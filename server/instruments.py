"""What every process measures and says of itself: logs, numbers, alerts, lag, its share in the picture."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from redis.asyncio import Redis

from server.bells import AlertRaised as AlertRaisedBell
from server.bells import AlertResolved as AlertResolvedBell
from server.bells import Bells
from server.settings import Settings
from telemetry import logs
from telemetry.alerts import AlertChange, AlertRaised, Alerts, iso
from telemetry.blame import LoopWatch
from telemetry.clock import Clock
from telemetry.exposition import prometheus_text
from telemetry.lag import LagProbe
from telemetry.measure import configure
from telemetry.registry import Registry
from telemetry.sharing import Sharing
from telemetry.snapshots import OperationStats, Process, Snapshot, merge_snapshots
from telemetry.thresholds import Thresholds
from telemetry.valkey import FAULTS, ValkeyPlace
from telemetry.vitals import Vitals

SERVICE: Final = "moes-casino"


def name_process(kind: str) -> str:
    """A name for this process that no other one has: kind, host and pid."""
    return f"{kind}-{socket.gethostname()}-{os.getpid()}"


def start_logging(settings: Settings, process: str, *, fd: int = 1) -> None:
    """Log as the settings say, from now on, to standard output unless told otherwise."""
    logs.configure_logging(
        service=SERVICE,
        version=settings.service_version,
        environment=settings.environment,
        process=process,
        level=settings.log_level,
        fmt=settings.log_format,
        redact_keys=settings.redact_keys,
        project=settings.google_cloud_project,
        fd=fd,
    )


class Instruments:
    """Made once in a composition root; `run` for as long as the process lives."""

    def __init__(
        self,
        settings: Settings,
        redis: Redis,
        *,
        kind: str,
        clock: Clock,
        refusals: tuple[type[BaseException], ...],
    ) -> None:
        self.process = name_process(kind)
        self.clock = clock
        thresholds = Thresholds(default_ms=settings.lag_threshold_ms)
        self.registry = Registry(self.clock, thresholds=thresholds)
        self.alerts = Alerts(self.clock, process=self.process)
        self._watch = LoopWatch(self.clock, late_after_ms=settings.lag_threshold_ms)
        self._probe = LagProbe(
            self.registry,
            self.clock,
            alerts=self.alerts,
            threshold_ms=settings.lag_threshold_ms,
            watch=self._watch,
        )
        self._vitals = Vitals(self.clock, process=self.process, kind=kind, version=settings.service_version)
        self.sharing = Sharing(ValkeyPlace(redis), self.snapshot, faults=FAULTS)
        self.connections: Callable[[], int] = lambda: 0
        configure(
            registry=self.registry,
            clock=self.clock,
            alerts=self.alerts,
            refusals=refusals,
            process=self.process,
        )

    def describe(self) -> Process:
        """This process, now."""
        lag_ms = round(self._probe.recent_max_ms, 3)
        return self._vitals.read(loop_lag_ms=lag_ms, connections=self.connections())

    def snapshot(self) -> Snapshot:
        """What this process has measured."""
        return Snapshot(process=self.describe(), at=self.clock.now(), operations=self.registry.operations())

    async def operations(self) -> Sequence[OperationStats]:
        """Every operation's numbers, merged over all processes."""
        return merge_snapshots(await self.sharing.gather())

    async def exposition(self) -> str:
        """The numbers of all processes as Prometheus text."""
        return prometheus_text(await self.sharing.gather()).decode()

    async def run(self) -> None:
        """Probe the loop and share the numbers until cancelled."""
        self._watch.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._probe.run(), name="lag probe")
                group.create_task(self.sharing.run(), name="sharing")
        finally:
            self._watch.stop()


Tell = Callable[[AlertRaisedBell | AlertResolvedBell], Awaitable[None]]


class AlertBells:
    """Rings for each alert that begins or ends here; bounded, and never in an operation's way.

    `tell` is called before a bell is rung: Valkey may be what is wrong.
    """

    def __init__(self, alerts: Alerts, bells: Bells, tell: Tell | None = None) -> None:
        self._bells = bells
        self._tell = tell
        self._changes: asyncio.Queue[AlertChange] = asyncio.Queue(1000)
        self._end = alerts.subscribe(self._note)

    def _note(self, change: AlertChange) -> None:
        with suppress(asyncio.QueueFull):  # the dashboard reads the open alerts afresh when it connects
            self._changes.put_nowait(change)

    async def run(self) -> None:
        """Ring until cancelled."""
        try:
            while True:
                change = await self._changes.get()
                bell = _bell_of(change)
                if self._tell is not None:
                    await self._tell(bell)
                await self._bells.ring(bell)
        finally:
            self._end()


def _bell_of(change: AlertChange) -> AlertRaisedBell | AlertResolvedBell:
    alert = change.alert
    if isinstance(change, AlertRaised):
        return AlertRaisedBell(payload=alert.payload())
    at = iso(change.at)
    return AlertResolvedBell(payload={"alert_id": alert.alert_id, "process": alert.process, "at": at})
