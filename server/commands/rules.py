"""Commands that need no server: they play by the live rules."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from server.commands.context import FAILED, WRONG_CALL, fail, print_json


def add_to(app: typer.Typer) -> None:
    """Add `replay`."""
    app.command()(replay)


def replay(
    file: Annotated[Path, typer.Argument(help="A scripted round as JSON; - for standard input.")],
) -> None:
    """Play a scripted round through the live engine and print how it ends, as JSON."""
    from games.blackjack.script import ScriptError, parse_script  # noqa: PLC0415 - only this command needs it
    from games.blackjack.script import replay as play  # noqa: PLC0415

    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as fault:
        fail(f"{file}: {fault.strerror}", WRONG_CALL)
    try:
        result = play(parse_script(data))
    except ScriptError as refusal:
        print_json({"error": {"code": refusal.code, "message": str(refusal), **refusal.facts()}})
        raise typer.Exit(WRONG_CALL) from None
    except RecursionError:  # a script of absurd depth
        raise typer.Exit(FAILED) from None
    print_json(result)
