"""SAQ as a doorbell: its queue, its worker and its jobs, set so that nothing depends on them.

What SAQ's own defaults would do to money: a job that a killed worker held is never run again, one that takes
ten seconds is aborted, an idle worker times out for ever, and with Redis away the worker spins.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError
from saq.job import Job, Status
from saq.queue.base import Queue
from saq.queue.redis import RedisQueue
from saq.worker import Worker

from economy.faults import backoff_ms, jitter_ms
from telemetry.logs import get_logger
from telemetry.measure import measure_duration

T = TypeVar("T")

log = get_logger()

NAME: Final = "payouts"
PAY_PAGE: Final = "pay_page"
PAY_PAYOUT: Final = "pay_payout"
ADVANCE_RUN: Final = "advance_run"

# A job whose worker has not been heard of for so long is given to another one.
HEARTBEAT_S: Final = 4
_BEAT_S: Final = 1.0
_SWEEP_S: Final = 2
_ABORT_S: Final = 1.0  # how long a sweep waits for a silent worker to let go
_ABORT_TTL_S: Final = 5.0
_DEQUEUE_S: Final = 3.0  # below the socket's time-out, or an idle worker would never get through
_SOCKET_S: Final = 10.0
_AWAY_BASE_MS: Final = 100
_AWAY_CAP_MS: Final = 2_000

_LOST: Final = (RedisError, OSError)


class PutBack(Exception):
    """This job is for another process: this one stops."""


def job(function: str, key: str, kwargs: Mapping[str, object], *, at: datetime | None = None) -> Job:
    """A job with everything said that SAQ would choose otherwise; its key is unique until it is done."""
    return Job(
        function=function,
        kwargs=dict(kwargs),
        key=key,
        timeout=600,  # a page of 20 of the largest syndicates takes seconds; 0 would never be recovered
        heartbeat=HEARTBEAT_S,
        retries=100,  # kills and restarts only: what fails is counted in PostgreSQL
        retry_delay=0.1,
        retry_backoff=5.0,
        ttl=-1,  # a finished job is forgotten: nobody asks for it, and its key may be rung again
        scheduled=0 if at is None else math.ceil(at.timestamp()),
    )


class LaneQueue(RedisQueue):
    """A queue that takes the loss of Redis quietly: it waits, says so once, and goes on."""

    def __init__(self, redis: Redis, *, name: str = NAME) -> None:
        super().__init__(redis, name=name)
        self._failures = 0
        self._is_shut = False
        self._in_hand: set[str] = set()
        self._put_back: set[str] = set()

    def shut(self) -> None:
        """Hand out no more jobs: this process is stopping."""
        self._is_shut = True

    @property
    def in_hand(self) -> int:
        """How many jobs were handed out here and neither finished nor put back."""
        return len(self._in_hand)

    @property
    def is_away(self) -> bool:
        """Whether Redis did not answer when it was last asked for work."""
        return self._failures > 0

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> Job | None:
        """The next job, or None after the time-out, or after a wait that grows while Redis is away."""
        if self._is_shut:
            await asyncio.sleep(_DEQUEUE_S)
            return None
        try:
            found: Job | None = await super().dequeue(timeout, poll_interval)
        except _LOST as error:
            self._failures += 1
            if self._failures == 1:
                log.warning("economy.queue_lost", error=type(error).__name__)
            with suppress(OSError), measure_duration("redis:dequeue_failed"):
                longest = backoff_ms(self._failures, base_ms=_AWAY_BASE_MS, cap_ms=_AWAY_CAP_MS)
                await asyncio.sleep((longest + jitter_ms(longest)) / 2000)
            return None
        if self._failures:
            log.info("economy.queue_found", failures=self._failures)
            self._failures = 0
        if found is not None:
            self._in_hand.add(found.key)
        return found

    async def put_back(self, job: Job) -> None:
        """Give a job to another process. SAQ's worker will say that it is complete: it is not listened to."""
        self._put_back.add(job.key)
        await self.retry(job, "stopping")

    async def sweep(self, lock: int = _SWEEP_S, abort: float = _ABORT_S) -> list[str]:
        """Give the jobs of silent workers to others, sooner than SAQ would."""
        try:
            return await _quietly(super().sweep(lock, abort), [])
        except RuntimeError:  # a job that was thought dead has ended in this moment, and is forgotten
            return []

    async def abort(self, job: Job, error: str, ttl: float = _ABORT_TTL_S) -> None:
        """Take a job back from whoever holds it. SAQ's own way asks Redis for what it will soon not know."""
        job.status = Status.ABORTING
        job.error = error
        async with self._op_sem, self.redis.pipeline(transaction=True) as pipe:
            pipe.lrem(self._queued, 0, job.id)
            pipe.zrem(self._incomplete, job.id)
            pipe.set(job.id, self.serialize(job))
            pipe.set(job.abort_id, error, px=round(ttl * 1000))
            dequeued, *_ = await pipe.execute()
        if dequeued:
            await self.finish(job, Status.ABORTED, error=error)
            await self.redis.delete(job.abort_id)
        else:
            await self.redis.lrem(self._active, 0, job.id)

    async def schedule(self, lock: int = 1) -> list[str]:
        """Let the jobs in whose time has come."""
        return await _quietly(super().schedule(lock), [])

    async def write_worker_info(self, worker_id: str, info: Any, ttl: int) -> None:
        """Nothing: nobody reads it, every number is counted in PostgreSQL."""

    async def notify(self, job: Job) -> None:
        """Nothing: nobody listens, and a publish for each change would cost more than the job."""

    async def listen(
        self,
        job_keys: Iterable[str],
        callback: Callable[[str, Status], Any],
        timeout: float | None = 10,
        poll_interval: float = 0.2,
    ) -> None:
        """Wait for jobs by looking: SAQ's subscription would time out on an idle socket, for ever."""
        await Queue.listen(self, tuple(job_keys), callback, timeout, poll_interval)

    async def jobs(self, job_keys: Iterable[str]) -> list[Job | None]:
        """The jobs as they stand, None for each that is gone or can't be asked for."""
        keys = list(job_keys)
        return await _quietly(super().jobs(keys), [None] * len(keys))

    async def update(self, job: Job, **kwargs: Any) -> None:
        """Note what became of a job; if that gets lost, the rows in PostgreSQL know better."""
        await _quietly(super().update(job, **kwargs), None)

    async def retry(self, job: Job, error: str | None) -> None:
        """Put a job back; if that gets lost, the reconciler rings again."""
        try:
            await _quietly(super().retry(job, error), None)
        finally:
            self._in_hand.discard(job.key)

    async def finish(
        self, job: Job, status: Status, *, result: Any = None, error: str | None = None, **kwargs: Any
    ) -> None:
        """Note that a job is done; if that gets lost, it runs again and finds nothing to do."""
        if job.key in self._put_back:
            self._put_back.discard(job.key)
            return
        try:
            await _quietly(super().finish(job, status, result=result, error=error, **kwargs), None)
        finally:
            self._in_hand.discard(job.key)

    async def live(self, keys: Sequence[str]) -> list[bool]:
        """Whether there is an unfinished job under each key, in one question."""
        async with measure_duration("redis:live_jobs"):
            scores = await self.redis.zmscore(self._incomplete, [self.job_id(key) for key in keys])
        return [score is not None for score in scores]


