"""The worker process, put together: the dividend lane on its own, without the web's packages."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack

import uvloop

from economy.errors import EconomyError
from economy.ids import follow
from server.bells import Bells, valkey_client
from server.clock import HouseClock
from server.database import DatabaseUnusable, create_engine, reach
from server.instruments import AlertBells, Instruments, start_logging
from server.lane import make_lane
from server.settings import Settings
from server.sockets.logtap import LogBells
from telemetry.clock import SystemClock
from telemetry.logs import flush, get_logger

log = get_logger()


def main(settings: Settings, *, serves_health: bool) -> int:
    """`casino worker`: the exit code."""
    try:
        return uvloop.run(_run(settings, serves_health=serves_health))
    except DatabaseUnusable as fault:
        sys.stderr.write(f"casino: DATABASE_URL: {fault}\n")
        return 2


async def _run(settings: Settings, *, serves_health: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await reach(settings.database_url)
    async with AsyncExitStack() as stack:
        redis = valkey_client(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        clock = HouseClock(SystemClock())
        follow(clock)
        instruments = Instruments(settings, redis, kind="worker", clock=clock, refusals=(EconomyError,))
        start_logging(settings, instruments.process)
        stack.callback(flush)
        engine = create_engine(settings.database_url, pool_size=settings.db_pool_size, application="worker")
        stack.push_async_callback(engine.dispose)
        bells = Bells(settings.redis_url)
        stack.push_async_callback(bells.close)
        lane = make_lane(settings, engine, bells, instruments.alerts, instruments.clock)
        if serves_health:
            from server.worker_health import serve_health  # noqa: PLC0415 - aiohttp costs memory

            await stack.enter_async_context(serve_health(settings, engine, redis, instruments, stop.is_set))
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(instruments.run(), name="instruments"),
                group.create_task(clock.keep(engine), name="clock"),
                group.create_task(AlertBells(instruments.alerts, bells).run(), name="alerts"),
                group.create_task(LogBells(bells, instruments.clock).run(), name="log bells"),
                group.create_task(lane.run(), name="lane"),
            ]
            log.info("worker.started", concurrency=settings.payout_concurrency)
            await stop.wait()
            await lane.stop()
            for task in running:
                task.cancel()
        log.info("worker.stopped")
    return 0
