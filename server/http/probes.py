"""Whether the process lives, whether it can serve, and its numbers."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from server.errors import Forbidden, Unauthorized
from server.http.access import token_of
from server.http.answering import value_answer
from server.services import Services
from telemetry.logs import get_logger

CHECK_S: Final = 2.0  # how long the database and Redis may take to answer

log = get_logger()

Check = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """What the probes of a process ask; `may_see` says whether a token opens the metrics."""

    checks: Mapping[str, Check]
    exposition: Callable[[], Awaitable[str]]
    may_see: Callable[[str], Awaitable[bool]]


def health_probes(services: Services) -> Probes:
    """The probes of a web process."""

    async def may_see(token: str) -> bool:
        session = await services.identity.authenticate(token)
        return session is not None and session.user.role == "admin"

    return Probes(
        checks=readiness(
            engine=services.engine,
            redis=services.redis,
            is_hearing=services.is_hearing,
            is_draining=services.is_draining,
        ),
        exposition=services.metrics.exposition,
        may_see=with_token(services.settings.metrics_token, may_see),
    )


def readiness(
    *,
    engine: AsyncEngine,
    redis: Redis,
    is_hearing: Callable[[], bool] | None,
    is_draining: Callable[[], bool],
) -> dict[str, Check]:
    """The checks by name; a process without a push channel has none for it."""

    async def database() -> bool:
        async with engine.connect() as connection:
            return bool(await connection.scalar(text("SELECT 1")) == 1)

    async def valkey() -> bool:
        return bool(await redis.ping())

    async def serving() -> bool:
        return not is_draining()

    checks: dict[str, Check] = {"database": database, "redis": valkey, "serving": serving}
    if is_hearing is not None:

        async def push_channel() -> bool:
            return is_hearing()

        checks["push_channel"] = push_channel
    return checks


def with_token(
    metrics_token: str | None, otherwise: Callable[[str], Awaitable[bool]] | None = None
) -> Callable[[str], Awaitable[bool]]:
    """Whether a token is METRICS_TOKEN, or else what `otherwise` says of it."""

    async def may_see(token: str) -> bool:
        if metrics_token is not None and hmac.compare_digest(token.encode(), metrics_token.encode()):
            return True
        return otherwise is not None and await otherwise(token)

    return may_see


def add_probes(app: web.Application, probes: Probes) -> None:
    """Add `/healthz`, `/readyz` and `/metrics`."""

    async def healthz(_request: web.Request) -> web.Response:
        return value_answer({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        names = list(probes.checks)
        results = await asyncio.gather(*(_passes(name, probes.checks[name]) for name in names))
        is_ready = all(results)
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        checks = dict(zip(names, results, strict=True))
        return value_answer({"status": "ready" if is_ready else "not_ready", "checks": checks}, status)

    async def metrics(request: web.Request) -> web.Response:
        token = token_of(request)
        if not token:
            raise Unauthorized
        if not await probes.may_see(token):
            raise Forbidden
        return web.Response(
            body=(await probes.exposition()).encode(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def _passes(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_S):
            return await check()
    except Exception as fault:  # noqa: BLE001 # whatever is wrong with it, it is not ready
        log.warning("probe.check_failed", check=name, error=type(fault).__name__)
        return False
