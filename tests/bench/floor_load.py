"""`make bench-floor`: the whole casino under players and watchers, and the most that it carries.

python -m tests.bench.floor_load [--tables 50] [--watchers 2000] [--seconds 60] [--web 1] [--climb 20]

Five players a table think for one to three seconds before each move. Everything runs on this machine, the
clients too: PostgreSQL with fsync on, Valkey, web processes, a worker. `--climb S` makes the load half as
large again and again, S seconds each, until the acks' p99 passes 100 ms twice; 0 leaves it out.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.loadtest.plan import Load, default_ramp_s
from server.loadtest.results import Report
from server.loadtest.run import Call, Database, Outcome, Teller, load_test
from telemetry.clock import SystemClock
from tests.bench.house import BenchHouse, bench_house
from tests.bench.output import say

PLAYERS_A_TABLE: Final = 5
GOAL_MS: Final = 50.0
LIMIT_MS: Final = 100.0
GROWTH: Final = 1.5
STEPS_MAX: Final = 8
_COMMANDS: Final = ("act", "place_bet", "take_seat", "leave_seat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run: its report, and CPU seconds and operations over its measured time."""

    outcome: Outcome
    cpu_s: dict[str, float]
    operations: dict[str, tuple[float, int]]

    @property
    def report(self) -> Report:
        """The load test's own report."""
        return self.outcome.report


async def measure(house: BenchHouse, *, tables: int, watchers: int, seconds: float) -> Measured:
    """Run one load, and look at the server at the beginning and at the end of its measured time."""
    players = tables * PLAYERS_A_TABLE
    load = Load(
        url=house.url,
        players=players,
        watchers=watchers,
        duration_s=seconds,
        ramp_s=default_ramp_s(players + watchers),
        think_s=(1, 3),
        processes=2,
        seed=1,
    )
    database = Database(
        url=house.environment["DATABASE_URL"], keys=(house.environment["SHOE_KEYS"].encode(),), is_given=True
    )
    looks: list[tuple[dict[str, float], dict[str, tuple[float, int]]]] = []

    async def look(after_s: float) -> None:
        await asyncio.sleep(after_s)
        looks.append((house.cpu_s(), await house.operations()))

    looking: list[asyncio.Task[None]] = []

    def tick(line: str) -> None:
        if not looking and not line.startswith("the server"):  # the first second is told: it has started
            looking.extend(
                asyncio.create_task(look(at_s)) for at_s in (load.before_s, load.before_s + seconds - 2)
            )
        sys.stderr.write(f"\r{line}   ")
        sys.stderr.flush()

    def note(line: str) -> None:
        sys.stderr.write(f"\n{line}\n")

    with tempfile.TemporaryDirectory(prefix="casino-bench-") as folder:
        call = Call(load=load, logs=Path(folder), database=database, admin_token=house.admin_token)
        outcome = await load_test(call, Teller(say=note, tick=tick), SystemClock())
    await asyncio.gather(*looking)
    (cpu_before, before), (cpu_after, after) = looks
    return Measured(
        outcome=outcome,
        cpu_s={name: (cpu_after[name] - cpu_before[name]) / (seconds - 2) for name in cpu_after},
        operations={
            name: (total - before.get(name, (0.0, 0))[0], count - before.get(name, (0.0, 0))[1])
            for name, (total, count) in after.items()
        },
    )


def tell(measured: Measured, *, tables: int, watchers: int) -> None:
    """The figures of one run."""
    report = measured.report
    p99 = report.ack_p99_ms or 0.0
    say("floor-load", f"{tables} tables x {PLAYERS_A_TABLE} players thinking 1-3 s, {watchers:,} watchers")
    say("floor-load", f"ack p50 {report.ack_p50_ms} ms, p95 {report.ack_p95_ms} ms, p99 {p99} ms")
    say("floor-load", f"goal of {GOAL_MS:g} ms {'met' if p99 <= GOAL_MS else 'missed'}")
    say("floor-load", f"broadcast p50 {report.broadcast_p50_ms} ms, p99 {report.broadcast_p99_ms} ms")
    _, commits = measured.operations.get("db:table_commit", (0.0, 0))
    seconds = report.duration_s - 2
    moves = commits / seconds
    say(
        "floor-load",
        f"{report.actions_per_s:.1f} players' actions/s, {moves:.1f} moves/s with the house's, "
        f"{report.heard_per_s:,.0f} frames/s to the clients",
    )
    say("floor-load", f"errors {report.errors or 'none'}, verdict {report.verdict.counts or 'nothing found'}")
    for name, used in measured.cpu_s.items():
        say(
            "floor-load", f"CPU {name}: {used:.3f} cores, {used / moves * 1e6 if moves else 0:,.0f} us a move"
        )
    say("floor-load", f"CPU clients: {report.client_cpu_s:.1f} s in all")
    _tell_split(measured, commits)
    server = report.server
    if server is not None and server.memory_per_connection_bytes is not None:
        say("floor-load", f"memory: {server.memory_per_connection_bytes / 1024:.1f} KiB a connection")


