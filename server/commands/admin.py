"""Operators' commands on people and books: `admin create`, `audit`."""

import secrets
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer
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
    watch: Annotated[int | None, typer.Option(min=1, help="Audit again every so many seconds.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Check every invariant of the books and the tables on the live database; exit 1 names what is broken."""
    url = database_url(data_dir)
    while True:
        broken = _audit_once(url, as_json=as_json)
        if watch is None:
            raise typer.Exit(FAILED if broken else 0)
        time.sleep(watch)


def _audit_once(url: str, *, as_json: bool) -> bool:
    from server.audit import INVARIANTS, audit_all  # noqa: PLC0415

    with progress_console.status("auditing"):
        findings = run(with_engine(url, audit_all))
    if as_json:
        print_json({"ok": not findings, "invariants": len(INVARIANTS), "findings": findings})
    elif not findings:
        typer.echo(f"the books are right: {len(INVARIANTS)} invariants hold")
    else:
        for finding in findings:
            typer.echo(f"BROKEN {finding.invariant}: {finding.detail}")
    return bool(findings)
