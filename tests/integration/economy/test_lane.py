"""The lane as processes run it: worker, relay and reconciler on real PostgreSQL and Valkey."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from uuid import UUID

import pytest
from redis.asyncio import Redis
from saq.job import Status
from sqlalchemy.ext.asyncio import AsyncEngine

from economy import reports, runs
from economy.audit import audit
from economy.distributor import Distributor
from economy.lanes import Lane, LaneOptions
from economy.outbox import OutboxEvent
from economy.payouts import PayoutStatus, Run, RunStatus
from economy.queue import NAME, JobBell, open_queue
from economy.tasks import Cashier, Interrupted, RetryRule
from telemetry.clock import SystemClock
from tests.integration.economy.builders import (
    Club,
    Silent,
    change,
    new_club,
    payout_of,
    scalar,
    scheduled_run,
    total,
)

OPTIONS = LaneOptions(page=3, retry=RetryRule(attempts=3, base_ms=1, cap_ms=1))


class Heard:
    """A publisher that keeps what it was given, and wakes whoever waits for it."""

    def __init__(self) -> None:
        self.events: list[OutboxEvent] = []
        self._changed = asyncio.Event()

    async def publish(self, event: OutboxEvent) -> None:
        """Keep it."""
        self.events.append(event)
        self._changed.set()

    def payloads(self, event: str) -> list[dict[str, object]]:
        """What was told under this name."""
        return [heard.payload for heard in self.events if heard.event == event]

    async def until(
        self, event: str, count: int = 1, *, facts: Mapping[str, object] = MappingProxyType({})
    ) -> None:
        """Wait until an event was told so many times with these facts."""
        async with asyncio.timeout(60):
            while sum(facts.items() <= payload.items() for payload in self.payloads(event)) < count:
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def running(engine: AsyncEngine, redis_url: str, heard: Heard) -> AsyncIterator[Lane]:
    """A lane at work."""
    lane = Lane(engine, redis_url, OPTIONS, heard, SystemClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lane.run())
        try:
            yield lane
        finally:
            await lane.stop()
            await task


async def start(engine: AsyncEngine, bell: JobBell) -> UUID:
    """Start a run and ring for it, as the edge does."""
    async with engine.begin() as connection:
        started = await runs.start_run(connection)
    await bell.ring_run(started.run_id)
    return started.run_id


async def pause(engine: AsyncEngine, *, is_paused: bool) -> None:
    """Pause or resume the lane, as the edge does."""
    async with engine.begin() as connection:
        await runs.set_paused(connection, is_paused=is_paused)


async def finished(engine: AsyncEngine, run_id: UUID, heard: Heard, **facts: object) -> Run:
    """The run, once the lane has told that it is finished."""
    await heard.until("run_progressed", facts={"run_id": str(run_id), "status": "COMPLETED", **facts})
    async with engine.connect() as connection:
        return await reports.run(connection, run_id)


async def clubs_of(engine: AsyncEngine, count: int) -> list[Club]:
    async with engine.begin() as connection:
        return [await new_club(connection, shares=[10, 20], treasury=7) for _ in range(count)]


async def assert_paid_once(engine: AsyncEngine, run_id: UUID, count: int) -> None:
    async with engine.connect() as connection:
        run = await reports.run(connection, run_id)
    assert run.status is RunStatus.COMPLETED
    assert (run.total, run.paid, run.failed, run.amount) == (count, count, 0, count * 37)
    assert await scalar(engine, "SELECT count(*) FROM transfers WHERE reason = 'dividend'") == 2 * count
    assert await total(engine) == 0
    assert await audit(engine) == []


async def test_a_run_pays_everybody_once_and_says_so(engine: AsyncEngine, redis_url: str) -> None:
    clubs = await clubs_of(engine, 8)
    heard = Heard()
    async with running(engine, redis_url, heard) as lane:
        run_id = await start(engine, lane.bell)
        await finished(engine, run_id, heard)
        await assert_paid_once(engine, run_id, 8)
        await heard.until("syndicate_paid", 8)
    told = [payload["syndicate_id"] for payload in heard.payloads("syndicate_paid")]
    assert sorted(map(str, told)) == sorted(str(club.syndicate_id) for club in clubs)
    last = heard.payloads("run_progressed")[-1]
    assert (last["total"], last["paid"], last["amount"], last["eta_s"]) == (8, 8, 8 * 37, 0.0)
    assert await scalar(engine, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0


async def test_two_lanes_share_a_run_and_pay_each_syndicate_once(engine: AsyncEngine, redis_url: str) -> None:
    await clubs_of(engine, 20)
    heard = Heard()
    async with running(engine, redis_url, heard), running(engine, redis_url, heard) as lane:
        run_id = await start(engine, lane.bell)
        await finished(engine, run_id, heard)
        await assert_paid_once(engine, run_id, 20)
        await heard.until("syndicate_paid", 20)
    # One relay at a time: what it told, the other did not.
    assert len(heard.payloads("syndicate_paid")) == 20


async def test_a_poisoned_syndicate_fails_alone_and_is_told(engine: AsyncEngine, redis_url: str) -> None:
    clubs = await clubs_of(engine, 6)
    await change(
        engine, "UPDATE members SET wallet_id = 0 WHERE user_id = :player", player=clubs[1].players[0]
    )
    heard = Heard()
    async with running(engine, redis_url, heard) as lane:
        run_id = await start(engine, lane.bell)
        run = await finished(engine, run_id, heard)
        assert (run.total, run.paid, run.failed) == (6, 5, 1)
        failed = await payout_of(engine, run_id, clubs[1])
        assert (failed.status, failed.attempts) == (PayoutStatus.FAILED, 1)  # no repeat can help
        assert failed.error is not None
        assert "BooksBroken" in failed.error
        await heard.until("payout_failed", facts={"payout_id": str(failed.payout_id)})
        # An operator mends the row and tries again.
        await change(
            engine,
            """UPDATE members m SET wallet_id = a.account_id FROM accounts a
            WHERE m.user_id = :player AND a.owner = m.user_id::text""",
            player=clubs[1].players[0],
        )
        async with engine.begin() as connection:
            await runs.retry(connection, run_id, payout_id=failed.payout_id)
        await lane.bell.ring_run(run_id)
        await finished(engine, run_id, heard, paid=6)
        await assert_paid_once(engine, run_id, 6)


async def test_a_failure_that_passes_is_tried_again_alone(engine: AsyncEngine, redis_url: str) -> None:
    clubs = await clubs_of(engine, 4)
    # The first two attempts at this syndicate fail as a lock or a time-out would: no verdict on the data.
    await change(
        engine,
        """CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.attempts < 2 AND NEW.status = 'PAID' THEN
                RAISE EXCEPTION 'stumbled' USING ERRCODE = 'lock_not_available';
            END IF;
            RETURN NEW;
        END $$""",
    )
    await change(
        engine,
        f"""CREATE TRIGGER stumble BEFORE UPDATE ON payouts FOR EACH ROW
        WHEN (NEW.syndicate_id = '{clubs[2].syndicate_id}') EXECUTE FUNCTION stumble()""",
    )
    heard = Heard()
    async with running(engine, redis_url, heard) as lane:
        run_id = await start(engine, lane.bell)
        await finished(engine, run_id, heard)
        await assert_paid_once(engine, run_id, 4)
    paid = await payout_of(engine, run_id, clubs[2])
    assert (paid.status, paid.attempts) == (PayoutStatus.PAID, 2)
    others = [await payout_of(engine, run_id, club) for club in (clubs[0], clubs[1], clubs[3])]
    assert [other.attempts for other in others] == [0, 0, 0]


async def test_a_failure_that_does_not_pass_ends_after_three_attempts(
    engine: AsyncEngine, redis_url: str
) -> None:
    clubs = await clubs_of(engine, 2)
    await change(
        engine,
        """CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'stumbled' USING ERRCODE = 'lock_not_available';
        END $$""",
    )
    await change(
        engine,
        f"""CREATE TRIGGER stumble BEFORE UPDATE ON payouts FOR EACH ROW
        WHEN (NEW.syndicate_id = '{clubs[0].syndicate_id}' AND NEW.status = 'PAID')
        EXECUTE FUNCTION stumble()""",
    )
    heard = Heard()
    async with running(engine, redis_url, heard) as lane:
        run_id = await start(engine, lane.bell)
        run = await finished(engine, run_id, heard)
    assert (run.paid, run.failed) == (1, 1)
    failed = await payout_of(engine, run_id, clubs[0])
    assert (failed.attempts, failed.status) == (3, PayoutStatus.FAILED)
    assert failed.error is not None
    assert "stumbled" in failed.error
    assert await audit(engine) == []


async def test_a_flushed_valkey_loses_nothing(engine: AsyncEngine, redis_url: str, redis: Redis) -> None:
    await clubs_of(engine, 12)
    run_id = await scheduled_run(engine, page=3)
    bell = JobBell(open_queue(redis_url))
    assert await bell.ring_pages(run_id, range(4)) == 4
    assert await bell.ring_pages(run_id, range(4)) == 0  # rung for already
    await redis.flushdb()
    await bell.close()
    heard = Heard()
    async with running(engine, redis_url, heard):
        await finished(engine, run_id, heard)
        await assert_paid_once(engine, run_id, 12)


async def test_the_page_of_a_worker_that_fell_silent_is_taken_up_by_another(
    engine: AsyncEngine, redis_url: str
) -> None:
    await clubs_of(engine, 3)
    run_id = await scheduled_run(engine, page=3)
    dead = open_queue(redis_url)
    await JobBell(dead).ring_pages(run_id, [0])
    held = await dead.dequeue(timeout=5)
    assert held is not None
    held.started = held.touched = 1  # its worker took it long ago, and died
    await dead._update(held, status=Status.ACTIVE)
    await dead.disconnect()
    heard = Heard()
    async with asyncio.timeout(20), running(engine, redis_url, heard):
        await finished(engine, run_id, heard)
    await assert_paid_once(engine, run_id, 3)


async def test_a_job_that_comes_again_and_again_pays_once(engine: AsyncEngine) -> None:
    await clubs_of(engine, 3)
    run_id = await scheduled_run(engine, page=3)
    cashiers = [cashier(engine, Silent()) for _ in range(3)]
    await asyncio.gather(*(one.pay_page(run_id, 0) for one in cashiers for _ in range(3)))
    await Distributor(engine, Silent(), page=3, syndicate_bps=10, cron=None).reconcile()
    await assert_paid_once(engine, run_id, 3)
    await cashiers[0].pay_page(run_id, 0)
    await assert_paid_once(engine, run_id, 3)


async def test_the_reconciler_rings_for_what_has_no_job_and_only_for_that(
    engine: AsyncEngine, redis_url: str, redis: Redis
) -> None:
    await clubs_of(engine, 6)
    run_id = await scheduled_run(engine, page=2)
    bell = JobBell(open_queue(redis_url))
    distributor = Distributor(engine, bell, page=2, syndicate_bps=10, cron=None)
    assert await distributor.ring(run_id) == 3
    assert await distributor.ring(run_id) == 0
    await redis.zrem(f"saq:{NAME}:incomplete", f"saq:job:{NAME}:page:{run_id}:1")
    await cashier(engine, bell).pay_page(run_id, 2)
    assert await distributor.ring(run_id) == 1
    await change(engine, "UPDATE lane SET paused = true")
    await redis.flushdb()
    assert await distributor.ring(run_id) == 0
    await bell.close()


async def test_a_paused_lane_waits_and_a_resumed_one_goes_on(engine: AsyncEngine, redis_url: str) -> None:
    await clubs_of(engine, 6)
    heard = Heard()
    async with running(engine, redis_url, heard) as lane:
        await pause(engine, is_paused=True)
        run_id = await start(engine, lane.bell)
        await heard.until("run_progressed", facts={"status": "RUNNING", "total": 6})
        async with engine.connect() as connection:
            status = await reports.status(connection)
        assert (status.queue.waiting, status.queue.completed, status.queue.paused) == (6, 0, True)
        await pause(engine, is_paused=False)
        await finished(engine, run_id, heard)
        await assert_paid_once(engine, run_id, 6)


async def test_a_page_that_finds_the_lane_paused_gives_everything_back(engine: AsyncEngine) -> None:
    await clubs_of(engine, 3)
    run_id = await scheduled_run(engine, page=3)
    await pause(engine, is_paused=True)
    await cashier(engine, Silent()).pay_page(run_id, 0)
    async with engine.connect() as connection:
        queue = (await reports.status(connection)).queue
    assert (queue.waiting, queue.active, queue.completed) == (3, 0, 0)


async def test_a_page_that_is_interrupted_pays_what_it_has_begun_and_gives_the_rest_back(
    engine: AsyncEngine,
) -> None:
    await clubs_of(engine, 3)
    run_id = await scheduled_run(engine, page=3)
    stop = asyncio.Event()
    stopping = cashier(engine, Silent(), is_stopping=stop.is_set, on_event=stop.set)
    with pytest.raises(Interrupted):
        await stopping.pay_page(run_id, 0)
    async with engine.connect() as connection:
        queue = (await reports.status(connection)).queue
    assert (queue.waiting, queue.active, queue.completed) == (2, 0, 1)


async def test_a_lane_that_stops_in_mid_run_leaves_the_rest_to_the_next(
    engine: AsyncEngine, redis_url: str
) -> None:
    await clubs_of(engine, 24)
    first, second = Heard(), Heard()
    async with running(engine, redis_url, first) as lane:
        run_id = await start(engine, lane.bell)
        await first.until("syndicate_paid", 5)
    async with running(engine, redis_url, second):
        await finished(engine, run_id, second)
    await assert_paid_once(engine, run_id, 24)


async def test_a_cancelled_run_ends_with_what_was_paid(engine: AsyncEngine, redis_url: str) -> None:
    await clubs_of(engine, 3)
    heard = Heard()
    async with running(engine, redis_url, heard) as lane:
        await pause(engine, is_paused=True)
        run_id = await start(engine, lane.bell)
        await heard.until("run_progressed", facts={"run_id": str(run_id)})  # the relay has seen it open
        async with engine.begin() as connection:
            await runs.cancel(connection, run_id)
        await pause(engine, is_paused=False)
        run = await finished(engine, run_id, heard, status="CANCELLED")
    assert run.status is RunStatus.CANCELLED
    assert run.paid + run.cancelled == run.total
    assert await audit(engine) == []


async def test_a_lane_without_valkey_starts_waits_and_stops(engine: AsyncEngine) -> None:
    heard = Heard()
    async with asyncio.timeout(30):
        async with running(engine, "redis://127.0.0.1:1/0", heard) as lane:
            run_id = await start(engine, lane.bell)
            # No ring is ever heard: the reconciler alone carries the run on.
            run = await finished(engine, run_id, heard)
    assert run.total == 0


async def test_an_idle_lane_stops_at_once_and_hands_the_relay_on(engine: AsyncEngine, redis_url: str) -> None:
    heard = Heard()
    async with running(engine, redis_url, heard):
        await change(engine, "INSERT INTO outbox (stream, event, payload) VALUES ('s', 'told', '{}')")
        await heard.until("told")
    assert await scalar(engine, "SELECT expires_at <= clock_timestamp() FROM leases") is True


def cashier(
    engine: AsyncEngine,
    bell: Silent | JobBell,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
    on_event: Callable[[], None] = lambda: None,
) -> Cashier:
    """A cashier outside of any worker."""
    return Cashier(
        engine, bell, SystemClock(), rule=OPTIONS.retry, is_stopping=is_stopping, on_event=on_event
    )
