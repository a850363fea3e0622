"""Prometheus text of what all processes have measured, made by prometheus-client from their snapshots.

Every series carries the process that counted it: one that is gone takes its series along, instead of
making a sum fall, which Prometheus would take for a restart of all of them. `sum by (operation)` is the
merged view.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from telemetry.snapshots import Process, Snapshot
from telemetry.stats import Stats, bucket_middle_ns

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
NAMESPACE: Final = "casino"

BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
_BOUNDS_NS: Final = tuple(round(bound * 1e9) for bound in BOUNDS_S)

_DURATION_HELP: Final = "How long operations take. A call within 3 % of a bound may count on its other side."
_ENDINGS: Final[tuple[tuple[str, str, Callable[[Stats], int]], ...]] = (
    ("operation_errors", "Operations that failed.", lambda stats: stats.errors),
    ("operation_refusals", "Operations that were refused by the rules.", lambda stats: stats.refused),
    ("operation_cancellations", "Operations that were cancelled.", lambda stats: stats.cancelled),
)
_VITALS: Final[tuple[tuple[str, str, Callable[[Process], float]], ...]] = (
    ("process_uptime_seconds", "Time since the process started.", lambda process: process.uptime_s),
    ("process_resident_memory_bytes", "Memory that the process holds.", lambda process: process.rss_bytes),
    (
        "event_loop_lag_seconds",
        "How late the event loop was lately.",
        lambda process: process.loop_lag_ms / 1e3,
    ),
    ("connections", "Open sockets of clients.", lambda process: process.connections),
)


def prometheus_text(snapshots: Sequence[Snapshot], *, namespace: str = NAMESPACE) -> bytes:
    """The metrics of all these processes, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(snapshots, namespace))
    return generate_latest(registry)


class _Collector(Collector):
    """Hands the snapshots to prometheus-client."""

    def __init__(self, snapshots: Sequence[Snapshot], namespace: str) -> None:
        self._snapshots = snapshots
        self._namespace = namespace

    def collect(self) -> Iterable[Metric]:
        """All metrics, one family after the other."""
        yield self._durations()
        for name, text, number in _ENDINGS:
            yield self._endings(name, text, number)
        yield self._processes()
        for name, text, value in _VITALS:
            yield self._vitals(name, text, value)
        yield from self._others("gauges", GaugeMetricFamily)
        yield from self._others("counters", CounterMetricFamily)

    def _durations(self) -> Metric:
        labels = ("operation", "process")
        family = HistogramMetricFamily(
            f"{self._namespace}_operation_duration_seconds", _DURATION_HELP, labels=labels
        )
        for snapshot in self._snapshots:
            for name, stats in sorted(snapshot.operations.items()):
                family.add_metric((name, snapshot.process.process), _buckets(stats), stats.sum_ns / 1e9)
        return family

    def _endings(self, name: str, text: str, number: Callable[[Stats], int]) -> Metric:
        family = CounterMetricFamily(f"{self._namespace}_{name}", text, labels=("operation", "process"))
        for snapshot in self._snapshots:
            for operation, stats in sorted(snapshot.operations.items()):
                family.add_metric((operation, snapshot.process.process), number(stats))
        return family

    def _processes(self) -> Metric:
        labels = ("process", "kind", "version")
        family = GaugeMetricFamily(
            f"{self._namespace}_process", "The processes that run; always 1.", labels=labels
        )
        for snapshot in self._snapshots:
            process = snapshot.process
            family.add_metric((process.process, process.kind, process.version), 1)
        return family

    def _vitals(self, name: str, text: str, value: Callable[[Process], float]) -> Metric:
        family = GaugeMetricFamily(f"{self._namespace}_{name}", text, labels=("process",))
        for snapshot in self._snapshots:
            family.add_metric((snapshot.process.process,), value(snapshot.process))
        return family

    def _others(
        self, kind: str, family_type: type[GaugeMetricFamily] | type[CounterMetricFamily]
    ) -> Iterable[Metric]:
        """The numbers that processes share beside their operations."""
        numbers: list[tuple[str, dict[str, float]]] = [
            (snapshot.process.process, getattr(snapshot, kind)) for snapshot in self._snapshots
        ]
        for name in sorted({name for _, shared in numbers for name in shared}):
            text = name.replace("_", " ").capitalize() + "."
            family = family_type(f"{self._namespace}_{metric_name(name)}", text, labels=("process",))
            for process, shared in numbers:
                if name in shared:
                    family.add_metric((process,), shared[name])
            yield family


def metric_name(name: str) -> str:
    """The name with nothing in it that Prometheus forbids."""
    return re.sub(r"[^a-zA-Z0-9_]", "_", name)


def _buckets(stats: Stats) -> list[tuple[str, float]]:
    """Cumulative counts by upper bound, in seconds."""
    counts = [0] * (len(BOUNDS_S) + 1)
    for bucket, number in stats.buckets.items():
        counts[bisect_left(_BOUNDS_NS, bucket_middle_ns(bucket))] += number
    total = 0
    buckets: list[tuple[str, float]] = []
    for bound, number in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
        total += number
        buckets.append((bound, total))
    return buckets
