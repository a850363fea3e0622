"""Checks a round's record against the seeds that its shoes were committed to."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Annotated, Final, NoReturn
from urllib.parse import urlsplit, urlunsplit

import typer

from server.commands.context import FAILED, WRONG_CALL, print_json

SIZE_MAX: Final = 1 << 20  # bytes; a round of seven seats has about ten thousand
TIMEOUT_S: Final = 20.0

_ROUND: Final = re.compile(r"/(?:history|api/rounds)/([0-9a-f-]{36})/?", re.ASCII)


class _UnreadableError(Exception):
    """The record can't be read; the message says why."""


def add_to(app: typer.Typer) -> None:
    """Add `verify`."""
    app.command()(verify)


def verify(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE_OR_ROUND_URL",
            help="A round record: a JSON file, - for standard input, or the http(s) address of the round.",
        ),
    ],
) -> None:
    """Check a round record against its revealed seeds, and print what was found as JSON.

    Commitment, shuffle, every card and every payout are computed again. Exit code 0: all of it matches. 1: it
    does not, or the shoe is not revealed yet. 2: there is no round record to be read.
    """
    from games.blackjack.proof import NotARecordError, parse_proof  # noqa: PLC0415 - only this command needs it
    from games.blackjack.verify import verify as look  # noqa: PLC0415

    asked_for = None
    try:
        if source.lower().startswith(("http://", "https://")):
            address, asked_for = _round_address(source)
            data = asyncio.run(_fetch(address))
        else:
            data = _read(source)
        proof = parse_proof(data)
    except NotARecordError as error:
        _refuse(error.code, str(error))
    except _UnreadableError as error:
        _refuse("unreadable", str(error))
    verdict = look(proof, asked_for=asked_for)
    print_json(verdict)
    if not verdict.ok:
        raise typer.Exit(FAILED)


def _refuse(code: str, message: str) -> NoReturn:
    print_json({"ok": False, "error": {"code": code, "message": message}})
    raise typer.Exit(WRONG_CALL)


def _read(source: str) -> bytes:
    try:
        if source == "-":
            data = sys.stdin.buffer.read(SIZE_MAX + 1)
        else:
            with Path(source).open("rb") as file:
                data = file.read(SIZE_MAX + 1)
    except (OSError, ValueError) as fault:
        raise _UnreadableError(f"{source}: {getattr(fault, 'strerror', None) or fault}") from None
    _check_length(source, len(data))
    return data


def _round_address(source: str) -> tuple[str, str | None]:
    """Where the record is, given its own address or that of the page that shows it; and the id in it."""
    try:
        parts = urlsplit(source)
    except ValueError as fault:
        raise _UnreadableError(f"{source}: {fault}") from None
    found = _ROUND.fullmatch(parts.path)
    if found is None:
        return source, None
    return urlunsplit(parts._replace(path=f"/api/rounds/{found[1]}", fragment="")), found[1]


async def _fetch(address: str) -> bytes:
    import aiohttp  # noqa: PLC0415 - a file needs no HTTP

    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(address, headers={"Accept": "application/json"}, max_redirects=3) as answer,
        ):
            if answer.status != 200:
                hint = ": it is not known, or not settled yet" if answer.status == 404 else ""
                raise _UnreadableError(f"{address} answered {answer.status}{hint}")
            data = bytearray()
            async for chunk in answer.content.iter_chunked(1 << 16):
                data += chunk
                _check_length(address, len(data))
    except TimeoutError:
        raise _UnreadableError(f"{address} did not answer within {TIMEOUT_S:.0f} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as fault:
        raise _UnreadableError(f"{address}: {str(fault) or type(fault).__name__}") from None
    return bytes(data)


def _check_length(source: str, length: int) -> None:
    if length > SIZE_MAX:
        raise _UnreadableError(f"{source}: longer than a round record can be ({SIZE_MAX} bytes)")
