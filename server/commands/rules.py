"""Commands that need no server: they play by the live rules."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.commands.context import FAILED, WRONG_CALL, fail, print_json

if TYPE_CHECKING:
    from games.blackjack.script import ScriptedRound


def add_to(app: typer.Typer) -> None:
    """Add `replay`."""
    app.command()(replay)


def replay(
    file: Annotated[Path, typer.Argument(help="A scripted round as JSON; - for standard input.")],
    text: Annotated[bool, typer.Option("--text", help="Tell the round in words, a line a step.")] = False,
) -> None:
    """Play a scripted round, or a round record, through the live engine; print how it ends, as JSON."""
    from games.blackjack.script import ScriptError, parse_script  # noqa: PLC0415 - only this command needs it
    from games.blackjack.script import replay as play  # noqa: PLC0415

    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as fault:
        fail(f"{file}: {fault.strerror}", WRONG_CALL)
    try:
        script = parse_script(data)
        if text:
            _tell(script)
        else:
            print_json(play(script))
    except ScriptError as refusal:
        if text:
            typer.echo(str(refusal))
        else:
            print_json({"error": {"code": refusal.code, "message": str(refusal), **refusal.facts()}})
        raise typer.Exit(WRONG_CALL) from None
    except RecursionError:  # a script of absurd depth
        raise typer.Exit(FAILED) from None


def _tell(script: "ScriptedRound") -> None:
    """Print the round as a dealer tells it, as far as it goes; raises a `ScriptError`."""
    from games.blackjack.narrator import narrate  # noqa: PLC0415 - only this command needs it
    from games.blackjack.script import moments  # noqa: PLC0415

    for moment in moments(script):
        for line in narrate(moment.before, moment.events):
            typer.echo(line)
