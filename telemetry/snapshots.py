"""What one process has measured, as bytes that any process can read, and as numbers that an operator reads.

Each process shares its snapshot; whoever shows numbers merges those that are there. Merging loses nothing:
percentiles come from merged histograms, never from averaged percentiles.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from telemetry.stats import Example, Stats

MS: float = 1e-6  # one nanosecond in milliseconds


class Slowest(msgspec.Struct, frozen=True, kw_only=True):
    """The slowest recent call of an operation: where to look in the logs."""

    duration_ms: float
    at: datetime
    process: str
    facts: dict[str, str]


class OperationStats(msgspec.Struct, frozen=True, kw_only=True):
    """One operation's numbers as operators see them; an operation without calls has no times."""

    operation: str
    count: int
    errors: int
    error_rate: float  # 0–1
    avg_ms: float | None
    min_ms: float | None
    max_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    refused: int = 0
    cancelled: int = 0
    slowest: Slowest | None = None


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A process and how it is; `loop_lag_ms` is the worst of the last moments."""

    process: str
    kind: str
    pid: int
    version: str
    uptime_s: float
    rss_bytes: int
    loop_lag_ms: float
    connections: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """All that one process has measured up to a moment."""

    process: Process
    at: datetime
    operations: dict[str, Stats]
    gauges: dict[str, float] = {}  # name, unit last -> value now
    counters: dict[str, float] = {}  # name, unit last -> total since the start


class SnapshotUnreadable(Exception):
    """These bytes are no snapshot of this version."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """The snapshot as bytes to share with other processes."""
    return _encoder.encode(snapshot)


def decode_snapshot(shared: bytes) -> Snapshot:
    """The snapshot that another process shared; raises SnapshotUnreadable."""
    try:
        return _decoder.decode(shared)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise SnapshotUnreadable(str(error)) from error


def merge_operations(parts: Iterable[dict[str, Stats]]) -> dict[str, Stats]:
    """The numbers of several processes as if one had measured them all; the parts stay as they are."""
    total: dict[str, Stats] = {}
    for part in parts:
        for name, stats in part.items():
            total.setdefault(name, Stats()).merge(stats)
    return total


def merge_snapshots(snapshots: Iterable[Snapshot]) -> tuple[OperationStats, ...]:
    """What all these processes have measured together, in order of the operations' names."""
    return summarize(merge_operations(snapshot.operations for snapshot in snapshots))


def summarize(operations: dict[str, Stats]) -> tuple[OperationStats, ...]:
    """The numbers to show, in order of the operations' names."""
    return tuple(_summary(name, operations[name]) for name in sorted(operations))


def _summary(name: str, stats: Stats) -> OperationStats:
    count = stats.count
    p50, p95, p99 = _to_ms(stats.percentiles_ns(0.5, 0.95, 0.99))
    return OperationStats(
        operation=name,
        count=count,
        errors=stats.errors,
        error_rate=stats.errors / count if count else 0.0,
        avg_ms=round(stats.sum_ns / count * MS, 6) if count else None,
        min_ms=round(stats.min_ns * MS, 6) if count else None,
        max_ms=round(stats.max_ns * MS, 6) if count else None,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        refused=stats.refused,
        cancelled=stats.cancelled,
        slowest=_slowest(stats.slowest),
    )


def _to_ms(durations_ns: Sequence[int | None]) -> tuple[float | None, ...]:
    return tuple(None if ns is None else round(ns * MS, 6) for ns in durations_ns)


def _slowest(example: Example | None) -> Slowest | None:
    if example is None:
        return None
    return Slowest(
        duration_ms=round(example.duration_ns * MS, 6),
        at=example.at,
        process=example.process,
        facts=dict(example.facts),
    )
