"""From a run to rung pages, and back: what makes sure that every payout row comes to its end.

The reconciler is why nothing depends on Redis: every few seconds it compares the rows that are still to be
paid with the jobs that there are, and rings for those without one.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from economy import accrual, runs
from economy.bell import Doorbell
from economy.errors import RunInProgress
from economy.faults import transact
from economy.payouts import RunKind, RunStatus, latest_due, period_of
from economy.schema import lane
from economy.schema import runs as run_table
from telemetry.logs import get_logger
from telemetry.measure import measure_db_operation

log = get_logger()

_CHUNK_PAGES: Final = 50  # pages whose rows are written in one transaction
_RING_PAGES: Final = 500  # pages that are compared with the queue at once
_RING_RETRIES: Final = 500

_OPEN_PAGES: Final = text(
    """SELECT DISTINCT page FROM payouts
    WHERE run_id = :run_id AND status = 'SCHEDULED' AND retry_at IS NULL AND page > :after
    ORDER BY page LIMIT :rows"""
)
_DUE_RETRIES: Final = text(
    """SELECT payout_id, retry_at FROM payouts
    WHERE run_id = :run_id AND status = 'SCHEDULED' AND retry_at <= clock_timestamp()
    ORDER BY retry_at LIMIT :rows"""
)


class Distributor:
    """Writes a run's payout rows, rings for them, and notices when the run is done."""

    def __init__(
        self, engine: AsyncEngine, bell: Doorbell, *, page: int, syndicate_bps: int, cron: str | None
    ) -> None:
        self._engine = engine
        self._bell = bell
        self._page = page
        self._syndicate_bps = syndicate_bps
        self._cron = cron

    async def advance(self, run_id: UUID) -> None:
        """Write the payout rows of a run that has begun, chunk by chunk, and ring for all of its pages.

        Safe at any moment, in any number of processes: each chunk is one transaction behind the run's lock.
        """
        await accrual.sweep(self._engine, self._syndicate_bps)
        has_more = True
        while has_more:
            has_more = await transact(
                self._engine,
                lambda connection: runs.schedule_some(
                    connection, run_id, page=self._page, rows=self._page * _CHUNK_PAGES
                ),
            )
        await self.ring(run_id)

    async def reconcile(self) -> None:
        """Take every open run one step on: write its rows, ring for what has no job, or say it is done."""
        async with self._engine.connect() as connection, measure_db_operation("open_runs"):
            found = await connection.execute(
                select(run_table.c.run_id, run_table.c.status).where(
                    run_table.c.status.in_([RunStatus.SCHEDULING.value, RunStatus.RUNNING.value])
                )
            )
            open_runs = found.all()
        for run_id, status in open_runs:
            if status == RunStatus.SCHEDULING:
                await self.advance(run_id)
            elif await self._complete(run_id):
                log.info("economy.run_completed", run_id=str(run_id))
            else:
                await self.ring(run_id)

    async def _complete(self, run_id: UUID) -> bool:
        return await transact(self._engine, lambda connection: runs.complete(connection, run_id))

    async def ring(self, run_id: UUID) -> int:
        """Ring for a running run's pages and due retries that have no job; answers how many it rang for."""
        async with self._engine.connect() as connection:
            if await connection.scalar(select(lane.c.paused)):
                return 0
        return await self._ring_pages(run_id) + await self._ring_retries(run_id)

    async def start_due(self) -> UUID | None:
        """Start the run of the latest period that is due, unless it had its run; answers the new run.

        Periods that were missed before the latest one are not made up for. While another run is in progress
        the period waits.
        """
        if self._cron is None:
            return None
        async with self._engine.connect() as connection:
            now, since = (await connection.execute(select(func.clock_timestamp(), lane.c.since))).one()
            due = latest_due(self._cron, now)
            period = period_of(due)
            had = await connection.scalar(select(run_table.c.run_id).where(run_table.c.period == period))
        if due <= since or had is not None:
            return None
        try:
            started = await transact(
                self._engine,
                lambda connection: runs.start_run(connection, kind=RunKind.SCHEDULED, period=period),
            )
        except RunInProgress:
            return None
        log.info("economy.run_started", run_id=str(started.run_id), period=period)
        await self._bell.ring_run(started.run_id)
        return started.run_id

    async def _ring_pages(self, run_id: UUID) -> int:
        rung, after = 0, -1
        while True:
            arguments = {"run_id": run_id, "after": after, "rows": _RING_PAGES}
            async with self._engine.connect() as connection, measure_db_operation("open_pages"):
                pages = list(await connection.scalars(_OPEN_PAGES, arguments))
            rung += await self._bell.ring_pages(run_id, pages)
            if len(pages) < _RING_PAGES:
                return rung
            after = pages[-1]

    async def _ring_retries(self, run_id: UUID) -> int:
        async with self._engine.connect() as connection, measure_db_operation("due_retries"):
            found = await connection.execute(_DUE_RETRIES, {"run_id": run_id, "rows": _RING_RETRIES})
            due = found.all()
        for payout_id, retry_at in due:
            await self._bell.ring_payout(payout_id, retry_at)
        return len(due)
