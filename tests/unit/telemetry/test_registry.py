"""The registry and the snapshots: totals, windows, limits, sharing."""

from datetime import UTC, datetime

import msgspec
import pytest

from telemetry.registry import OVERFLOW, Registry, Window
from telemetry.snapshots import (
    Process,
    Snapshot,
    SnapshotUnreadable,
    decode_snapshot,
    encode_snapshot,
    merge_snapshots,
)
from telemetry.stats import Example, Stats
from telemetry.thresholds import Thresholds
from tests.fakes import ManualClock


def a_process(name: str = "web-1") -> Process:
    """A process that feels well."""
    return Process(
        process=name,
        kind="web",
        pid=7,
        version="1.2",
        uptime_s=3.5,
        rss_bytes=1,
        loop_lag_ms=0.4,
        connections=2,
    )


def snapshot_of(registry: Registry, process: str = "web-1") -> Snapshot:
    """What a process would share."""
    return Snapshot(
        process=a_process(process), at=datetime(2026, 1, 1, tzinfo=UTC), operations=registry.operations()
    )


def counts(registry: Registry) -> dict[int, int]:
    """The number of calls of `db:load` by window."""
    return {window: registry.operations(window)["db:load"].count for window in Window}


def test_a_snapshot_has_the_numbers_that_operators_read() -> None:
    registry = Registry(ManualClock())
    registry.record("db:load", 1_000_000)
    registry.record("db:load", 3_000_000, error=True)
    (stats,) = registry.snapshot()
    assert msgspec.to_builtins(stats) == {
        "operation": "db:load",
        "count": 2,
        "errors": 1,
        "error_rate": 0.5,
        "avg_ms": 2.0,
        "min_ms": 1.0,
        "max_ms": 3.0,
        "p50_ms": pytest.approx(1.0, rel=0.05),
        "p95_ms": pytest.approx(3.0, rel=0.05),
        "p99_ms": pytest.approx(3.0, rel=0.05),
        "refused": 0,
        "cancelled": 0,
        "slowest": None,
    }


def test_an_operation_without_calls_has_no_times() -> None:
    registry = Registry(ManualClock())
    registry.operation("db:load")
    (stats,) = registry.snapshot()
    assert (stats.count, stats.error_rate) == (0, 0.0)
    assert {stats.avg_ms, stats.min_ms, stats.max_ms, stats.p50_ms, stats.p95_ms, stats.p99_ms} == {None}


def test_operations_come_in_order_of_their_names() -> None:
    registry = Registry(ManualClock())
    for name in ("socket:act", "db:load", "game:blackjack"):
        registry.record(name, 1)
    assert [stats.operation for stats in registry.snapshot()] == ["db:load", "game:blackjack", "socket:act"]


def test_names_past_the_limit_count_as_other() -> None:
    registry = Registry(ManualClock(), limit=2)
    for name in ("a", "b", "c", "d", "a"):
        registry.record(name, 1)
    assert {name: stats.count for name, stats in registry.operations().items()} == {
        "a": 2,
        "b": 1,
        OVERFLOW: 2,
    }


def test_a_name_that_is_too_long_is_cut() -> None:
    registry = Registry(ManualClock())
    registry.record("x" * 500, 1)
    registry.record("x" * 501, 1)
    assert {name: stats.count for name, stats in registry.operations().items()} == {"x" * 120: 2}


def test_windows_forget_what_the_totals_keep() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    registry.record("db:load", 1)
    assert counts(registry) == {0: 1, 1: 1, 5: 1, 15: 1}
    clock.advance(s=90)
    registry.tick()
    registry.record("db:load", 1)
    assert counts(registry) == {0: 2, 1: 1, 5: 2, 15: 2}
    clock.advance(s=6 * 60)
    assert counts(registry) == {0: 2, 1: 0, 5: 0, 15: 2}
    clock.advance(s=16 * 60)
    assert counts(registry) == {0: 2, 1: 0, 5: 0, 15: 0}


def test_a_long_pause_empties_the_windows_at_once() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    registry.record("db:load", 1)
    clock.advance(s=30 * 86_400)
    assert counts(registry) == {0: 1, 1: 0, 5: 0, 15: 0}


def test_the_slowest_example_is_a_recent_one() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    registry.record("db:load", 5)
    registry.operation("db:load").live.slowest = Example(
        duration_ns=5, at=clock.now(), process="web-1", facts=(("round_id", "r1"),)
    )
    (stats,) = registry.snapshot()
    assert stats.slowest is not None
    assert stats.slowest.facts == {"round_id": "r1"}
    clock.advance(s=17 * 60)
    (stats,) = registry.snapshot()
    assert (stats.max_ms, stats.slowest) == (0.000005, None)


def test_snapshots_merge_over_processes_as_if_one_had_measured() -> None:
    one, other, both = Registry(ManualClock()), Registry(ManualClock()), Registry(ManualClock())
    for registry in (one, both):
        registry.record("db:load", 1_000_000)
    for registry in (other, both):
        registry.record("db:load", 9_000_000, error=True)
        registry.record("redis:publish", 20_000)
    shared = [decode_snapshot(encode_snapshot(snapshot_of(registry))) for registry in (one, other)]
    assert merge_snapshots(shared) == both.snapshot()


def test_a_snapshot_survives_its_journey() -> None:
    registry = Registry(ManualClock())
    registry.record("db:load", 1_000_000)
    snapshot = msgspec.structs.replace(
        snapshot_of(registry), gauges={"outbox_age_seconds": 2.5}, counters={"bells_lost": 1}
    )
    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot


@pytest.mark.parametrize("shared", [b"", b"\xc1", b"{}", encode_snapshot(snapshot_of(Registry()))[:-1]])
def test_bytes_that_are_no_snapshot_are_unreadable(shared: bytes) -> None:
    with pytest.raises(SnapshotUnreadable):
        decode_snapshot(shared)


def test_merging_nothing_gives_nothing() -> None:
    assert merge_snapshots([]) == ()


@pytest.mark.parametrize(
    ("operation", "threshold_ms"),
    [("db:load", 50), ("db:save", 100), ("db:slow_report", 5000), ("game:blackjack", 200)],
)
def test_the_most_exact_threshold_wins(operation: str, threshold_ms: float) -> None:
    thresholds = Thresholds(overrides={"db:*": 100, "db:slow*": 5000, "db:load": 50})
    assert threshold_ms == thresholds.of(operation)


def test_operations_do_not_share_numbers() -> None:
    registry = Registry(ManualClock())
    registry.record("a", 1)
    assert registry.operations()["a"] is not registry.operations()["a"]
    registry.operations()["a"].merge(Stats(errors=9))
    assert registry.operations()["a"].errors == 0
