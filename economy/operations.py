"""What an operator may do to the lane, for the edge and the command line alike."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy import runs
from economy.bell import Doorbell
from economy.faults import transact
from economy.plans import Plan, make_plan
from economy.runs import Started
from telemetry.logs import get_logger

log = get_logger()


class Operations:
    """Starts, stops and mends runs; every call has committed when it returns."""

    def __init__(self, engine: AsyncEngine, bell: Doorbell, *, syndicate_bps: int) -> None:
        self._engine = engine
        self._bell = bell
        self._syndicate_bps = syndicate_bps

    async def start(self, *, started_by: UUID | None = None, plan_id: UUID | None = None) -> Started:
        """Start a run now; raises `RunInProgress`, `NotFound`, `PlanExpired`."""
        started = await transact(
            self._engine,
            lambda connection: runs.start_run(connection, started_by=started_by, plan_id=plan_id),
        )
        await self._ring(started.run_id)
        return started

    async def plan(self, *, created_by: UUID | None = None) -> Plan:
        """A dry run: what would be paid now, stored as a plan."""
        return await transact(
            self._engine,
            lambda connection: make_plan(
                connection, syndicate_bps=self._syndicate_bps, created_by=created_by
            ),
        )

    async def retry_payout(self, payout_id: UUID) -> None:
        """Schedule a failed payout again; raises `NotFound`, `RunInProgress`."""

        async def do(connection: AsyncConnection) -> UUID:
            run_id = await runs.run_of(connection, payout_id)
            await runs.retry(connection, run_id, payout_id=payout_id)
            return run_id

        await self._ring(await transact(self._engine, do))

    async def retry_run(self, run_id: UUID) -> int:
        """Schedule all failed payouts of a run again; raises `NotFound`, `RunInProgress`."""
        count = await transact(self._engine, lambda connection: runs.retry(connection, run_id))
        await self._ring(run_id)
        return count

    async def cancel(self, run_id: UUID) -> int:
        """Cancel what a run has not paid yet; answers how many payouts. Raises `NotFound`."""
        count = await transact(self._engine, lambda connection: runs.cancel(connection, run_id))
        log.info("economy.run_cancelled", run_id=str(run_id), payouts=count)
        return count

    async def pause(self) -> None:
        """Pay nothing until `resume`; payouts in hand are finished."""
        await transact(self._engine, lambda connection: runs.set_paused(connection, is_paused=True))
        log.info("economy.lane_paused")

    async def resume(self) -> None:
        """Let the lane go on; its reconciler rings for what is left within seconds."""
        await transact(self._engine, lambda connection: runs.set_paused(connection, is_paused=False))
        log.info("economy.lane_resumed")

    async def _ring(self, run_id: UUID) -> None:
        await self._bell.ring_run(run_id)


def start_answer(started: Started) -> dict[str, object]:
    """A started run as JSON."""
    return {
        "success": True,
        "run_id": str(started.run_id),
        "enqueued_count": started.enqueued_count,
        "syndicates": [str(syndicate_id) for syndicate_id in started.syndicates],
        "next": None if started.next is None else str(started.next),
    }


def plan_answer(plan: Plan) -> dict[str, object]:
    """A plan as JSON."""
    return {
        "plan_id": str(plan.plan_id),
        "syndicates": plan.syndicates,
        "members": plan.members,
        "total": plan.total,
        "skipped": plan.skipped,
    }
