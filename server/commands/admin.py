"""Operators' commands on people and books: `admin create`, `audit`."""

import re
import secrets
import sys
import time
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from economy.audit import Finding
    from server.audit import Scope
    from server.identity.store import User

accounts = typer.Typer(help="Operators' accounts.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add them."""
    app.add_typer(accounts, name="admin")
    app.command()(audit)


@accounts.command("create")
def create_admin(
    name: Annotated[str, typer.Argument(help="3 to 20 characters.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Make an operator's account; without --password-stdin the password is made up and printed once."""
    from server.errors import WireError  # noqa: PLC0415
    from server.identity.service import create_admin as create  # noqa: PLC0415

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(15)

    async def work(engine: AsyncEngine) -> "User":
        return await create(engine, name, password)

    try:
        user = run(with_engine(database_url(data_dir), work))
    except WireError as refusal:
        field = getattr(refusal, "field", None)
        fail(f"{field}: {refusal}" if field else str(refusal), WRONG_CALL if field else FAILED)
    report: dict[str, object] = {"user_id": str(user.user_id), "name": user.name}
    if not password_stdin:
        report["password"] = password
    if as_json:
        print_json(report)
    else:
        typer.echo("\n".join(f"{key}: {value}" for key, value in report.items()))


def audit(
    rounds: Annotated[
        str,
        typer.Option(
            metavar="N|all", help="Play so many of the newest rounds again, and as many of any time."
        ),
    ] = "200",
    tables: Annotated[
        str, typer.Option(metavar="N|all", help="Tell so many tables, picked by chance, by their journals.")
    ] = "10",
    watch: Annotated[int | None, typer.Option(min=1, help="Audit again every so many seconds.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Check every invariant of the books and the tables on the live database, and play rounds again.

    Exit 1 names what is broken.
    """
    from server.audit import Scope  # noqa: PLC0415

    scope = Scope(rounds=_count(rounds, "--rounds"), tables=_count(tables, "--tables"))
    url = database_url(data_dir)
    while True:
        broken = _audit_once(url, scope, as_json=as_json)
        if watch is None:
            raise typer.Exit(FAILED if broken else 0)
        time.sleep(watch)


def _count(text: str, option: str) -> int | None:
    """A number of things to look at, None for all of them."""
    if text == "all":
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        fail(f"{option}: must be a whole number or all, not {text[:40]!r}", WRONG_CALL)
    return int(text)


def _audit_once(url: str, scope: "Scope", *, as_json: bool) -> bool:
    from server.audit import INVARIANTS, audit_all  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    is_quiet = not progress_console.is_terminal
    with Progress(*columns, console=progress_console, transient=True, disable=is_quiet) as bar:
        books = bar.add_task("auditing the books", total=None)
        tasks = {what: bar.add_task(f"playing {what} again", total=None) for what in ("rounds", "tables")}
        played = dict.fromkeys(tasks, 0)

        def seen(what: str, done: int, total: int) -> None:
            bar.update(books, total=1, completed=1)
            bar.update(tasks[what], completed=done, total=total)
            played[what] = done

        async def work(engine: AsyncEngine) -> "list[Finding]":
            return await audit_all(engine, scope, secrets.SystemRandom(), seen)

        findings = run(with_engine(url, work))
    if as_json:
        report = {"ok": not findings, "invariants": len(INVARIANTS), "names": INVARIANTS, "played": played}
        print_json({**report, "findings": findings})
    elif not findings:
        typer.echo(
            f"the books are right: {len(INVARIANTS)} invariants hold;"
            f" {played['rounds']} rounds and {played['tables']} tables played again"
        )
    else:
        for finding in findings:
            typer.echo(f"BROKEN {finding.invariant}: {finding.detail}")
    return bool(findings)
