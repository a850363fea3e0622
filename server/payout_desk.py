"""What operators do with the payout lane, over HTTP and over the socket, recorded in one trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy import reports, runs
from economy.bell import Doorbell
from economy.commands import once
from economy.faults import transact
from economy.pages import Page
from economy.payouts import Payout, PayoutStatus, Run, next_due
from economy.plans import make_plan
from server.identity.trail import write_action
from telemetry.clock import Clock

Facts = dict[str, Any]  # a payload that is JSON already

_NAME: Final = "payouts/run"  # of the command, whichever way it came


class PayoutDesk:
    """Operators' acts on the lane; each is committed with its row of the trail, then the bell is rung."""

    def __init__(
        self,
        engine: AsyncEngine,
        bell: Doorbell,
        clock: Clock,
        *,
        cron: str,
        syndicate_bps: int,
    ) -> None:
        self._engine = engine
        self._bell = bell
        self._clock = clock
        self._cron = cron
        self._syndicate_bps = syndicate_bps

    async def start_run(self, user_id: str, command_id: str, plan_id: str | None) -> Facts:
        """Start a run, by a plan if one is named. Raises RunInProgress, PlanExpired, NotFound."""
        admin = UUID(user_id)
        plan = None if plan_id is None else UUID(plan_id)
        asked = _asked(plan, dry_run=False)
        ack = await once(self._engine, admin, command_id, _NAME, asked, lambda on: _start(on, admin, plan))
        await self._bell.ring_run(UUID(str(ack["run_id"])))
        return ack

    async def plan(self, user_id: str, command_id: str) -> Facts:
        """Reckon what a run would pay now, and keep it as a plan; moves nothing. Raises CommandIdReused."""
        admin = UUID(user_id)
        asked = _asked(None, dry_run=True)
        return await once(self._engine, admin, command_id, _NAME, asked, lambda on: self._plan(on, admin))

    async def start_now(self, plan_id: UUID | None) -> Facts:
        """Start a run from the command line. Raises RunInProgress, PlanExpired, NotFound."""
        ack = await transact(self._engine, lambda connection: _start(connection, None, plan_id))
        await self._bell.ring_run(UUID(str(ack["run_id"])))
        return ack

    async def plan_now(self) -> Facts:
        """Make a plan from the command line; moves nothing."""
        return await transact(self._engine, lambda connection: self._plan(connection, None))

    async def pause(self, user_id: str | None) -> Facts:
        """Let no further payout be claimed."""
        return await self._set_paused(_admin(user_id), "pause_payouts", is_paused=True)

    async def resume(self, user_id: str | None) -> Facts:
        """Let payouts be claimed again; the lane's reconciler rings for what is left."""
        return await self._set_paused(_admin(user_id), "resume_payouts", is_paused=False)

    async def retry(self, user_id: str | None, payout_id: str) -> Facts:
        """Try one failed payout again. Raises NotFound, RunInProgress."""
        admin, payout = _admin(user_id), UUID(payout_id)

        async def again(connection: AsyncConnection) -> Facts:
            run_id = await runs.run_of(connection, payout)
            retried = await runs.retry(connection, run_id, payout_id=payout)
            await write_action(connection, admin, "retry_payout", payout_id, {"run_id": str(run_id)})
            return {"run_id": str(run_id), "retried": retried}

        facts = await transact(self._engine, again)
        await self._bell.ring_run(UUID(facts["run_id"]))
        return facts

    async def retry_run(self, user_id: str | None, run_id: UUID) -> Run:
        """Try every failed payout of a run again. Raises NotFound, RunInProgress."""

        async def again(connection: AsyncConnection) -> Run:
            retried = await runs.retry(connection, run_id)
            await write_action(connection, _admin(user_id), "retry_run", str(run_id), {"retried": retried})
            return await reports.run(connection, run_id)

        run = await transact(self._engine, again)
        await self._bell.ring_run(run_id)
        return run

    async def cancel_run(self, user_id: str | None, run_id: UUID) -> Run:
        """Cancel what a run has not paid yet. Raises NotFound."""

        async def cancel(connection: AsyncConnection) -> Run:
            cancelled = await runs.cancel(connection, run_id)
            await write_action(
                connection, _admin(user_id), "cancel_run", str(run_id), {"cancelled": cancelled}
            )
            return await reports.run(connection, run_id)

        return await transact(self._engine, cancel)

    async def status(self) -> Facts:
        """The answer of `GET /api/admin/payouts/status`."""
        async with self._engine.connect() as connection:
            found = await reports.status(connection)
        facts: Facts = msgspec.to_builtins(found)
        return {**facts, "next_scheduled_run": msgspec.to_builtins(next_due(self._cron, self._clock.now()))}

    async def queue(self) -> Facts:
        """The payload of `queue_updated`."""
        async with self._engine.connect() as connection:
            found = await reports.status(connection)
        facts: Facts = msgspec.to_builtins(found.queue)
        return facts

    async def progress(self) -> Facts | None:
        """The payload of `run_progressed` for the latest run, if there was one."""
        async with self._engine.connect() as connection:
            last = await reports.latest_run(connection)
            if last is None:
                return None
            facts: Facts = msgspec.to_builtins(await reports.progress(connection, last.run_id))
        return facts

    async def progress_of(self, run_id: UUID) -> Facts:
        """The same of one run; raises NotFound."""
        async with self._engine.connect() as connection:
            facts: Facts = msgspec.to_builtins(await reports.progress(connection, run_id))
        return facts

    async def runs(self, *, before: UUID | None, limit: int) -> Page[Run]:
        """Runs, the newest first."""
        async with self._engine.connect() as connection:
            return await reports.run_page(connection, before=before, limit=limit)

    async def run(self, run_id: UUID) -> Run:
        """One run; raises NotFound."""
        async with self._engine.connect() as connection:
            return await reports.run(connection, run_id)

    async def payouts(
        self, run_id: UUID, *, status: PayoutStatus | None, after: UUID | None, limit: int
    ) -> Page[Payout]:
        """A run's payouts; raises NotFound."""
        async with self._engine.connect() as connection:
            await reports.run(connection, run_id)
            return await reports.payouts_of_run(connection, run_id, status=status, after=after, limit=limit)

    async def _set_paused(self, admin: UUID | None, act: str, *, is_paused: bool) -> Facts:
        async def change(connection: AsyncConnection) -> None:
            await runs.set_paused(connection, is_paused=is_paused)
            await write_action(connection, admin, act, None, {})

        await transact(self._engine, change)
        return {"paused": is_paused}

    async def _plan(self, connection: AsyncConnection, admin: UUID | None) -> Facts:
        made = await make_plan(connection, syndicate_bps=self._syndicate_bps, created_by=admin)
        await write_action(connection, admin, "plan_run", str(made.plan_id), {"total": made.total})
        return {
            "plan_id": str(made.plan_id),
            "syndicates": made.syndicates,
            "members": made.members,
            "total": made.total,
            "skipped": made.skipped,
        }


