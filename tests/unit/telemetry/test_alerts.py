"""Alerts are raised once, kept while they last, and cleared."""

import itertools

from telemetry.alerts import AlertChange, AlertRaised, AlertResolved, Alerts
from telemetry.throttle import Throttle
from tests.fakes import ManualClock


def make(clock: ManualClock) -> tuple[Alerts, list[AlertChange]]:
    """Alerts with readable ids, and what its sink was told."""
    numbers = itertools.count(1)
    alerts = Alerts(clock, process="web-1", new_id=lambda: f"alert-{next(numbers)}")
    told: list[AlertChange] = []
    alerts.subscribe(told.append)
    return alerts, told


def slow(alerts: Alerts, duration_ms: float = 300, operation: str = "db:load") -> None:
    """A slow call."""
    alerts.raise_alert(
        "performance_warning",
        operation,
        duration_ms=duration_ms,
        threshold_ms=200,
        facts={"table_id": "main-1"},
    )


def test_an_alert_says_what_the_wire_says() -> None:
    alerts, told = make(ManualClock())
    slow(alerts)
    (change,) = told
    assert isinstance(change, AlertRaised)
    assert change.alert.payload() == {
        "alert_id": "alert-1",
        "type": "performance_warning",
        "operation": "db:load",
        "duration_ms": 300,
        "threshold_ms": 200,
        "process": "web-1",
        "at": "2026-01-01T00:00:00.000Z",
        "occurrences": 1,
        "table_id": "main-1",
    }


def test_an_open_alert_is_not_raised_again_but_keeps_its_worst() -> None:
    alerts, told = make(ManualClock())
    for duration_ms in (300, 900, 400):
        slow(alerts, duration_ms)
    (alert,) = alerts.open_alerts()
    assert (len(told), alert.duration_ms, alert.occurrences) == (1, 900, 3)


def test_an_alert_is_over_a_minute_after_its_last_occurrence() -> None:
    clock = ManualClock()
    alerts, told = make(clock)
    slow(alerts)
    clock.advance(s=59)
    slow(alerts)
    clock.advance(s=59)
    alerts.sweep()
    assert len(told) == 1
    clock.advance(s=1)
    alerts.sweep()
    assert isinstance(told[1], AlertResolved)
    assert told[1].alert.alert_id == "alert-1"
    assert alerts.open_alerts() == ()


def test_a_later_occurrence_is_another_alert() -> None:
    clock = ManualClock()
    alerts, _ = make(clock)
    slow(alerts)
    clock.advance(s=61)
    alerts.sweep()
    slow(alerts)
    assert [alert.alert_id for alert in alerts.open_alerts()] == ["alert-2"]


def test_a_lasting_alert_is_over_when_it_is_said_to_be() -> None:
    clock = ManualClock()
    alerts, told = make(clock)
    alerts.raise_alert("run_overdue", "payout:schedule", lasting=True)
    clock.advance(s=86_400)
    assert [alert.type for alert in alerts.open_alerts()] == ["run_overdue"]
    alerts.resolve("run_overdue", "payout:schedule")
    alerts.resolve("run_overdue", "payout:schedule")
    assert [type(change) for change in told] == [AlertRaised, AlertResolved]


def test_alerts_past_the_limit_are_counted() -> None:
    alerts, told = make(ManualClock())
    for number in range(300):
        slow(alerts, operation=f"db:{number}")
    assert (len(told), len(alerts.open_alerts()), alerts.dropped) == (256, 256, 44)


def test_a_sink_that_fails_hurts_neither_the_caller_nor_the_other_sinks() -> None:
    alerts, told = make(ManualClock())

    def fail(change: AlertChange) -> None:
        raise RuntimeError("deaf")

    end = alerts.subscribe(fail)
    others: list[AlertChange] = []
    alerts.subscribe(others.append)
    slow(alerts)
    end()
    assert told == others
    assert len(told) == 1


def test_a_throttle_admits_a_burst_then_one_at_a_time_and_counts_the_rest() -> None:
    clock = ManualClock()
    throttle = Throttle(clock, burst=2, every_s=10)
    assert [throttle.admit("a") for _ in range(5)] == [0, 0, None, None, None]
    assert throttle.admit("b") == 0
    clock.advance(s=10)
    assert [throttle.admit("a"), throttle.admit("a")] == [3, None]


def test_a_throttle_forgets_its_oldest_key_rather_than_grow() -> None:
    throttle = Throttle(ManualClock(), burst=1, every_s=10)
    for number in range(1025):
        throttle.admit(str(number))
    assert (throttle.admit("1024"), throttle.admit("0")) == (None, 0)
