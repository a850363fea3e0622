"""Runs: starting, scheduling, failing, retrying, cancelling, completing; and what is told about them."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from economy import reports, runs
from economy.audit import audit
from economy.claims import Claim, claim_one, claim_page, fail, release
from economy.distributor import Distributor
from economy.errors import NotFound, PlanExpired, RunInProgress
from economy.ids import new_id
from economy.payouts import PayoutStatus, RunKind, RunStatus
from economy.plans import make_plan
from economy.tasks import pay_syndicate
from tests.integration.economy.builders import (
    Silent,
    change,
    new_club,
    pay_all,
    payout_of,
    scalar,
    scheduled_run,
)


async def test_a_run_begins_with_its_count_and_its_first_syndicates(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        clubs = [await new_club(connection, shares=[1]) for _ in range(3)]
        started = await runs.start_run(connection)
    assert started.enqueued_count == 3
    assert started.syndicates == tuple(club.syndicate_id for club in clubs)
    assert started.next is None


async def test_one_run_at_a_time_whoever_starts_it(engine: AsyncEngine) -> None:
    async def start() -> bool:
        try:
            async with engine.begin() as connection:
                await runs.start_run(connection)
        except RunInProgress:
            return False
        return True

    assert sum(await asyncio.gather(*(start() for _ in range(6)))) == 1


async def test_a_period_has_one_run_for_ever(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        first = await runs.start_run(connection, kind=RunKind.SCHEDULED, period="2026-W47")
        while await runs.schedule_some(connection, first.run_id, page=20, rows=100):
            pass
        assert await runs.complete(connection, first.run_id)
    with pytest.raises(RunInProgress):
        async with engine.begin() as connection:
            await runs.start_run(connection, kind=RunKind.SCHEDULED, period="2026-W47")


async def test_rows_are_written_chunk_by_chunk_and_the_run_then_runs(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        clubs = [await new_club(connection, shares=[1]) for _ in range(7)]
        run_id = (await runs.start_run(connection)).run_id
    more = []
    for _ in range(4):
        async with engine.begin() as connection:
            more.append(await runs.schedule_some(connection, run_id, page=2, rows=4))
    assert more == [True, False, False, False]
    async with engine.connect() as connection:
        now = await reports.run(connection, run_id)
        rows = await connection.execute(
            text("SELECT syndicate_id, page FROM payouts ORDER BY page, syndicate_id")
        )
        assert [(row.syndicate_id, row.page) for row in rows] == [
            (club.syndicate_id, number // 2) for number, club in enumerate(clubs)
        ]
    assert (now.status, now.total, now.waiting) == (RunStatus.RUNNING, 7, 7)


async def test_two_who_schedule_the_same_run_write_each_row_once(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for _ in range(9):
            await new_club(connection, shares=[1])
        run_id = (await runs.start_run(connection)).run_id

    async def schedule() -> None:
        for _ in range(10):
            async with engine.begin() as connection:
                await runs.schedule_some(connection, run_id, page=2, rows=2)

    await asyncio.gather(*(schedule() for _ in range(3)))
    async with engine.connect() as connection:
        now = await reports.run(connection, run_id)
    assert (now.status, now.total) == (RunStatus.RUNNING, 9)


async def test_counts_sum_to_the_total_at_every_step(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        clubs = [await new_club(connection, shares=[10]) for _ in range(3)]
        clubs.append(await new_club(connection, shares=[0]))
        clubs.append(await new_club(connection, shares=[10]))
    run_id = await scheduled_run(engine, page=3)
    async with engine.begin() as connection:
        claims = await claim_page(connection, run_id, 0)
        queue = (await reports.status(connection)).queue
    assert (queue.waiting, queue.active) == (2, 3)
    await pay_syndicate(engine, claims[0].payout_id)
    async with engine.begin() as connection:
        await fail(connection, claims[1], error="E", is_final=True, wait_ms=0)
        await fail(connection, claims[2], error="E", is_final=False, wait_ms=60_000)
    await pay_syndicate(engine, (await payout_of(engine, run_id, clubs[3])).payout_id)
    async with engine.begin() as connection:
        status = await reports.status(connection)
        progress = await reports.progress(connection, run_id)
    queue, run = status.queue, status.last_run
    assert run is not None
    assert (queue.waiting, queue.active, queue.completed, queue.failed, queue.scheduled) == (2, 0, 2, 1, 1)
    assert queue.waiting + queue.active + queue.completed + queue.failed + queue.cancelled == run.total == 5
    assert (progress.paid, progress.skipped, progress.failed, progress.amount) == (1, 1, 1, 10)
    assert progress.per_second > 0
    assert progress.eta_s is not None
    async with engine.begin() as connection:
        assert await runs.cancel(connection, run_id) == 2
        run = await reports.run(connection, run_id)
    assert (run.status, run.cancelled, run.waiting, run.failed) == (RunStatus.CANCELLED, 2, 0, 1)
    assert await audit(engine) == []


async def test_a_failure_is_counted_once_and_put_off(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[10])
    run_id = await scheduled_run(engine)
    payout = await payout_of(engine, run_id, club)
    async with engine.begin() as connection:
        (claim,) = await claim_one(connection, payout.payout_id)
        first = await fail(connection, claim, error="E", is_final=False, wait_ms=60_000)
        again = await fail(connection, claim, error="E", is_final=False, wait_ms=60_000)
        assert await claim_page(connection, run_id, 0) == ()
    assert first is not None
    assert (first.status, first.attempts, again) == (PayoutStatus.SCHEDULED, 1, None)
    failed = await payout_of(engine, run_id, club)
    assert (failed.status, failed.attempts, failed.error) == (PayoutStatus.SCHEDULED, 1, "E")
    assert failed.retry_at is not None


async def test_the_last_failure_is_told_to_the_operators(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[10])
    payout = await payout_of(engine, await scheduled_run(engine), club)
    async with engine.begin() as connection:
        claim = Claim(payout_id=payout.payout_id, attempts=0)
        await fail(connection, claim, error="Bad: rows", is_final=True, wait_ms=0)
        row = (await connection.execute(text("SELECT stream, event, payload FROM outbox"))).one()
    assert (row.stream, row.event) == ("admin", "payout_failed")
    assert row.payload["payout_id"] == str(payout.payout_id)
    assert (row.payload["attempts"], row.payload["error"]) == (1, "Bad: rows")


async def test_released_payouts_wait_again(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await new_club(connection, shares=[10])
    run_id = await scheduled_run(engine)
    async with engine.begin() as connection:
        claims = await claim_page(connection, run_id, 0)
        await release(connection, [claim.payout_id for claim in claims])
        assert (await reports.run(connection, run_id)).waiting == 1


async def failed_run(engine: AsyncEngine) -> tuple[UUID, UUID]:
    """A completed run with one payout FAILED; both ids."""
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[10])
    run_id = await scheduled_run(engine)
    payout = await payout_of(engine, run_id, club)
    async with engine.begin() as connection:
        claim = Claim(payout_id=payout.payout_id, attempts=0)
        await fail(connection, claim, error="E", is_final=True, wait_ms=0)
        assert await runs.complete(connection, run_id)
    return run_id, payout.payout_id


@pytest.mark.parametrize("is_one", [True, False])
async def test_a_failed_payout_is_retried_alone_and_the_run_runs_again(
    engine: AsyncEngine, *, is_one: bool
) -> None:
    run_id, payout_id = await failed_run(engine)
    async with engine.begin() as connection:
        assert await runs.run_of(connection, payout_id) == run_id
        assert await runs.retry(connection, run_id, payout_id=payout_id if is_one else None) == 1
        assert (await reports.run(connection, run_id)).status is RunStatus.RUNNING
    bell = Silent()
    await Distributor(engine, bell, page=20, syndicate_bps=10, cron=None).reconcile()
    assert (bell.pages, [id_ for id_, _ in bell.payouts]) == ([], [payout_id])
    await pay_all(engine, run_id)
    async with engine.connect() as connection:
        run = await reports.run(connection, run_id)
    assert (run.status, run.paid, run.failed) == (RunStatus.COMPLETED, 1, 0)
    assert await audit(engine) == []


async def test_what_did_not_fail_is_not_retried(engine: AsyncEngine) -> None:
    run_id, payout_id = await failed_run(engine)
    async with engine.begin() as connection:
        await runs.retry(connection, run_id)
    await pay_all(engine, run_id)
    for call in (
        lambda connection: runs.retry(connection, run_id),
        lambda connection: runs.retry(connection, run_id, payout_id=payout_id),
        lambda connection: runs.retry(connection, new_id()),
        lambda connection: runs.run_of(connection, new_id()),
        lambda connection: runs.cancel(connection, run_id),
        lambda connection: reports.run(connection, new_id()),
    ):
        with pytest.raises(NotFound):
            async with engine.begin() as connection:
                await call(connection)


async def test_a_retry_waits_for_the_run_in_progress(engine: AsyncEngine) -> None:
    run_id, _ = await failed_run(engine)
    await scheduled_run(engine)
    with pytest.raises(RunInProgress):
        async with engine.begin() as connection:
            await runs.retry(connection, run_id)


async def test_a_plan_serves_once_and_for_a_day(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await new_club(connection, shares=[10])
        used = await make_plan(connection, syndicate_bps=10)
        old = await make_plan(connection, syndicate_bps=10)
    await pay_all(engine, await scheduled_run(engine, plan_id=used.plan_id))
    await change(
        engine, "UPDATE plans SET expires_at = clock_timestamp() WHERE plan_id = :id", id=old.plan_id
    )
    for plan_id, refusal in ((used.plan_id, PlanExpired), (old.plan_id, PlanExpired), (new_id(), NotFound)):
        with pytest.raises(refusal):
            async with engine.begin() as connection:
                await runs.start_run(connection, plan_id=plan_id)


async def test_a_plan_is_not_used_up_by_a_run_that_could_not_start(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await new_club(connection, shares=[10])
        plan = await make_plan(connection, syndicate_bps=10)
    run_id = await scheduled_run(engine)
    with pytest.raises(RunInProgress):
        async with engine.begin() as connection:
            await runs.start_run(connection, plan_id=plan.plan_id)
    await pay_all(engine, run_id)
    async with engine.begin() as connection:
        await runs.start_run(connection, plan_id=plan.plan_id)


async def test_lists_come_page_by_page_and_by_status(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        clubs = [await new_club(connection, shares=[10]) for _ in range(3)]
    run_ids = []
    for _ in range(3):
        run_ids.append(await scheduled_run(engine))
        await pay_all(engine, run_ids[-1])
    async with engine.connect() as connection:
        first = await reports.run_page(connection, limit=2)
        second = await reports.run_page(connection, before=run_ids[1], limit=2)
        assert [run.run_id for run in (*first.items, *second.items)] == run_ids[::-1]
        some = await reports.payouts_of_run(connection, run_ids[0], limit=2)
        rest = await reports.payouts_of_run(connection, run_ids[0], after=clubs[1].syndicate_id, limit=2)
        assert some.next == str(clubs[1].syndicate_id)
        found = [payout.syndicate_id for payout in (*some.items, *rest.items)]
        assert found == [club.syndicate_id for club in clubs]
        skipped = await reports.payouts_of_run(connection, run_ids[1], status=PayoutStatus.SKIPPED)
        assert len(skipped.items) == 3
        own = await reports.payouts_of_syndicate(connection, clubs[0].syndicate_id, limit=2)
        assert [payout.run_id for payout in own.items] == run_ids[:0:-1]
        assert own.next is not None


async def test_the_latest_due_period_is_started_once_and_never_one_before_the_lane(
    engine: AsyncEngine,
) -> None:
    distributors = [
        Distributor(engine, Silent(), page=20, syndicate_bps=10, cron="* * * * *") for _ in range(4)
    ]
    weekly = Distributor(engine, Silent(), page=20, syndicate_bps=10, cron="0 0 * * 0")
    await change(engine, "UPDATE lane SET since = clock_timestamp() + interval '1 hour'")
    assert await distributors[0].start_due() is None
    await change(engine, "UPDATE lane SET since = clock_timestamp() - interval '60 days'")
    started = await asyncio.gather(*(one.start_due() for one in distributors))
    assert sum(run_id is not None for run_id in started) == 1
    async with engine.connect() as connection:
        run = await reports.latest_run(connection)
    assert run is not None
    assert (run.kind, run.period is not None) == (RunKind.SCHEDULED, True)
    assert await weekly.start_due() is None  # another run is in progress: the period waits
    await weekly.reconcile()
    await weekly.reconcile()
    assert await weekly.start_due() is not None
    assert await scalar(engine, "SELECT count(*) FROM runs") == 2
