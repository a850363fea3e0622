"""What operators and members read about runs and payouts; PostgreSQL counts every number, in one snapshot."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.errors import NotFound
from economy.pages import LIMIT, Page, page_of
from economy.payouts import Payout, PayoutStatus, Run, RunKind, RunStatus
from economy.schema import lane
from telemetry.measure import measure_db_operation

_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)

_RUNS: Final = """
SELECT r.run_id, r.kind, r.period, r.status, r.plan_id, r.started_at, r.finished_at, c.*
FROM runs r CROSS JOIN LATERAL (
    SELECT count(*)::integer AS total,
        count(*) FILTER (WHERE status = 'SCHEDULED' AND claimed_at IS NULL)::integer AS waiting,
        count(*) FILTER (WHERE status = 'SCHEDULED' AND claimed_at IS NOT NULL)::integer AS active,
        count(*) FILTER (WHERE status = 'PAID')::integer AS paid,
        count(*) FILTER (WHERE status = 'SKIPPED')::integer AS skipped,
        count(*) FILTER (WHERE status = 'FAILED')::integer AS failed,
        count(*) FILTER (WHERE status = 'CANCELLED')::integer AS cancelled,
        coalesce(sum(amount) FILTER (WHERE status = 'PAID'), 0)::bigint AS amount
    FROM payouts p WHERE p.run_id = r.run_id
) c
"""
_RUN: Final = text(_RUNS + "WHERE r.run_id = :run_id")
_LATEST: Final = text(_RUNS + "ORDER BY r.run_id DESC LIMIT 1")
_RUN_PAGE: Final = text(_RUNS + "WHERE r.run_id < :before ORDER BY r.run_id DESC LIMIT :rows")

_PAYOUTS: Final = """
SELECT p.payout_id, p.run_id, p.syndicate_id, p.status, p.amount, p.members, p.reason, p.error, p.attempts,
    p.retry_at, p.finished_at, (
        SELECT count(*)::integer FROM syndicates s
        JOIN transfers t ON t.debit = s.treasury_id AND t.debit_version = p.treasury_version
        JOIN accounts w ON w.account_id = t.credit AND w.confirmed_through >= t.seq
        WHERE s.syndicate_id = p.syndicate_id
    ) AS confirmed
FROM payouts p
"""
_OF_RUN: Final = text(
    _PAYOUTS
    + """WHERE p.run_id = :run_id AND p.syndicate_id > :after
    AND (CAST(:status AS text) IS NULL OR p.status = CAST(:status AS text))
    ORDER BY p.syndicate_id LIMIT :rows"""
)
_OF_SYNDICATE: Final = text(
    _PAYOUTS
    + """WHERE p.syndicate_id = :syndicate_id AND p.payout_id < :before
    ORDER BY p.payout_id DESC LIMIT :rows"""
)

_RATE_S: Final = 10
_RATE: Final = text(
    """SELECT count(*) / least(:seconds, greatest(1, extract(epoch FROM clock_timestamp() - (
            SELECT started_at FROM runs WHERE run_id = :run_id))))::double precision AS per_second
    FROM payouts
    WHERE run_id = :run_id AND finished_at > clock_timestamp() - make_interval(secs => :seconds)"""
)
_DELAYED: Final = text(
    """SELECT count(*)::integer FROM payouts
    WHERE run_id = :run_id AND status = 'SCHEDULED' AND retry_at > clock_timestamp()"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The latest run's payouts: `waiting + active + completed + failed + cancelled` is all of them.

    `scheduled` counts those of `waiting` whose next try is not due yet.
    """

    waiting: int
    active: int
    completed: int
    failed: int
    cancelled: int
    scheduled: int
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The lane at one moment."""

    queue: Queue
    last_run: Run | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is, as `run_progressed` tells it; `eta_s` is null while nothing is paid."""

    run_id: UUID
    status: RunStatus
    total: int
    paid: int
    failed: int
    skipped: int
    amount: int
    per_second: float
    eta_s: float | None


async def run(connection: AsyncConnection, run_id: UUID) -> Run:
    """One run with its counts; raises `NotFound`."""
    async with measure_db_operation("run"):
        row = (await connection.execute(_RUN, {"run_id": run_id})).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such run.")
    return _run(row)


async def latest_run(connection: AsyncConnection) -> Run | None:
    """The run that was started last."""
    async with measure_db_operation("run_latest"):
        row = (await connection.execute(_LATEST)).mappings().one_or_none()
    return None if row is None else _run(row)


async def run_page(
    connection: AsyncConnection, *, before: UUID | None = None, limit: int = LIMIT
) -> Page[Run]:
    """Runs, the newest first."""
    async with measure_db_operation("runs"):
        rows = await connection.execute(_RUN_PAGE, {"before": before or _LAST, "rows": limit + 1})
    return page_of([_run(row) for row in rows.mappings()], limit, lambda run: str(run.run_id))


async def payouts_of_run(
    connection: AsyncConnection,
    run_id: UUID,
    *,
    status: PayoutStatus | None = None,
    after: UUID | None = None,
    limit: int = LIMIT,
) -> Page[Payout]:
    """A run's payouts in order of their syndicates, whose ids `after` and `next` are."""
    arguments = {
        "run_id": run_id,
        "status": None if status is None else status.value,
        "after": after or _FIRST,
        "rows": limit + 1,
    }
    async with measure_db_operation("payouts_of_run"):
        rows = await connection.execute(_OF_RUN, arguments)
    return page_of([_payout(row) for row in rows.mappings()], limit, lambda payout: str(payout.syndicate_id))


