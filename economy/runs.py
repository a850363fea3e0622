"""Every change of a run's status, and an operator's of its payouts. No function commits.

A run's own row is locked before its payouts, so that starting, cancelling, retrying and completing one run go
one after the other.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.errors import NotFound, PlanExpired, RunInProgress
from economy.faults import constraint
from economy.ids import new_id
from economy.payouts import RUN_STEPS, PayoutStatus, RunKind, RunStatus, step
from economy.schema import lane, payouts, plans, runs
from telemetry.measure import measure_db_operation

FIRST_IDS: Final = 100  # so many syndicates are named when a run starts
_ZERO_ID: Final = UUID(int=0)

_NEXT_SYNDICATES: Final = text(
    """SELECT syndicate_id FROM syndicates WHERE syndicate_id > :after ORDER BY syndicate_id LIMIT :rows"""
)
_NEXT_PLANNED: Final = text(
    """SELECT syndicate_id FROM plan_payouts WHERE plan_id = :plan_id AND syndicate_id > :after
    ORDER BY syndicate_id LIMIT :rows"""
)
_COUNT: Final = text(
    """SELECT CASE WHEN CAST(:plan_id AS uuid) IS NULL THEN (SELECT count(*) FROM syndicates)
        ELSE (SELECT count(*) FROM plan_payouts WHERE plan_id = CAST(:plan_id AS uuid)) END"""
)
_WRITE_PAGES: Final = text(
    """INSERT INTO payouts (payout_id, run_id, syndicate_id, page)
    SELECT d.payout_id, :run_id, d.syndicate_id, pages.first + (d.n - 1) / CAST(:page AS integer)
    FROM unnest(CAST(:payout_ids AS uuid[]), CAST(:syndicate_ids AS uuid[]))
        WITH ORDINALITY AS d (payout_id, syndicate_id, n)
    CROSS JOIN (
        SELECT coalesce(max(page) + 1, 0) AS first FROM payouts
        WHERE run_id = :run_id AND status = 'SCHEDULED'
    ) pages"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A run that has begun; its payout rows are written next, page by page."""

    run_id: UUID
    enqueued_count: int
    syndicates: tuple[UUID, ...]
    next: UUID | None


async def start_run(
    connection: AsyncConnection,
    *,
    kind: RunKind = RunKind.MANUAL,
    period: str | None = None,
    plan_id: UUID | None = None,
    started_by: UUID | None = None,
) -> Started:
    """Begin a run, bound to a plan if one is given; raises `RunInProgress`, `NotFound`, `PlanExpired`.

    A second run of a period is refused as `RunInProgress` too: its period has had it.
    """
    run_id = new_id()
    if plan_id is not None:
        await _use_plan(connection, plan_id, run_id)
    try:
        await connection.execute(
            insert(runs).values(
                run_id=run_id,
                kind=kind.value,
                period=period,
                status=RunStatus.SCHEDULING.value,
                plan_id=plan_id,
                started_by=started_by,
            )
        )
    except IntegrityError as error:
        if constraint(error) in {"runs_one_at_a_time", "runs_period_unique"}:
            raise RunInProgress from None
        raise
    count = await connection.scalar(_COUNT, {"plan_id": plan_id}) or 0
    first = await _next_syndicates(connection, plan_id, _ZERO_ID, FIRST_IDS)
    return Started(
        run_id=run_id,
        enqueued_count=int(count),
        syndicates=tuple(first),
        next=first[-1] if count > len(first) else None,
    )


async def schedule_some(connection: AsyncConnection, run_id: UUID, *, page: int, rows: int) -> bool:
    """Write the run's next payout rows, `page` of them to a job; whether there may be more to write.

    With the last ones the run is RUNNING. A run that another process is at is left to it. `rows` is a
    multiple of `page`.
    """
    run = (
        await connection.execute(
            select(runs)
            .where(runs.c.run_id == run_id, runs.c.status == RunStatus.SCHEDULING.value)
            .with_for_update(key_share=True, skip_locked=True)
        )
    ).one_or_none()
    if run is None:
        return False
    found = await _next_syndicates(connection, run.plan_id, run.scheduled_through or _ZERO_ID, rows)
    if found:
        async with measure_db_operation("schedule_payouts"):
            await connection.execute(
                _WRITE_PAGES,
                {
                    "run_id": run_id,
                    "payout_ids": [new_id() for _ in found],
                    "syndicate_ids": list(found),
                    "page": page,
                },
            )
    is_last = len(found) < rows
    await connection.execute(
        update(runs)
        .where(runs.c.run_id == run_id)
        .values(
            scheduled_through=found[-1] if found else run.scheduled_through,
            status=step(RUN_STEPS, RunStatus.SCHEDULING, RunStatus.RUNNING).value if is_last else run.status,
        )
    )
    return not is_last


