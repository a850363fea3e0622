"""`make bench-sockets`: what an action costs a server, and what an idle connection weighs.

Three servers do the same work: they answer a command of 140 bytes with an ack, and push 500 bytes to the
sender's room of five. `ours` is the casino's socket server without the casino, `node` is socket.io on
Node.js, `plain` is python-socketio as it comes. Each has 500 connections and one core; the load comes from
one process on the other core. All is measured on fresh processes, and the three take turns. CPU time is the
process's own.

`at 500/s` is an open loop: commands leave on time, whatever the server does. `saturated` is a closed loop:
every client sends again as soon as it is answered. A busy machine makes both dearer, for all: watch the load.

python -m tests.bench.sockets [--repeats 5] [--servers ours,node,plain]
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import uvloop

from tests.bench.output import say
from tests.bench.socket_load import Load
from tests.node import node

CONNECTIONS: Final = 500
PACE: Final = 500  # actions a second
PACED_S: Final = 6.0
SATURATED_S: Final = 4.0
IDLE: Final = 2_000  # connections that are weighed
GOALS: Final = {  # ours over the other's, at most
    ("node", "at 500/s"): 1.0,
    ("node", "saturated"): 1.5,
    ("node", "idle connection"): 1.0,
    ("plain", "at 500/s"): 0.5,
    ("plain", "saturated"): 0.5,
}
VIEW: Final = {
    "table_id": "main-1",
    "version": 0,
    "phase": "playing",
    "seats": [
        {
            "seat": seat,
            "player": {"user_id": f"0190c0de-0000-7000-8000-00000000000{seat}", "name": f"player{seat}"},
            "hands": [{"cards": ["AS", "9H"], "bet": 500}],
        }
        for seat in range(1, 4)
    ],
    "dealer": {"cards": ["TD", "??"], "total": 10},
    "turn": {"seat": 1},
}
_NODE: Final = Path(__file__).parent / "node"
_CORES: Final = tuple(sorted(os.sched_getaffinity(0)))
Figures = dict[str, float]  # by what was measured: CPU microseconds an action, KiB a connection


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """CPU time of all its threads, as clock_getcpuclockid(3) finds it."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def memory_kib(self) -> int:
        """Resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def collect(self) -> None:
        """Ask it to collect its garbage."""
        os.kill(self.pid, signal.SIGUSR2)


def command_of(name: str) -> list[str]:
    """How a server is started."""
    if name == "node":
        return [node(), "--expose-gc", str(_NODE / "server.mjs")]
    return [sys.executable, "-m", "tests.bench.socket_servers", name]


@contextmanager
def serving(name: str) -> Iterator[Server]:
    """A fresh server on the first core."""
    environment = {**os.environ, "BENCH_VIEW": json.dumps(VIEW)}
    with subprocess.Popen(command_of(name), stdout=subprocess.PIPE, env=environment) as process:
        os.sched_setaffinity(process.pid, _CORES[:1])
        assert process.stdout is not None
        try:
            yield Server(int(process.stdout.readline()), process.pid)
        finally:
            process.kill()


async def measure(name: str) -> Figures:
    """Both loads on one process, then the weight on another."""
    figures: Figures = {}
    with serving(name) as server:
        async with Load(server.port) as load:
            await load.connect(CONNECTIONS)
            await load.saturate(1.0)  # warm: one has a compiler, all have caches
            figures |= await _cost(server, load, f"at {PACE}/s", lambda: load.paced(PACE, PACED_S))
            figures |= await _cost(server, load, "saturated", lambda: load.saturate(SATURATED_S))
    with serving(name) as server:
        async with Load(server.port) as load:
            await load.connect(100)
            await load.paced(PACE, 1.0)
            before = await _weight(server)
            await load.connect(IDLE)
            figures["idle connection"] = (await _weight(server) - before) / IDLE
    return figures


async def _cost(server: Server, load: Load, what: str, work: Callable[[], Awaitable[None]]) -> Figures:
    acks, cpu_s, began = load.acks, server.cpu_s(), time.perf_counter()
    await work()
    used_s, seconds, done = server.cpu_s() - cpu_s, time.perf_counter() - began, load.acks - acks
    return {what: used_s / done * 1e6, f"{what}: a second": done / seconds, f"{what}: core": used_s / seconds}


async def _weight(server: Server) -> int:
    await asyncio.sleep(1)
    server.collect()
    await asyncio.sleep(1)
    return server.memory_kib()


def main() -> int:
    """Measure the servers in turn, again and again, and compare."""
    parser = argparse.ArgumentParser(prog="bench-sockets")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--servers", default="ours,node,plain")
    options = parser.parse_args()
    if not (_NODE / "node_modules").exists():
        sys.stderr.write("run `make bench-sockets`: it installs socket.io for Node.js first\n")
        return 2
    os.sched_setaffinity(0, _CORES[1:2] or _CORES)
    found: dict[str, list[Figures]] = {name: [] for name in options.servers.split(",")}
    say("sockets", f"load averages {_loads()}")
    for _ in range(options.repeats):
        for name, figures in found.items():
            figures.append(uvloop.run(measure(name)))
            say("sockets", f"{name:5} {_line(figures[-1])}")
    say("sockets", f"load averages {_loads()}; medians of {options.repeats}:")
    for name, figures in found.items():
        say(
            "sockets",
            f"{name:5} {_line({what: median(each[what] for each in figures) for what in figures[0]})}",
        )
    for (other, what), goal in GOALS.items():
        if other in found and "ours" in found:
            pairs = zip(found["ours"], found[other], strict=True)
            ratios = sorted(ours[what] / theirs[what] for ours, theirs in pairs)
            spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
            say("sockets", f"{what}: {median(ratios):.2f} x {other} ({spread}; goal {goal})")
    return 0


def _loads() -> str:
    return " ".join(f"{load:.1f}" for load in os.getloadavg())


def _line(figures: Figures) -> str:
    costs = ", ".join(
        f"{what} {figures[what]:.0f} us an action ({figures[f'{what}: a second']:,.0f}/s, "
        f"{figures[f'{what}: core']:.0%} of the core)"
        for what in (f"at {PACE}/s", "saturated")
    )
    return f"{costs}, idle connection {figures['idle connection']:.1f} KiB"


if __name__ == "__main__":
    raise SystemExit(main())
