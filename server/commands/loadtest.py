"""`casino loadtest`: real socket clients that play, and a judgement of all that they saw."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from server.commands.context import (
    DEFAULT_DATA_DIR,
    FAILED,
    WRONG_CALL,
    AsJson,
    DataDir,
    fail,
    print_json,
    progress_console,
    run,
)

if TYPE_CHECKING:
    from server.loadtest.expectations import Expectation
    from server.loadtest.plan import Load
    from server.loadtest.results import Report
    from server.loadtest.run import Call, Database, Outcome, Teller

_EVERY = 5  # lines of progress of which one is told where nothing can be replaced


def add_to(app: typer.Typer) -> None:
    """Add it."""
    app.command()(loadtest)


def loadtest(
    url: Annotated[str, typer.Option(help="Where the casino serves, like http://127.0.0.1:8000.")],
    players: Annotated[int, typer.Option(min=0, max=100_000, help="How many play.")],
    watchers: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many only watch.")],
    duration: Annotated[float, typer.Option(help="How long to measure, in seconds, after the ramp.")],
    ramp: Annotated[
        float | None, typer.Option(help="How long the clients take to come; by default 50 a second.")
    ] = None,
    think: Annotated[
        str, typer.Option(help="How long a player thinks before each move, in seconds: from-to.")
    ] = "1-3",
    processes: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes of clients; by default one for each core.")
    ] = None,
    admin_token: Annotated[
        str | None,
        typer.Option(
            envvar="CASINO_ADMIN_TOKEN",
            help="An operator's session: play at tables of the load test's own, which are closed afterwards.",
        ),
    ] = None,
    server_pid: Annotated[
        list[int] | None,
        typer.Option(help="The server's processes; by default those on this machine that listen at the URL."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page with plots to this file.")] = None,
    logs: Annotated[
        Path | None, typer.Option(help="Keep what the clients heard and sent in this new folder.")
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option("--assert", help="Exit 1 unless it holds, like ack_p99_ms<50; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(help="For the players' think times.")] = 1,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Let players and watchers come as real socket clients, measure, and judge all that they saw.

    Players take free seats of the open tables, bet the least and play basic strategy; each move is due at a
    moment that does not depend on how fast the server is, and latencies count from it. With DATABASE_URL, or
    a `casino dev` on --data-dir, everything that was seen is held against journal, ledger and books.

    Guests are registered over HTTP. A server with RATE_LIMITS=on lets one address have one a second after
    the first 60; for a large load start it with RATE_LIMITS=off.
    """
    expectations = _expectations(expect or [])
    load = _load(url, players, watchers, duration, ramp=ramp, think=think, processes=processes, seed=seed)
    database = _database(data_dir)
    if report is not None and not report.parent.is_dir():
        fail(f"--report: there is no folder {report.parent}", WRONG_CALL)
    from server.loadtest.expectations import hold_to  # noqa: PLC0415 - only this command needs it
    from server.loadtest.run import Call  # noqa: PLC0415

    with _folder(logs) as folder:
        pids = tuple(server_pid or ())
        outcome = _carry_out(
            Call(load=load, logs=folder, database=database, admin_token=admin_token, pids=pids)
        )
    held = hold_to(outcome.report, expectations)
    if report is not None:
        from server.loadtest.page import page_of  # noqa: PLC0415
        from telemetry.clock import SystemClock  # noqa: PLC0415

        report.write_text(page_of(held, outcome, SystemClock().now()), encoding="utf-8")
    _print(held, as_json=as_json)
    if not held.ok:
        raise typer.Exit(FAILED)


def _expectations(texts: list[str]) -> "list[Expectation]":
    from server.loadtest.expectations import BadExpression, parse_expectation  # noqa: PLC0415

    try:
        return [parse_expectation(text) for text in texts]
    except BadExpression as wrong:
        fail(f"--assert: {wrong}", WRONG_CALL)


