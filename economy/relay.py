"""Committed events go out: at least once, in order within a stream, by one relay at a time.

The lease is a row, judged by the database's clock; its epoch grows with every new holder. A relay that was
paused finds that its lease has run out before it publishes the next event, and may not mark any.
"""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy import reports
from economy.faults import backoff_ms, is_away
from economy.outbox import OutboxEvent, mark_published, unpublished
from economy.payouts import RunStatus
from economy.schema import runs
from telemetry.clock import Clock
from telemetry.logs import get_logger
from telemetry.measure import measure_db_operation

log = get_logger()

LEASE: Final = "relay"
LEASE_S: Final = 5
_MARGIN_S: Final = 1.5  # so long before its end the holder already asks for more
_IDLE_S: Final = 0.2
_STANDBY_S: Final = 1.0
_REPORT_S: Final = 1.0
_FAULT_BASE_MS: Final = 100
_FAULT_CAP_MS: Final = 2_000

_ACQUIRE: Final = text(
    """INSERT INTO leases AS held (name, holder, epoch, expires_at)
    VALUES (:name, :holder, 1, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,
        epoch = held.epoch + CASE WHEN held.holder = excluded.holder THEN 0 ELSE 1 END
    WHERE held.holder = excluded.holder OR held.expires_at <= clock_timestamp()
    RETURNING epoch"""
)
_RESIGN: Final = text(
    "UPDATE leases SET expires_at = clock_timestamp() WHERE name = :name AND holder = :holder"
)


class Publisher(Protocol):
    """Where events go; raises when it could not take one, and is asked again then."""

    async def publish(self, event: OutboxEvent) -> None:
        """Hand the event on. It may come twice; within its stream never before an earlier one."""
        ...


async def acquire(connection: AsyncConnection, holder: str, *, name: str = LEASE) -> int | None:
    """Take or renew the lease; its epoch, or None while another holds it."""
    epoch = await connection.scalar(_ACQUIRE, {"name": name, "holder": holder, "seconds": LEASE_S})
    return None if epoch is None else int(epoch)


async def resign(connection: AsyncConnection, holder: str, *, name: str = LEASE) -> None:
    """Give the lease up, so that another need not wait for its end."""
    await connection.execute(_RESIGN, {"name": name, "holder": holder})


class Relay:
    """Publishes the outbox while it holds the lease, and stands by while another does."""

    def __init__(self, engine: AsyncEngine, publisher: Publisher, clock: Clock, *, holder: str) -> None:
        self._engine = engine
        self._publisher = publisher
        self._clock = clock
        self._holder = holder
        self._woken = asyncio.Event()
        self._epoch: int | None = None
        self._held_until_ns = 0
        self._reported_ns = 0
        self._reported: tuple[UUID, str] | None = None
        self._has_looked = False  # what was finished before is no news

    def wake(self) -> None:
        """There may be something to publish: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        faults = 0
        try:
            while True:
                try:
                    wait_s = await self.step()
                    faults = 0
                except Exception as error:
                    faults += 1
                    wait_s = backoff_ms(faults, base_ms=_FAULT_BASE_MS, cap_ms=_FAULT_CAP_MS) / 1000
                    log.warning(
                        "economy.relay_failed",
                        error=f"{type(error).__name__}: {error}",
                        exc_info=not is_away(error),
                    )
                await self._rest(wait_s)
        finally:
            with suppress(Exception):
                async with asyncio.timeout(1), self._engine.begin() as connection:
                    await resign(connection, self._holder)

    async def step(self) -> float:
        """Publish one batch, if the lease is ours; answers how long to wait for the next (s)."""
        if not await self._hold():
            return _STANDBY_S
        async with self._engine.connect() as connection:
            events = await unpublished(connection)
        published: list[int] = []
        try:
            for event in events:
                if not self._is_held():
                    break
                await self._publisher.publish(event)
                published.append(event.outbox_id)
        finally:
            if published:
                await self._mark(published)
        await self._report()
        return 0 if events else _IDLE_S

    async def _hold(self) -> bool:
        """Whether the lease is ours for a while; asks for it when it is not, or not for long any more."""
        asked_ns = self._clock.monotonic_ns()
        if self._epoch is not None and asked_ns < self._held_until_ns - _MARGIN_S * 1e9:
            return True
        async with self._engine.begin() as connection, measure_db_operation("relay_lease"):
            epoch = await acquire(connection, self._holder)
        if epoch is not None and epoch != self._epoch:
            log.info("economy.relay_elected", epoch=epoch)
        self._epoch = epoch
        # Reckoned from before the question: never longer than the database grants it.
        self._held_until_ns = asked_ns + LEASE_S * 1_000_000_000
        return epoch is not None

    def _is_held(self) -> bool:
        return self._epoch is not None and self._clock.monotonic_ns() < self._held_until_ns

    async def _mark(self, published: list[int]) -> None:
        if self._epoch is None:
            return
        async with self._engine.begin() as connection, measure_db_operation("outbox_mark"):
            await mark_published(connection, published, lease=LEASE, epoch=self._epoch)

    async def _report(self) -> None:
        """Tell the operators how far the run is, once a second while it goes on and once when it is done."""
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._reported_ns < _REPORT_S * 1e9:
            return
        self._reported_ns = now_ns
        async with self._engine.connect() as connection:
            found = await connection.execute(
                select(runs.c.run_id, runs.c.status).order_by(runs.c.run_id.desc()).limit(1)
            )
            latest = found.one_or_none()
            now = None if latest is None else (latest.run_id, latest.status)
            is_open = latest is not None and latest.status in (RunStatus.SCHEDULING, RunStatus.RUNNING)
            is_news = is_open or (self._has_looked and now != self._reported)
            self._has_looked, self._reported = True, now
            if latest is None or not is_news:
                return
            progress = await reports.progress(connection, latest.run_id)
        payload = {**asdict(progress), "run_id": str(progress.run_id), "status": progress.status.value}
        await self._publisher.publish(
            OutboxEvent(outbox_id=0, stream="admin", event="run_progressed", payload=payload)
        )

    async def _rest(self, seconds: float) -> None:
        if seconds:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
        self._woken.clear()
