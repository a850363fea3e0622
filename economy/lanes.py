"""The lane as a whole: worker, relay, reconciler and the sweeps, as one thing that a process runs."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy import accrual, outbox, plans
from economy.distributor import Distributor
from economy.faults import is_away
from economy.ids import new_id
from economy.queue import ADVANCE_RUN, PAY_PAGE, PAY_PAYOUT, JobBell, LaneWorker, PutBack, open_queue
from economy.relay import Publisher, Relay
from economy.tasks import Cashier, Interrupted, RetryRule
from telemetry.clock import Clock
from telemetry.logs import get_logger

log = get_logger()

RECONCILE_S: Final = 2.0
SWEEP_S: Final = 60.0
HOUSEKEEPING_S: Final = 3_600.0
_LOOK_S: Final = 0.02
_STOP_S: Final = 3.0  # what a page in hand gets to finish its present payout

_PARTITIONS: Final = text("SELECT ensure_partitions(3)")
_ONE_KEEPER: Final = text("SELECT pg_try_advisory_xact_lock(hashtext('economy.housekeeping'))")
_OLD_COMMANDS: Final = text(
    """DELETE FROM commands WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM commands WHERE at < clock_timestamp() - interval '30 days' LIMIT 10000))"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneOptions:
    """How a process runs the lane. `cron` is None where nothing starts by itself."""

    concurrency: int = 2
    page: int = 20
    syndicate_bps: int = 10
    cron: str | None = None
    retry: RetryRule = field(default_factory=RetryRule)


class Lane:
    """One process's share of the lane; any number of them work side by side."""

    def __init__(
        self,
        engine: AsyncEngine,
        redis_url: str,
        options: LaneOptions,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._options = options
        self._queue = open_queue(redis_url)
        self.bell = JobBell(self._queue)
        self._relay = Relay(engine, publisher, clock, holder=str(new_id()))
        self._is_stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._distributor = Distributor(
            engine, self.bell, page=options.page, syndicate_bps=options.syndicate_bps, cron=options.cron
        )
        self._cashier = Cashier(
            engine,
            self.bell,
            clock,
            rule=options.retry,
            is_stopping=lambda: self._is_stopping,
            on_event=self._relay.wake,
        )
        self._worker = LaneWorker(
            self._queue,
            {
                PAY_PAGE: self._pay_page,
                PAY_PAYOUT: self._pay_payout,
                ADVANCE_RUN: self._advance_run,
            },
            concurrency=options.concurrency,
        )

    async def run(self) -> None:
        """Work until `stop` or cancellation; what goes wrong is logged and tried again."""
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks = [
                    group.create_task(self._worker.start()),
                    group.create_task(self._relay.run()),
                    group.create_task(_every(RECONCILE_S, self._reconcile, "reconciler")),
                    group.create_task(_every(SWEEP_S, self._sweep, "sweep")),
                    group.create_task(_every(HOUSEKEEPING_S, self._keep_house, "housekeeping")),
                ]
        finally:
            await self.bell.close()

    async def stop(self) -> None:
        """Finish the payouts in hand, give the rest back and end `run`, within five seconds."""
        self._is_stopping = True
        self._queue.shut()
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_S):
                while self._queue.in_hand:  # noqa: ASYNC110 - SAQ tells nobody when it is done
                    await asyncio.sleep(_LOOK_S)
        for task in self._tasks:
            task.cancel()

    async def _reconcile(self) -> None:
        await self._distributor.start_due()
        await self._distributor.reconcile()

    async def _sweep(self) -> None:
        await accrual.sweep(self._engine, self._options.syndicate_bps)
        await accrual.fill_banks(self._engine)

    async def _keep_house(self) -> None:
        """Make the partitions of the months to come, and forget what is old."""
        async with self._engine.begin() as connection:
            if not await connection.scalar(_ONE_KEEPER):
                return
            await connection.execute(_PARTITIONS)
        await self._until_none(_forget_commands)
        await self._until_none(outbox.prune)
        async with self._engine.begin() as connection:
            await plans.forget_plans(connection)

    async def _until_none(self, delete: Callable[[AsyncConnection], Awaitable[int]]) -> None:
        """Delete in short transactions, until there is nothing left to delete."""
        deleted = 1
        while deleted:
            async with self._engine.begin() as connection:
                deleted = await delete(connection)

    async def _pay_page(self, *, run_id: str, page: int) -> None:
        await self._hold(self._cashier.pay_page(UUID(run_id), page))

    async def _pay_payout(self, *, payout_id: str) -> None:
        await self._hold(self._cashier.pay_payout(UUID(payout_id)))

    async def _advance_run(self, *, run_id: str) -> None:
        await self._hold(self._distributor.advance(UUID(run_id)))

    async def _hold(self, work: Coroutine[object, object, None]) -> None:
        """Do a job; what the stop of this process cuts short goes back to the queue at once."""
        if self._is_stopping:
            work.close()
            raise PutBack
        try:
            await work
        except Interrupted:
            raise PutBack from None


async def _forget_commands(connection: AsyncConnection) -> int:
    return (await connection.execute(_OLD_COMMANDS)).rowcount


async def _every(seconds: float, do: Callable[[], Awaitable[None]], name: str) -> None:
    """Do it now and then again and again; a fault is logged and waits for the next time."""
    while True:
        try:
            await do()
        except Exception as error:
            log.warning(
                "economy.lane_step_failed",
                step=name,
                error=f"{type(error).__name__}: {error}",
                exc_info=not is_away(error),
            )
        await asyncio.sleep(seconds)