def _load(
    url: str,
    players: int,
    watchers: int,
    duration: float,
    *,
    ramp: float | None,
    think: str,
    processes: int | None,
    seed: int,
) -> "Load":
    from server.loadtest.plan import Load, default_ramp_s  # noqa: PLC0415

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        fail(f"--url: no address like http://127.0.0.1:8000: {url[:80]!r}", WRONG_CALL)
    if players + watchers == 0:
        fail("--players and --watchers: nobody would come", WRONG_CALL)
    if not 1 <= duration <= 86_400:
        fail("--duration: from 1 to 86,400 seconds", WRONG_CALL)
    if ramp is not None and not 0 <= ramp <= 3_600:
        fail("--ramp: from 0 to 3,600 seconds", WRONG_CALL)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", think)
    if found is None or not float(found[1]) <= float(found[2]) <= 60:
        fail(f"--think: no range of seconds like 1-3: {think[:40]!r}", WRONG_CALL)
    return Load(
        url=url.rstrip("/"),
        players=players,
        watchers=watchers,
        duration_s=duration,
        ramp_s=default_ramp_s(players + watchers) if ramp is None else ramp,
        think_s=(float(found[1]), float(found[2])),
        processes=processes or os.cpu_count() or 1,
        seed=seed,
    )


def _database(data_dir: Path) -> "Database | None":
    """DATABASE_URL, else that of a running `casino dev`, else none: then less is judged."""
    from server.embedded.running import running_database_url  # noqa: PLC0415
    from server.floor.seeds import credentials_key  # noqa: PLC0415
    from server.loadtest.run import Database  # noqa: PLC0415
    from server.settings import Settings, SettingsError  # noqa: PLC0415

    given = os.environ.get("DATABASE_URL")
    url = given or running_database_url(data_dir)
    if url is None:
        return None
    environment = {"REDIS_URL": "redis://", **os.environ, "DATABASE_URL": url}
    own_key = data_dir / "shoe.key"
    if not given and own_key.is_file():
        environment["SHOE_KEYS"] = own_key.read_text(encoding="ascii").strip()
    try:
        settings = Settings.from_environment(environment)
    except SettingsError as wrong:
        fail(str(wrong), WRONG_CALL)
    return Database(url=url, keys=settings.shoe_keys or (credentials_key(url),), is_given=bool(given))


@contextmanager
def _folder(logs: Path | None) -> Iterator[Path]:
    if logs is None:
        with tempfile.TemporaryDirectory(prefix="casino-loadtest-") as made:
            yield Path(made)
        return
    try:
        logs.mkdir(mode=0o700)
    except OSError as fault:
        fail(f"--logs: {logs}: {fault.strerror}", WRONG_CALL)
    yield logs


def _carry_out(call: "Call") -> "Outcome":
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from server.loadtest.fleet import ClientsFailed  # noqa: PLC0415
    from server.loadtest.plan import NotEnoughSeats  # noqa: PLC0415
    from server.loadtest.reception import CallRefused, CasinoUnreachable  # noqa: PLC0415
    from server.loadtest.run import AnotherDatabase, load_test  # noqa: PLC0415
    from telemetry.clock import SystemClock  # noqa: PLC0415

    with _teller() as teller:
        try:
            return run(load_test(call, teller, SystemClock()))
        except NotEnoughSeats as wrong:
            fail(f"{wrong}; with --admin-token the load test opens tables of its own")
        except AnotherDatabase as wrong:
            fail(str(wrong), WRONG_CALL)
        except (CasinoUnreachable, CallRefused, ClientsFailed) as fault:
            fail(str(fault))
        except (OSError, SQLAlchemyError) as fault:
            fail(f"the database can't be used: {str(fault).splitlines()[0]}")


@contextmanager
def _teller() -> "Iterator[Teller]":
    """Progress on standard error: one line that changes in a terminal, now and then a line elsewhere."""
    from server.loadtest.run import Teller  # noqa: PLC0415

    if progress_console.is_terminal:
        with progress_console.status("making ready") as status:
            yield Teller(say=progress_console.log, tick=status.update)
        return
    told = 0

    def tick(line: str) -> None:
        nonlocal told
        told += 1
        if told % _EVERY == 1:
            typer.echo(line, err=True)

    yield Teller(say=lambda line: typer.echo(line, err=True), tick=tick)


def _print(report: "Report", *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    from server.loadtest.summary import summary_lines  # noqa: PLC0415

    typer.echo("\n".join(summary_lines(report)))
