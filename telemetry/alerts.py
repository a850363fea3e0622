"""Alerts: what an operator should look at now; raised once, kept while it lasts, cleared when it is over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from telemetry.clock import Clock
from telemetry.logs import get_logger

PERFORMANCE_WARNING: Final = "performance_warning"
GAME_LOOP_LAG: Final = "game_loop_lag"

CLEAR_AFTER_S: Final = 60.0  # without another occurrence
MAX_OPEN: Final = 256  # past it, alerts are counted and not kept

log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that is wrong; `duration_ms` is the worst so far, `facts` are the ids that lead to it."""

    alert_id: str
    type: str
    operation: str
    duration_ms: float | None
    threshold_ms: float | None
    process: str
    at: datetime  # when it was raised
    occurrences: int = 1
    facts: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> dict[str, object]:
        """The alert as JSON can carry it."""
        return {
            **self.facts,
            "alert_id": self.alert_id,
            "type": self.type,
            "operation": self.operation,
            "duration_ms": self.duration_ms,
            "threshold_ms": self.threshold_ms,
            "process": self.process,
            "at": iso(self.at),
            "occurrences": self.occurrences,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """Something began to be wrong."""

    alert: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResolved:
    """It is over."""

    alert: Alert
    at: datetime


AlertChange = AlertRaised | AlertResolved
AlertSink = Callable[[AlertChange], None]


def iso(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class _Open:
    alert: Alert
    seen_ns: int
    is_lasting: bool  # cleared by `resolve` only


class Alerts:
    """This process's open alerts, one for each type and operation; sinks hear of each beginning and end."""

    def __init__(
        self,
        clock: Clock,
        *,
        process: str = "",
        clear_after_s: float = CLEAR_AFTER_S,
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._clock = clock
        self._process = process
        self._clear_after_ns = int(clear_after_s * 1e9)
        self._new_id = new_id
        self._open: dict[tuple[str, str], _Open] = {}
        self._sinks: list[AlertSink] = []
        self.dropped = 0  # alerts that came when MAX_OPEN were open

    def subscribe(self, sink: AlertSink) -> Callable[[], None]:
        """Have a sink told of every change, at once and in order; the answer ends it. A sink is quick."""
        self._sinks.append(sink)
        return lambda: self._sinks.remove(sink)

    def raise_alert(
        self,
        type_: str,
        operation: str,
        *,
        duration_ms: float | None = None,
        threshold_ms: float | None = None,
        lasting: bool = False,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """Say that something is wrong; while it is open already, its worst duration and its count are kept.

        It is over when it was not raised for a while, or, if it is `lasting`, when `resolve` says so.
        """
        key = type_, operation
        now_ns = self._clock.monotonic_ns()
        known = self._open.get(key)
        if known is not None:
            known.seen_ns = now_ns
            known.alert = _again(known.alert, duration_ms, facts)
            return
        if len(self._open) >= MAX_OPEN:
            self.dropped += 1
            return
        alert = Alert(
            alert_id=self._new_id(),
            type=type_,
            operation=operation,
            duration_ms=duration_ms,
            threshold_ms=threshold_ms,
            process=self._process,
            at=self._clock.now(),
            facts=dict(facts or {}),
        )
        self._open[key] = _Open(alert, now_ns, lasting)
        self._tell(AlertRaised(alert=alert))

    def resolve(self, type_: str, operation: str) -> None:
        """Say that it is over; nothing happens when it was not open."""
        known = self._open.pop((type_, operation), None)
        if known is not None:
            self._tell(AlertResolved(alert=known.alert, at=self._clock.now()))

    def sweep(self) -> None:
        """Resolve what did not happen again for a while; call it every few seconds."""
        before_ns = self._clock.monotonic_ns() - self._clear_after_ns
        over = [
            key for key, known in self._open.items() if not known.is_lasting and known.seen_ns <= before_ns
        ]
        for type_, operation in over:
            self.resolve(type_, operation)

    def open_alerts(self) -> tuple[Alert, ...]:
        """What is wrong now, the oldest first."""
        self.sweep()
        return tuple(known.alert for known in self._open.values())

    def _tell(self, change: AlertChange) -> None:
        for sink in tuple(self._sinks):
            try:
                sink(change)
            except Exception:  # a deaf listener must not hurt the operation that is measured
                log.exception("telemetry.alert_sink_failed", alert_id=change.alert.alert_id)


def _again(alert: Alert, duration_ms: float | None, facts: Mapping[str, str] | None) -> Alert:
    if duration_ms is not None and duration_ms > (alert.duration_ms or 0):
        return replace(
            alert,
            duration_ms=duration_ms,
            facts=dict(facts or alert.facts),
            occurrences=alert.occurrences + 1,
        )
    return replace(alert, occurrences=alert.occurrences + 1)
