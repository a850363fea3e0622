"""The payout lane, for operators."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from economy.pages import Page
from economy.payouts import Payout, PayoutStatus, Run
from server.errors import InvalidPayload
from server.http.calls import NEWEST_FIRST, OLDEST_FIRST, Asked, Call, Nothing, Who, get, write
from server.http.reading import text_in, uuid_in

CommandId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]


class StartRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Start a run, freely or by a plan; `dry_run` only makes a plan."""

    command_id: CommandId
    dry_run: bool = False
    plan_id: Annotated[str, Meta(max_length=36)] | None = None


class RunStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The run has begun; `syndicates` are the first hundred, `next` the last of them if there are more."""

    success: bool
    run_id: str
    enqueued_count: int
    syndicates: list[str]
    next: str | None


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would pay (cents); good for one run, within a day."""

    plan_id: str
    syndicates: int
    members: int
    total: int
    skipped: int


class QueueCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Payouts of the latest run."""

    waiting: int
    active: int
    completed: int
    failed: int
    cancelled: int
    scheduled: int
    paused: bool


class LaneStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The lane at one moment, counted in PostgreSQL."""

    queue: QueueCounts
    last_run: Run | None
    next_scheduled_run: datetime


class Paused(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the lane is paused."""

    paused: bool


class Retried(msgspec.Struct, frozen=True, kw_only=True):
    """How many payouts of the run are tried again."""

    run_id: str
    retried: int


async def status(asked: Asked[Nothing]) -> dict[str, Any]:
    """The lane at one moment."""
    return await asked.services.payouts.status()


async def start_run(asked: Asked[StartRun]) -> dict[str, Any]:
    """Start a run, or with `dry_run` reckon what one would pay."""
    desk, admin, body = asked.services.payouts, str(asked.user.user_id), asked.body
    if body.plan_id is not None and (body.dry_run or uuid_in(body.plan_id) is None):
        raise InvalidPayload("plan_id")
    if body.dry_run:
        return await desk.plan(admin, body.command_id)
    return await desk.start_run(admin, body.command_id, body.plan_id)


async def list_runs(asked: Asked[Nothing]) -> Page[Run]:
    """Runs, the newest first."""
    page = asked.page()
    return await asked.services.payouts.runs(before=page.before_id(), limit=page.limit)


async def show_run(asked: Asked[Nothing]) -> Run:
    """One run with its counts."""
    return await asked.services.payouts.run(asked.path_id())


async def list_payouts(asked: Asked[Nothing]) -> Page[Payout]:
    """A run's payouts in order of their syndicates, of one status if asked."""
    page = asked.page()
    wanted = text_in(asked.request.query, "status")
    if wanted is not None and wanted not in set(PayoutStatus):
        raise InvalidPayload("status")
    return await asked.services.payouts.payouts(
        asked.path_id(),
        status=None if wanted is None else PayoutStatus(wanted),
        after=page.after_id(),
        limit=page.limit,
    )


async def cancel_run(asked: Asked[Nothing]) -> Run:
    """Cancel what a run has not paid yet."""
    return await asked.services.payouts.cancel_run(str(asked.user.user_id), asked.path_id())


async def retry_run(asked: Asked[Nothing]) -> Run:
    """Try every failed payout of a run again."""
    return await asked.services.payouts.retry_run(str(asked.user.user_id), asked.path_id())


async def retry_payout(asked: Asked[Nothing]) -> dict[str, Any]:
    """Try one failed payout again."""
    return await asked.services.payouts.retry(str(asked.user.user_id), str(asked.path_id("payout_id")))


async def pause(asked: Asked[Nothing]) -> dict[str, Any]:
    """Let no further payout be claimed."""
    return await asked.services.payouts.pause(str(asked.user.user_id))


async def resume(asked: Asked[Nothing]) -> dict[str, Any]:
    """Let payouts be claimed again."""
    return await asked.services.payouts.resume(str(asked.user.user_id))


_PAYOUTS_QUERY: Final = (*OLDEST_FIRST, "status")

CALLS: Final[tuple[Call[Any], ...]] = (
    get("/api/admin/payouts/status", status, LaneStatus, who=Who.ADMIN),
    write("POST", "/api/admin/payouts/run", start_run, StartRun, RunStarted | Planned, who=Who.ADMIN),
    get("/api/admin/payouts/runs", list_runs, Page[Run], who=Who.ADMIN, query=NEWEST_FIRST),
    get("/api/admin/payouts/runs/{id}", show_run, Run, who=Who.ADMIN),
    get(
        "/api/admin/payouts/runs/{id}/payouts",
        list_payouts,
        Page[Payout],
        who=Who.ADMIN,
        query=_PAYOUTS_QUERY,
    ),
    write("POST", "/api/admin/payouts/runs/{id}/cancel", cancel_run, Nothing, Run, who=Who.ADMIN),
    write("POST", "/api/admin/payouts/runs/{id}/retry", retry_run, Nothing, Run, who=Who.ADMIN),
    write("POST", "/api/admin/payouts/pause", pause, Nothing, Paused, who=Who.ADMIN),
    write("POST", "/api/admin/payouts/resume", resume, Nothing, Paused, who=Who.ADMIN),
    write("POST", "/api/admin/payouts/{payout_id}/retry", retry_payout, Nothing, Retried, who=Who.ADMIN),
)
