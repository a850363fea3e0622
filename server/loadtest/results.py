"""The report: all figures of a run under the names that stand for them, and what the judges say."""

from collections.abc import Sequence
from typing import Final

import msgspec

from server.loadtest.figures import Figures, Window
from server.loadtest.host import Usage
from server.loadtest.judge.verdict import Verdict
from server.loadtest.plan import Load
from telemetry.stats import Stats

_MS: Final = 1e-6


class CommandReport(msgspec.Struct, frozen=True, kw_only=True):
    """One command: how often it was accepted, and the latency of its ack."""

    count: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class ServerReport(msgspec.Struct, frozen=True, kw_only=True):
    """The server's own processes, where they run on this machine; its database is not among them."""

    pids: list[int]
    cpu_us_per_action: float | None
    cores: float | None  # how many it kept busy
    rss_bytes: int | None
    memory_per_connection_bytes: int | None


class AssertReport(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation, and whether it was met."""

    expression: str
    value: float | None
    met: bool


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `casino loadtest` reports.

    Times of acks, broadcasts and joins count from when the command or the client was due by the schedule;
    `service` counts from when the command was sent. `late` is by how much the clients sent late, because a
    view came late or they were busy themselves; `client_lag_max_ms` is what is theirs of it. Latencies,
    rates and `heard_per_s` are of the time after the ramp, errors and reconnects of the whole run.
    """

    ok: bool
    url: str
    players: int
    watchers: int
    seated: int
    watching: int
    processes: int
    duration_s: float
    ramp_s: float
    actions: int
    actions_per_s: float
    rounds: int
    rounds_per_s: float
    heard_per_s: float
    ack_p50_ms: float | None
    ack_p95_ms: float | None
    ack_p99_ms: float | None
    ack_max_ms: float | None
    service_p50_ms: float | None
    service_p95_ms: float | None
    service_p99_ms: float | None
    broadcast_p50_ms: float | None
    broadcast_p95_ms: float | None
    broadcast_p99_ms: float | None
    broadcast_max_ms: float | None
    join_p50_ms: float | None
    join_p95_ms: float | None
    join_p99_ms: float | None
    late_p50_ms: float | None
    late_p99_ms: float | None
    client_lag_max_ms: float
    client_cpu_s: float
    commands: dict[str, CommandReport]
    errors: dict[str, int]
    errors_total: int
    error_rate: float
    reconnects: int
    server: ServerReport | None
    books_balance: bool | None
    verdict: Verdict
    asserts: list[AssertReport]


class Clients(msgspec.Struct, frozen=True, kw_only=True):
    """What the clients' own processes took."""

    cpu_s: float
    lag_max_ns: int


def report_of(
    load: Load,
    window: Window,
    figures: Figures,
    *,
    clients: Clients,
    server: ServerReport | None,
    verdict: Verdict,
    books_balance: bool | None,
) -> Report:
    """The report, without expectations."""
    acks, service = _times(figures.acks), _times(figures.service)
    broadcasts, joins, late = _times(figures.broadcasts), _times(figures.joins), _times(figures.late)
    errors = sum(figures.errors.values())
    return Report(
        ok=verdict.ok,
        url=load.url,
        players=load.players,
        watchers=load.watchers,
        seated=figures.players,
        watching=figures.watchers,
        processes=load.processes,
        duration_s=load.duration_s,
        ramp_s=load.ramp_s,
        actions=figures.actions,
        actions_per_s=_rate(figures.actions, window),
        rounds=figures.rounds,
        rounds_per_s=_rate(figures.rounds, window),
        heard_per_s=_rate(figures.heard, window),
        ack_p50_ms=acks[0],
        ack_p95_ms=acks[1],
        ack_p99_ms=acks[2],
        ack_max_ms=_max(figures.acks),
        service_p50_ms=service[0],
        service_p95_ms=service[1],
        service_p99_ms=service[2],
        broadcast_p50_ms=broadcasts[0],
        broadcast_p95_ms=broadcasts[1],
        broadcast_p99_ms=broadcasts[2],
        broadcast_max_ms=_max(figures.broadcasts),
        join_p50_ms=joins[0],
        join_p95_ms=joins[1],
        join_p99_ms=joins[2],
        late_p50_ms=late[0],
        late_p99_ms=late[2],
        client_lag_max_ms=round(clients.lag_max_ns * _MS, 3),
        client_cpu_s=round(clients.cpu_s, 3),
        commands={event: _command(stats) for event, stats in sorted(figures.by_event.items())},
        errors=dict(figures.errors.most_common()),
        errors_total=errors,
        error_rate=round(errors / max(1, errors + figures.accepted), 6),
        reconnects=figures.reconnects,
        server=server,
        books_balance=books_balance,
        verdict=verdict,
        asserts=[],
    )


def server_report(
    pids: Sequence[int], empty: Usage | None, samples: Sequence[Usage], window: Window, figures: Figures
) -> ServerReport:
    """What the server's processes cost; `empty` is before the first client came."""
    inside = [sample for sample in samples if sample.at_ns in window]
    cores = per_action = memory = None
    if len(inside) >= 2:
        cores = (inside[-1].cpu_s - inside[0].cpu_s) / ((inside[-1].at_ns - inside[0].at_ns) / 1e9)
        if figures.actions:
            per_action = round(cores / (figures.actions / window.seconds) * 1e6, 1)
    connections = figures.connections
    if inside and empty is not None and connections:
        memory = max(0, inside[-1].rss_bytes - empty.rss_bytes) // connections
    return ServerReport(
        pids=list(pids),
        cpu_us_per_action=per_action,
        cores=None if cores is None else round(cores, 3),
        rss_bytes=inside[-1].rss_bytes if inside else None,
        memory_per_connection_bytes=memory,
    )


def _command(stats: Stats) -> CommandReport:
    p50, p95, p99 = _times(stats)
    return CommandReport(count=stats.count, p50_ms=p50, p95_ms=p95, p99_ms=p99)


def _times(stats: Stats) -> tuple[float | None, float | None, float | None]:
    p50, p95, p99 = (
        None if ns is None else round(ns * _MS, 3) for ns in stats.percentiles_ns(0.5, 0.95, 0.99)
    )
    return p50, p95, p99


def _max(stats: Stats) -> float | None:
    return round(stats.max_ns * _MS, 3) if stats.count else None


def _rate(count: int, window: Window) -> float:
    return round(count / window.seconds, 2)