async def payouts_of_syndicate(
    connection: AsyncConnection, syndicate_id: UUID, *, before: UUID | None = None, limit: int = LIMIT
) -> Page[Payout]:
    """A syndicate's payouts, the newest first."""
    async with measure_db_operation("payouts_of_syndicate"):
        rows = await connection.execute(
            _OF_SYNDICATE, {"syndicate_id": syndicate_id, "before": before or _LAST, "rows": limit + 1}
        )
    return page_of([_payout(row) for row in rows.mappings()], limit, lambda payout: str(payout.payout_id))


async def status(connection: AsyncConnection) -> Status:
    """The lane's counts over the latest run, and whether it is paused."""
    last = await latest_run(connection)
    is_paused = bool(await connection.scalar(select(lane.c.paused)))
    delayed = 0
    if last is not None and last.waiting:
        delayed = int(await connection.scalar(_DELAYED, {"run_id": last.run_id}) or 0)
    queue = Queue(
        waiting=last.waiting if last else 0,
        active=last.active if last else 0,
        completed=last.paid + last.skipped if last else 0,
        failed=last.failed if last else 0,
        cancelled=last.cancelled if last else 0,
        scheduled=min(delayed, last.waiting) if last else 0,
        paused=is_paused,
    )
    return Status(queue=queue, last_run=last)


async def progress(connection: AsyncConnection, run_id: UUID) -> Progress:
    """How far a run is, with the rate of its last ten seconds; raises `NotFound`."""
    now = await run(connection, run_id)
    left = now.waiting + now.active
    rate = 0.0
    if now.status is RunStatus.RUNNING:
        async with measure_db_operation("run_rate"):
            rate = float(await connection.scalar(_RATE, {"run_id": run_id, "seconds": _RATE_S}) or 0)
    return Progress(
        run_id=run_id,
        status=now.status,
        total=now.total,
        paid=now.paid,
        failed=now.failed,
        skipped=now.skipped,
        amount=now.amount,
        per_second=round(rate, 1),
        eta_s=0.0 if left == 0 else round(left / rate, 1) if rate else None,
    )


def _run(row: RowMapping) -> Run:
    return Run(**{**row, "kind": RunKind(row["kind"]), "status": RunStatus(row["status"])})


def _payout(row: RowMapping) -> Payout:
    return Payout(**{**row, "status": PayoutStatus(row["status"])})
