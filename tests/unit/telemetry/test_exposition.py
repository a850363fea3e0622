"""Prometheus text: read back by Prometheus' own parser."""

from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from telemetry.exposition import prometheus_text
from telemetry.registry import Registry
from telemetry.snapshots import Process, Snapshot
from tests.fakes import ManualClock


def snapshot(process: str, registry: Registry, **numbers: dict[str, float]) -> Snapshot:
    """What a process shares."""
    return Snapshot(
        process=Process(
            process=process,
            kind="web",
            pid=7,
            version="1.2",
            uptime_s=60,
            rss_bytes=1 << 20,
            loop_lag_ms=2.5,
            connections=3,
        ),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        operations=registry.operations(),
        **numbers,
    )


def samples(text: bytes) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by its name and the values of its labels, in order of their names."""
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_operations_are_histograms_and_counters_of_each_process() -> None:
    registry = Registry(ManualClock())
    for duration_ms in (0.4, 3, 150, 20_000):
        registry.record("game:blackjack", int(duration_ms * 1e6))
    registry.record("game:blackjack", 150_000_000, error=True)
    found = samples(prometheus_text([snapshot("web-1", registry)]))
    name, labels = "casino_operation_duration_seconds", ("game:blackjack", "web-1")
    assert found[f"{name}_count", labels] == 5
    assert found[f"{name}_sum", labels] == pytest.approx(20.3034)
    expected = {"0.0005": 1, "0.0025": 1, "0.005": 2, "0.1": 2, "0.2": 4, "10.0": 4, "+Inf": 5}
    assert expected == {bound: found[f"{name}_bucket", (bound, *labels)] for bound in expected}
    assert found["casino_operation_errors_total", labels] == 1
    assert found["casino_operation_refusals_total", labels] == 0


def test_every_family_has_a_type_and_help() -> None:
    registry = Registry(ManualClock())
    registry.record("db:load", 1)
    text = prometheus_text(
        [snapshot("web-1", registry, gauges={"outbox_age_seconds": 1.5}, counters={"bells_lost": 2})]
    )
    types = {
        family.name: (family.type, bool(family.documentation))
        for family in text_string_to_metric_families(text.decode())
    }
    assert types == {
        "casino_operation_duration_seconds": ("histogram", True),
        "casino_operation_errors": ("counter", True),
        "casino_operation_refusals": ("counter", True),
        "casino_operation_cancellations": ("counter", True),
        "casino_process": ("gauge", True),
        "casino_process_uptime_seconds": ("gauge", True),
        "casino_process_resident_memory_bytes": ("gauge", True),
        "casino_event_loop_lag_seconds": ("gauge", True),
        "casino_connections": ("gauge", True),
        "casino_outbox_age_seconds": ("gauge", True),
        "casino_bells_lost": ("counter", True),
    }


def test_all_processes_are_in_one_picture() -> None:
    one, other = Registry(ManualClock()), Registry(ManualClock())
    one.record("db:load", 1)
    other.record("db:load", 1)
    found = samples(prometheus_text([snapshot("web-1", one, gauges={"pool": 4}), snapshot("web-2", other)]))
    counted = {
        key: value for key, value in found.items() if key[0] == "casino_operation_duration_seconds_count"
    }
    assert [key[1] for key in counted] == [("db:load", "web-1"), ("db:load", "web-2")]
    assert found["casino_event_loop_lag_seconds", ("web-2",)] == 0.0025
    assert found["casino_pool", ("web-1",)] == 4


@pytest.mark.parametrize("name", ['http:GET "/x"', "a\nb", "back\\slash", "ü{}", "casino_x 1\n# HELP y"])
def test_a_strange_name_stays_one_label(name: str) -> None:
    registry = Registry(ManualClock())
    registry.record(name, 1)
    found = samples(prometheus_text([snapshot("web-1", registry, gauges={"a b-c": 1})]))
    assert found["casino_operation_duration_seconds_count", (name, "web-1")] == 1
    assert found["casino_a_b_c", ("web-1",)] == 1


def test_nothing_measured_is_still_valid() -> None:
    assert samples(prometheus_text([])) == {}
