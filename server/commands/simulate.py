"""`casino simulate`: what a set of rules is worth, by playing it."""

import multiprocessing
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from functools import partial
from itertools import islice
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from games.blackjack.errors import InvalidRules, UnknownPreset
from games.blackjack.presets import PRESETS, rules_of
from games.blackjack.published import PublishedEdge, published_edge
from games.blackjack.rules import Rules
from games.blackjack.simulate import Tally, Worth, blocks, play_block, worth
from server.commands.context import WRONG_CALL, AsJson, fail, print_json, progress_console
from telemetry.clock import SystemClock

BLOCKS_AHEAD = 2
MOST_PROCESSES = 64


class Report(Worth, frozen=True, kw_only=True):
    """What is printed: the figures, and what they can be had again with."""

    seed: str
    rules: Rules
    published: PublishedEdge | None


def add_to(app: typer.Typer) -> None:
    """Add `simulate`."""
    app.command()(simulate)


def simulate(
    rules: Annotated[
        str,
        typer.Option(
            help="A rules object as JSON, whose missing keys take the defaults, or the name of a preset."
        ),
    ] = "{}",
    rounds: Annotated[int, typer.Option(min=1, max=10**10, help="How many rounds to play.")] = 1_000_000,
    seed: Annotated[str | None, typer.Option(help="The same seed gives the same figures.")] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_PROCESSES, help="How many processes play; default: the cores."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play rounds by basic strategy through the live engine, and report what the rules are worth."""
    table = _rules(rules)
    chosen = secrets.token_hex(8) if seed is None else seed
    tally = _play(table, chosen, rounds, processes or os.cpu_count() or 1)
    report = Report(
        **msgspec.structs.asdict(worth(tally)), seed=chosen, rules=table, published=published_edge(table)
    )
    if as_json:
        print_json(report)
    else:
        _print(report)


def _rules(text: str) -> Rules:
    try:
        return rules_of(text)
    except UnknownPreset:
        fail(
            f"--rules: there is no preset {text!r}; there are {', '.join(each.name for each in PRESETS)}",
            WRONG_CALL,
        )
    except InvalidRules as refusal:
        fail(f"--rules: {refusal} ({refusal.field})", WRONG_CALL)
    except msgspec.DecodeError as fault:
        fail(f"--rules: {fault}", WRONG_CALL)


def _play(rules: Rules, seed: str, rounds: int, processes: int) -> Tally:
    """Play all blocks with a bar on standard error; a handful of blocks at a time are under way."""
    columns = (
        TextColumn("playing"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    total = Tally()
    started = SystemClock().monotonic_ns()
    with Progress(*columns, console=progress_console, transient=True) as bar:
        task = bar.add_task("playing", total=rounds, rate=0.0)
        for tally in _tallies(rules, seed, rounds, processes):
            total.add(tally)
            passed_s = (SystemClock().monotonic_ns() - started) / 1e9
            bar.update(task, completed=total.rounds, rate=total.rounds / passed_s)
    return total


def _tallies(rules: Rules, seed: str, rounds: int, processes: int) -> Iterator[Tally]:
    todo = blocks(seed, rounds)
    play = partial(play_block, rules)
    if processes == 1:
        yield from map(play, todo)
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        under_way = {pool.submit(play, block) for block in islice(todo, BLOCKS_AHEAD * processes)}
        while under_way:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            under_way |= {pool.submit(play, block) for block in islice(todo, len(done))}
            yield from (future.result() for future in done)


def _print(report: Report) -> None:
    for name in Worth.__struct_fields__:
        value = getattr(report, name)
        typer.echo(
            f"{name.replace('_', ' '):<20}{value:>12,.6f}"
            if isinstance(value, float)
            else f"{name:<20}{value:>12,}"
        )
    typer.echo(_compared(report))
    typer.echo(
        "rules: " + "  ".join(f"{key} {value}" for key, value in msgspec.to_builtins(report.rules).items())
    )
    typer.echo(f"seed: {report.seed}")


def _compared(report: Report) -> str:
    """The simulated edge beside the published one, in percent and in standard errors."""
    if report.published is None:
        return "published: no edge is known for these rules"
    edge = report.published.house_edge
    apart = report.house_edge - edge
    about = "about " if report.published.is_estimate else ""
    errors = f", {apart / report.standard_error:+.1f} standard errors" if report.standard_error else ""
    return f"published: {about}{edge:.4%}; here {apart:+.4%}{errors} ({report.published.source})"
