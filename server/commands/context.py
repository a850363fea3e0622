"""What commands share: where the database is, how a report is printed, how a wrong call ends."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

DONE = 0
FAILED = 1
WRONG_CALL = 2

DataDir = Annotated[
    Path,
    typer.Option("--data-dir", help="The data folder of the `casino dev` to work on, without DATABASE_URL."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")]

DEFAULT_DATA_DIR = Path(".casino")

progress_console = Console(stderr=True)
report_console = Console()


def fail(message: str, code: int = FAILED) -> NoReturn:
    """End the command with one line on standard error."""
    sys.stderr.write(f"casino: {message}\n")
    raise typer.Exit(code)


def print_json(report: object) -> None:
    """One line of JSON on standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()


def database_url(data_dir: Path) -> str:
    """DATABASE_URL, else the database of the `casino dev` that runs on the folder."""
    url = os.environ.get("DATABASE_URL")
    if url:
        return url
    from server.embedded.running import running_database_url  # noqa: PLC0415 - needs no extra, costs time

    found = running_database_url(data_dir)
    if found is None:
        fail(f"DATABASE_URL is not set and no `casino dev` runs on {data_dir}", WRONG_CALL)
    return found


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; Ctrl-C ends it with exit code 1 and no traceback."""
    try:
        return asyncio.run(main)
    except KeyboardInterrupt:
        fail("stopped")


async def with_engine(url: str, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    """Do the work on an engine of its own; a database that can't be reached is one clear line."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - the rules' commands do without

    from server.database import create_engine  # noqa: PLC0415

    engine = create_engine(url, pool_size=2, application="casino command")
    try:
        return await work(engine)
    except (OSError, SQLAlchemyError) as fault:
        fail(f"the database can't be used: {str(fault).splitlines()[0]}")
    finally:
        await engine.dispose()
