"""The worker's probes: /healthz, /readyz and /metrics, when PORT is set."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from server.http.app import setup_probes
from server.http.probes import Probes, readiness, with_token
from server.instruments import Instruments
from server.settings import Settings


@asynccontextmanager
async def serve_health(
    settings: Settings,
    engine: AsyncEngine,
    redis: Redis,
    instruments: Instruments,
    is_draining: Callable[[], bool],
) -> AsyncIterator[None]:
    """Answer the probes while inside; raises OSError when the port is in use."""
    app = web.Application()
    checks = readiness(engine=engine, redis=redis, is_hearing=None, is_draining=is_draining)
    may_see = with_token(settings.metrics_token)
    setup_probes(app, Probes(checks=checks, exposition=instruments.exposition, may_see=may_see))
    runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        yield
    finally:
        await runner.cleanup()