async def complete(connection: AsyncConnection, run_id: UUID) -> bool:
    """Say that a running run is done, if it is.

    The count is taken in a statement of its own after the run is locked: it sees whatever a retry that held
    the lock before has made of the payouts.
    """
    locked = await connection.scalar(
        select(runs.c.run_id)
        .where(runs.c.run_id == run_id, runs.c.status == RunStatus.RUNNING.value)
        .with_for_update(key_share=True)
    )
    if locked is None or await _has_scheduled(connection, run_id):
        return False
    await connection.execute(
        update(runs)
        .where(runs.c.run_id == run_id)
        .values(
            status=step(RUN_STEPS, RunStatus.RUNNING, RunStatus.COMPLETED).value,
            finished_at=func.clock_timestamp(),
        )
    )
    return True


async def cancel(connection: AsyncConnection, run_id: UUID) -> int:
    """Cancel what a run has not paid yet; answers how many payouts. Raises `NotFound` for a finished run."""
    status = await _lock_run(connection, run_id)
    if RunStatus.CANCELLED not in RUN_STEPS[status]:
        raise NotFound("This run is finished.")
    await connection.execute(
        update(runs)
        .where(runs.c.run_id == run_id)
        .values(status=RunStatus.CANCELLED.value, finished_at=func.clock_timestamp())
    )
    # Payments in progress hold their rows: they are waited for, and end as PAID.
    cancelled = await connection.execute(
        update(payouts)
        .where(payouts.c.run_id == run_id, payouts.c.status == PayoutStatus.SCHEDULED.value)
        .values(status=PayoutStatus.CANCELLED.value, claimed_at=None, finished_at=func.clock_timestamp())
    )
    return cancelled.rowcount


async def retry(connection: AsyncConnection, run_id: UUID, *, payout_id: UUID | None = None) -> int:
    """Schedule a run's failed payouts again, or one of them; answers how many.

    The run is RUNNING again. Raises `NotFound` when nothing failed or the run was cancelled, and
    `RunInProgress` while another run is.
    """
    status = await _lock_run(connection, run_id)
    if status is not RunStatus.RUNNING and RunStatus.RUNNING not in RUN_STEPS[status]:
        raise NotFound("This run was cancelled.")
    failed = payouts.c.run_id == run_id, payouts.c.status == PayoutStatus.FAILED.value
    again = await connection.execute(
        update(payouts)
        .where(*failed, *([] if payout_id is None else [payouts.c.payout_id == payout_id]))
        .values(
            status=PayoutStatus.SCHEDULED.value,
            attempts=0,
            claimed_at=None,
            finished_at=None,
            retry_at=func.clock_timestamp(),
        )
    )
    if again.rowcount == 0:
        raise NotFound("There is no failed payout.")
    if status is RunStatus.COMPLETED:
        await _reopen(connection, run_id)
    return again.rowcount


async def run_of(connection: AsyncConnection, payout_id: UUID) -> UUID:
    """The run that a payout belongs to; raises `NotFound`."""
    run_id = await connection.scalar(select(payouts.c.run_id).where(payouts.c.payout_id == payout_id))
    if run_id is None:
        raise NotFound("There is no such payout.")
    return UUID(bytes=run_id.bytes)


async def set_paused(connection: AsyncConnection, *, is_paused: bool) -> None:
    """Pause the lane, or let it go on."""
    await connection.execute(update(lane).values(paused=is_paused))


async def _reopen(connection: AsyncConnection, run_id: UUID) -> None:
    try:
        await connection.execute(
            update(runs)
            .where(runs.c.run_id == run_id)
            .values(status=step(RUN_STEPS, RunStatus.COMPLETED, RunStatus.RUNNING).value, finished_at=None)
        )
    except IntegrityError as error:
        if constraint(error) == "runs_one_at_a_time":
            raise RunInProgress from None
        raise


async def _lock_run(connection: AsyncConnection, run_id: UUID) -> RunStatus:
    status = await connection.scalar(
        select(runs.c.status).where(runs.c.run_id == run_id).with_for_update(key_share=True)
    )
    if status is None:
        raise NotFound("There is no such run.")
    return RunStatus(status)


async def _has_scheduled(connection: AsyncConnection, run_id: UUID) -> bool:
    found = await connection.scalar(
        select(payouts.c.payout_id)
        .where(payouts.c.run_id == run_id, payouts.c.status == PayoutStatus.SCHEDULED.value)
        .limit(1)
    )
    return found is not None


async def _next_syndicates(
    connection: AsyncConnection, plan_id: UUID | None, after: UUID, rows: int
) -> list[UUID]:
    if plan_id is None:
        return list(await connection.scalars(_NEXT_SYNDICATES, {"after": after, "rows": rows}))
    arguments = {"plan_id": plan_id, "after": after, "rows": rows}
    return list(await connection.scalars(_NEXT_PLANNED, arguments))


async def _use_plan(connection: AsyncConnection, plan_id: UUID, run_id: UUID) -> None:
    used = await connection.execute(
        update(plans)
        .where(
            plans.c.plan_id == plan_id,
            plans.c.used_by_run.is_(None),
            plans.c.expires_at > func.clock_timestamp(),
        )
        .values(used_by_run=run_id)
    )
    if used.rowcount:
        return
    if await connection.scalar(select(plans.c.plan_id).where(plans.c.plan_id == plan_id)) is None:
        raise NotFound("There is no such plan.")
    raise PlanExpired