class NoBell:
    """For a process without Valkey at hand: the reconciler of whoever runs the lane finds the work itself."""

    async def ring_run(self, run_id: UUID) -> None:
        """Nothing to ring."""

    async def ring_pages(self, run_id: UUID, pages: Sequence[int]) -> int:
        """Nothing to ring."""
        del run_id, pages
        return 0

    async def ring_payout(self, payout_id: UUID, retry_at: datetime) -> None:
        """Nothing to ring."""


async def _start(connection: AsyncConnection, admin: UUID | None, plan: UUID | None) -> Facts:
    started = await runs.start_run(connection, plan_id=plan, started_by=admin)
    facts = {"plan_id": None if plan is None else str(plan)}
    await write_action(connection, admin, "start_run", str(started.run_id), facts)
    return {
        "success": True,
        "run_id": str(started.run_id),
        "enqueued_count": started.enqueued_count,
        "syndicates": [str(syndicate_id) for syndicate_id in started.syndicates],
        "next": None if started.next is None else str(started.next),
    }


def _admin(user_id: str | None) -> UUID | None:
    """Whose act it is; None from the command line."""
    return None if user_id is None else UUID(user_id)


def _asked(plan_id: UUID | None, *, dry_run: bool) -> dict[str, object]:
    return {"plan_id": None if plan_id is None else str(plan_id), "dry_run": dry_run}