class LaneWorker(Worker[Any]):
    """A worker that leaves the process's signals alone: it lives inside a server that has its own."""

    SIGNALS = []  # noqa: RUF012 - the base class declares it so

    def __init__(
        self,
        queue: LaneQueue,
        functions: Mapping[str, Callable[..., Awaitable[None]]],
        *,
        concurrency: int,
    ) -> None:
        super().__init__(
            queue,
            [(name, _beating(queue, function)) for name, function in functions.items()],
            concurrency=concurrency,
            dequeue_timeout=_DEQUEUE_S,
            timers={"sweep": _SWEEP_S, "schedule": 1, "abort": 1, "worker_info": 60},
            # The lane itself waits for its pages; SAQ would use up the whole period even when idle.
            shutdown_grace_period_s=None,
        )


class JobBell:
    """The doorbell on SAQ."""

    def __init__(self, queue: LaneQueue) -> None:
        self._queue = queue

    async def ring_run(self, run_id: UUID) -> None:
        """A run has begun: its payout rows are to be written."""
        await self._ring([job(ADVANCE_RUN, f"run:{run_id}", {"run_id": str(run_id)})])

    async def ring_pages(self, run_id: UUID, pages: Sequence[int]) -> int:
        """These pages are to be paid; answers how many were not rung for already."""
        return await self._ring(
            [job(PAY_PAGE, f"page:{run_id}:{page}", {"run_id": str(run_id), "page": page}) for page in pages]
        )

    async def ring_payout(self, payout_id: UUID, retry_at: datetime) -> None:
        """This payout failed and is to be tried again, at that time or soon after it."""
        # The time is part of the key: the job that failed just now is still incomplete under its own.
        key = f"payout:{payout_id}:{int(retry_at.timestamp() * 1000)}"
        await self._ring([job(PAY_PAYOUT, key, {"payout_id": str(payout_id)}, at=retry_at)])

    async def close(self) -> None:
        """Let go of Redis."""
        await _quietly(self._queue.disconnect(), None)

    async def _ring(self, jobs: Sequence[Job]) -> int:
        rung = 0
        try:
            live = await self._queue.live([one.key for one in jobs]) if jobs else []
            for one, is_live in zip(jobs, live, strict=True):
                if not is_live and await self._queue.enqueue(one) is not None:
                    rung += 1
        except _LOST as error:
            log.warning("economy.ring_lost", jobs=len(jobs) - rung, error=type(error).__name__)
        return rung


def open_queue(redis_url: str, *, name: str = NAME) -> LaneQueue:
    """The queue, on a client of its own: a blocking read needs a longer time-out than others want."""
    client = Redis.from_url(
        redis_url, socket_timeout=_SOCKET_S, socket_connect_timeout=_SOCKET_S / 2, health_check_interval=30
    )
    return LaneQueue(client, name=name)


def _beating(queue: LaneQueue, function: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The job's function, with a heartbeat beside it: silence means that the process hangs or is gone."""

    async def beating(context: Mapping[str, Any], **kwargs: object) -> None:
        async def beat() -> None:
            while True:
                await asyncio.sleep(_BEAT_S)
                await context["job"].update()

        # Stopped before the job ends: an update after the finish would leave the job's key behind for ever.
        is_done = True
        async with asyncio.TaskGroup() as group:
            beats = group.create_task(beat())
            try:
                await function(**kwargs)
            except PutBack:
                is_done = False
            finally:
                beats.cancel()
        if not is_done:
            await queue.put_back(context["job"])

    return beating


async def _quietly(asking: Awaitable[T], otherwise: T) -> T:
    """Ask Redis; when it does not answer, go on with what is said here instead."""
    try:
        return await asking
    except _LOST as error:
        log.debug("economy.queue_unanswered", error=type(error).__name__)
        return otherwise
