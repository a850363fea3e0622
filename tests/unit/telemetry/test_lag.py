"""The loop's lag: measured, alerted, and blamed on the line that caused it."""

import asyncio
import heapq
import sys
from collections.abc import Awaitable, Callable

import pytest

from telemetry.alerts import Alerts
from telemetry.blame import LoopWatch, place_of
from telemetry.clock import SystemClock
from telemetry.lag import LOOP_LAG, LagProbe
from telemetry.logs import subscribe
from telemetry.records import Record
from telemetry.registry import Registry, Window
from tests.fakes import ManualClock


def late_by(clock: ManualClock, *lags_ms: float) -> Callable[[float], Awaitable[None]]:
    """A sleep that wakes so much too late, one time after the other, and is cancelled at the end."""
    left = list(lags_ms)

    async def sleep(seconds: float) -> None:
        if not left:
            raise asyncio.CancelledError
        clock.advance(s=seconds, ms=left.pop(0))

    return sleep


async def test_lag_is_recorded_and_its_last_and_worst_are_known() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    probe = LagProbe(registry, clock, sleep=late_by(clock, 1, 30, 2))
    with pytest.raises(asyncio.CancelledError):
        await probe.run()
    stats = registry.operations()[LOOP_LAG]
    assert (stats.count, stats.min_ns, stats.max_ns) == (3, 1_000_000, 30_000_000)
    assert (probe.last_ms, probe.recent_max_ms) == (2.0, 30.0)


async def test_the_worst_lag_is_forgotten_after_a_while() -> None:
    clock = ManualClock()
    probe = LagProbe(Registry(clock), clock, sleep=late_by(clock, 30, *[1] * 100))
    with pytest.raises(asyncio.CancelledError):
        await probe.run()
    assert probe.recent_max_ms == 1.0


async def test_a_late_loop_is_logged_and_alerted_and_cleared() -> None:
    clock = ManualClock()
    alerts = Alerts(clock)
    lines: list[Record] = []
    end = subscribe(lines.append)
    probe = LagProbe(Registry(clock), clock, alerts=alerts, sleep=late_by(clock, 200, 201, 450))
    with pytest.raises(asyncio.CancelledError):
        await probe.run()
    end()
    assert [(line["type"], line["operation"], line["duration_ms"]) for line in lines] == [
        ("performance_warning", LOOP_LAG, 201.0),
        ("performance_warning", LOOP_LAG, 450.0),
    ]
    (alert,) = alerts.open_alerts()
    assert (alert.type, alert.duration_ms, alert.threshold_ms) == ("performance_warning", 450.0, 200.0)
    again = LagProbe(Registry(clock), clock, alerts=alerts, sleep=late_by(clock, *[0] * 700))
    with pytest.raises(asyncio.CancelledError):
        await again.run()
    assert alerts.open_alerts() == ()


async def test_the_probe_closes_the_registrys_slices() -> None:
    clock = ManualClock()
    registry = Registry(clock)
    registry.record("db:load", 1)
    with pytest.raises(asyncio.CancelledError):
        await LagProbe(registry, clock, sleep=late_by(clock, *[0] * 1300)).run()
    assert registry.operation("db:load").stats(Window.ONE_MINUTE).count == 0


def block_until(watch: LoopWatch) -> None:
    """Keep the thread busy until the watch has seen it."""
    while not watch.has_seen.is_set():
        sum(range(100))


async def test_a_blocked_loop_is_blamed_on_the_line_that_blocks_it() -> None:
    clock = SystemClock()
    registry, alerts = Registry(clock), Alerts(clock)
    watch = LoopWatch(clock, late_after_ms=20)
    wakes = 0

    async def sleep(seconds: float) -> None:
        nonlocal wakes
        wakes += 1
        if wakes == 2:
            raise asyncio.CancelledError
        block_until(watch)

    watch.start()
    try:
        probe = LagProbe(
            registry, clock, alerts=alerts, threshold_ms=1, interval_s=0.001, sleep=sleep, watch=watch
        )
        with pytest.raises(asyncio.CancelledError):
            await probe.run()
    finally:
        watch.stop()
    (alert,) = alerts.open_alerts()
    assert alert.facts["blocked_at"].startswith("unit/telemetry/test_lag.py:")
    assert alert.facts["blocked_at"].endswith(" block_until")


def test_a_place_in_a_library_is_blamed_on_who_called_it() -> None:
    places: list[str | None] = []

    def key(number: int) -> int:
        places.append(place_of(sys._getframe(1)))
        return number

    assert list(heapq.merge([1], [2], key=key)) == [1, 2]
    assert places[0] is not None
    assert "test_lag.py:" in places[0]
    assert place_of(None) is None
