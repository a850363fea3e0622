"""`casino payout …`: operate the dividend lane from the command line."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from server.commands.context import (
    DEFAULT_DATA_DIR,
    FAILED,
    WRONG_CALL,
    AsJson,
    DataDir,
    database_url,
    fail,
    print_json,
    progress_console,
    run,
    with_engine,
)
from server.settings import Settings

if TYPE_CHECKING:
    from server.payout_desk import PayoutDesk

WATCH_S = 0.3

commands = typer.Typer(help="Operate the dividend lane.", no_args_is_help=True)

Report = dict[str, Any]


def add_to(app: typer.Typer) -> None:
    """Add the family."""
    app.add_typer(commands, name="payout")


@commands.command("run")
def start(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Pay nothing; store what would be paid as a plan.")
    ] = False,
    plan: Annotated[str | None, typer.Option(help="Pay exactly what this plan says.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until the run is over.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Start a payout run; a worker or a web process with an embedded lane carries it out."""
    if dry_run and (plan or watch):
        fail("--dry-run goes with neither --plan nor --watch", WRONG_CALL)
    plan_id = None if plan is None else _id(plan, "plan")

    async def work(engine: AsyncEngine) -> Report:
        desk = _desk(engine)
        if dry_run:
            return await desk.plan_now()
        started = await desk.start_now(plan_id)
        return await _watch(desk, UUID(started["run_id"])) if watch else started

    report = _carry_out(work, data_dir)
    _print(report, as_json=as_json)
    if report.get("failed"):
        raise typer.Exit(FAILED)


@commands.command()
def status(as_json: AsJson = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Show the queue's counts and the latest run."""

    async def work(engine: AsyncEngine) -> Report:
        return await _desk(engine).status()

    _print(_carry_out(work, data_dir), as_json=as_json)


@commands.command()
def retry(
    payout_id: Annotated[str | None, typer.Argument(help="One failed payout.")] = None,
    run_id: Annotated[str | None, typer.Option("--run", help="All failed payouts of a run.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Schedule a failed payout again, or all of a run."""
    if (payout_id is None) == (run_id is None):
        fail("name either a PAYOUT_ID or --run RUN_ID", WRONG_CALL)

    async def work(engine: AsyncEngine) -> Report:
        desk = _desk(engine)
        if payout_id is not None:
            return await desk.retry(None, str(_id(payout_id, "PAYOUT_ID")))
        return _plain(await desk.retry_run(None, _id(str(run_id), "run")))

    _print(_carry_out(work, data_dir), as_json=as_json)


@commands.command()
def pause(as_json: AsJson = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Let no further payout be claimed; those in hand are finished."""

    async def work(engine: AsyncEngine) -> Report:
        return await _desk(engine).pause(None)

    _print(_carry_out(work, data_dir), as_json=as_json)


@commands.command()
def resume(as_json: AsJson = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Let payouts be claimed again."""

    async def work(engine: AsyncEngine) -> Report:
        return await _desk(engine).resume(None)

    _print(_carry_out(work, data_dir), as_json=as_json)


@commands.command()
def cancel(
    run_id: Annotated[str, typer.Argument(help="The run.")],
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Cancel what a run has not paid yet."""

    async def work(engine: AsyncEngine) -> Report:
        return _plain(await _desk(engine).cancel_run(None, _id(run_id, "RUN_ID")))

    _print(_carry_out(work, data_dir), as_json=as_json)


def _desk(engine: AsyncEngine) -> "PayoutDesk":
    from server.payout_desk import NoBell, PayoutDesk  # noqa: PLC0415 - only when a command needs it
    from telemetry.clock import SystemClock  # noqa: PLC0415

    environment = {"DATABASE_URL": "postgresql://", "REDIS_URL": "redis://", **os.environ}
    settings = Settings.from_environment(environment)
    cron, bps = settings.payout_cron, settings.syndicate_bps
    return PayoutDesk(engine, NoBell(), SystemClock(), cron=cron, syndicate_bps=bps)


def _id(text: str, what: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        fail(f"{what} is no id: {text[:60]!r}", WRONG_CALL)


def _plain(record: object) -> Report:
    import msgspec  # noqa: PLC0415

    facts: Report = msgspec.to_builtins(record)
    return facts


def _carry_out(work: Callable[[AsyncEngine], Awaitable[Report]], data_dir: Path) -> Report:
    from economy.errors import EconomyError  # noqa: PLC0415

    try:
        return run(with_engine(database_url(data_dir), work))
    except EconomyError as refusal:
        fail(f"{refusal} ({refusal.code})", FAILED)


async def _watch(desk: "PayoutDesk", run_id: UUID) -> Report:
    """Follow the run with a bar until it is over; the progress at its end."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.0f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=progress_console) as bar:
        task = bar.add_task("paying", total=None, rate=0.0)
        while True:
            now: Report = await desk.progress_of(run_id)
            done = now["paid"] + now["failed"] + now["skipped"]
            bar.update(task, total=now["total"] or None, completed=done, rate=now["per_second"])
            if now["status"] in ("COMPLETED", "CANCELLED"):
                return now
            await asyncio.sleep(WATCH_S)


def _print(report: Report, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    for key, value in report.items():
        if isinstance(value, dict):
            inner = "  ".join(f"{name} {number}" for name, number in value.items())
            typer.echo(f"{key}: {inner}")
        elif isinstance(value, list):
            typer.echo(f"{key}: {len(value)}")
        else:
            typer.echo(f"{key}: {value}")