def _tell_split(measured: Measured, moves: float) -> None:
    """Where the time of a move goes, from the sums of `/metrics`: time, so waiting counts too.

    A step of the game is a decision and its commit. What a socket adds is reading the command, waiting for
    the table, and the ack.
    """

    def mean_us(*names: str) -> float:
        found = [measured.operations.get(name, (0.0, 0)) for name in names]
        count = sum(calls for _, calls in found)
        return sum(seconds for seconds, _ in found) / count * 1e6 if count else 0.0

    step, commit = mean_us("game:blackjack"), mean_us("db:table_commit")
    parts = {
        "socket": mean_us(*(f"socket:{name}" for name in _COMMANDS)) - step,
        "decide": step - commit,
        "commit": commit,
        "publish": mean_us("redis:publish"),
    }
    told = ", ".join(f"{name} {us:,.0f}" for name, us in parts.items())
    say("floor-load", f"time of a move in us: {told}")
    for name in ("redis:publish", "db:table_load", "db:table_recheck"):
        _, calls = measured.operations.get(name, (0.0, 0))
        if calls and moves:
            say("floor-load", f"{name}: {calls / moves:.2f} a move, {mean_us(name):,.0f} us each")


async def climb(house: BenchHouse, *, tables: int, watchers: int, seconds: float, carried: str) -> None:
    """Half as much again each time, until the acks' p99 passes the limit twice; what was carried before."""
    for step in range(1, STEPS_MAX + 1):
        more_tables, more_watchers = round(tables * GROWTH**step), round(watchers * GROWTH**step)
        for _ in range(2):
            measured = await measure(house, tables=more_tables, watchers=more_watchers, seconds=seconds)
            what = in_short(measured.report)
            say("floor-load", f"climb: {what}")
            if is_carried(measured.report):
                carried = what
                break
        else:
            break
    say("floor-load", f"the most before p99 passes {LIMIT_MS:g} ms: {carried}")


def is_carried(report: Report) -> bool:
    """Whether the casino kept up."""
    return report.ack_p99_ms is not None and report.ack_p99_ms <= LIMIT_MS and report.verdict.ok


def in_short(report: Report) -> str:
    """One run in a line."""
    who = f"{report.players:,} players and {report.watchers:,} watchers"
    cores = "" if report.server is None else f", web {report.server.cores} cores"
    errors = f", errors {report.errors}" if report.errors else ""
    return f"{who}: {report.actions_per_s:.1f} actions/s, ack p99 {report.ack_p99_ms} ms{cores}{errors}"


async def run(options: argparse.Namespace) -> None:
    """The bench."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the processes started here inherit it
    async with bench_house(web_processes=options.web) as house:
        measured = await measure(
            house, tables=options.tables, watchers=options.watchers, seconds=options.seconds
        )
        tell(measured, tables=options.tables, watchers=options.watchers)
        if options.climb:
            carried = in_short(measured.report) if is_carried(measured.report) else "nothing that was tried"
            await climb(
                house,
                tables=options.tables,
                watchers=options.watchers,
                seconds=options.climb,
                carried=carried,
            )


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.floor_load")
    parser.add_argument("--tables", type=int, default=50)
    parser.add_argument("--watchers", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--web", type=int, default=1, help="web processes on the one port")
    parser.add_argument("--climb", type=float, default=20, help="seconds a step; 0 leaves the climb out")
    asyncio.run(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
