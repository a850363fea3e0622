"""A client of another make: Locust's Socket.IO user and `casino loadtest` under the same load, in turns.

python -m tests.bench.locust_load [--players 20] [--watchers 50] [--seconds 20] [--rounds 2]

Locust is installed into a venv of its own, `.venv/locust`. It measures from when a command is sent, and its
users wait for each other's answers: so it is our `service` that is of the same kind, not our `ack`.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final

from server.loadtest.reception import Reception, new_session
from server.loadtest.venue import opened_venue
from tests.bench.floor_load import measure
from tests.bench.house import BenchHouse, bench_house
from tests.bench.output import say
from tests.processes import ROOT

LOCUST: Final = "locust==2.47.0"
_VENV: Final = Path(sys.prefix) / "locust"
_COMMANDS: Final = frozenset(("act", "place_bet", "take_seat"))


def install() -> Path:
    """Locust's own command, installed at the first call."""
    command = _VENV / "bin" / "locust"
    if not command.exists():
        uv = str(Path(sys.prefix) / "bin" / "uv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(_VENV)], check=True)
        python = str(_VENV / "bin" / "python")
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, LOCUST], check=True)
    return command


async def by_locust(
    house: BenchHouse, command: Path, *, players: int, watchers: int, seconds: float
) -> dict[str, float]:
    """What Locust says of so many users at tables of their own."""
    async with new_session() as session:
        reception = Reception(session, house.url, chance=Random(1), token=house.admin_token)
        async with opened_venue(reception, players, has_own=True, say=lambda _: None) as venue:
            report = await asyncio.to_thread(
                _run_locust,
                command,
                house.url,
                venue.watched,
                players=players,
                watchers=watchers,
                seconds=seconds,
            )
    times: dict[int, int] = {}
    for entry in report:
        if entry["method"] == "WSC" and entry["name"] in _COMMANDS:
            for took_ms, count in entry["response_times"].items():
                times[int(float(took_ms))] = times.get(int(float(took_ms)), 0) + count
    count = sum(times.values())
    return {
        "actions_per_s": count / seconds,
        "p50_ms": _percentile(times, 0.5),
        "p95_ms": _percentile(times, 0.95),
        "p99_ms": _percentile(times, 0.99),
    }


def _run_locust(
    command: Path, url: str, tables: list[str], *, players: int, watchers: int, seconds: float
) -> list[dict[str, Any]]:
    users = players + watchers
    done = subprocess.run(
        [
            *(str(command), "-f", "tests/bench/locustfile.py", "--headless", "--json", "--only-summary"),
            *("--host", url, "-u", str(users), "-r", str(max(1, users // 2)), "-t", f"{seconds:g}s"),
            *("--loglevel", "WARNING"),
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "TABLES": ",".join(tables),
            "PLAYERS": str(players),
            "WATCHERS": str(watchers),
        },
        stdout=subprocess.PIPE,
        timeout=seconds + 120,
        check=False,  # it says 1 when a single request failed
    )
    report: list[dict[str, Any]] = json.loads(done.stdout)
    return report


def _percentile(times: dict[int, int], share: float) -> float:
    """The nearest rank."""
    rank, reached = share * sum(times.values()), 0
    for took_ms in sorted(times):
        reached += times[took_ms]
        if reached >= rank:
            return float(took_ms)
    return 0.0


async def run(options: argparse.Namespace) -> None:
    """Both, in turns; medians."""
    command = install()
    load = {"players": options.players, "watchers": options.watchers, "seconds": options.seconds}
    theirs: list[dict[str, float]] = []
    ours: list[dict[str, float]] = []
    async with bench_house(web_processes=1) as house:
        for _ in range(options.rounds):
            theirs.append(await by_locust(house, command, **load))
            measured = await measure(
                house, tables=-(-options.players // 5), watchers=options.watchers, seconds=options.seconds
            )
            report = measured.report
            ours.append(
                {
                    "actions_per_s": report.actions_per_s,
                    "p50_ms": report.service_p50_ms or 0.0,
                    "p95_ms": report.service_p95_ms or 0.0,
                    "p99_ms": report.service_p99_ms or 0.0,
                }
            )
    for name in ours[0]:
        their, our = (median(figures[name] for figures in found) for found in (theirs, ours))
        say(
            "locust",
            f"{name}: Locust {their:.1f}, casino loadtest {our:.1f}, ratio {our / their if their else 0:.2f}",
        )


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.locust_load")
    parser.add_argument("--players", type=int, default=20)
    parser.add_argument("--watchers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    asyncio.run(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
