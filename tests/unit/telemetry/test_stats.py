"""Stats: exact where they are exact, within the stated error where they are not."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.stats import (
    LONGEST_NS,
    RELATIVE_ERROR,
    Example,
    Stats,
    bucket_middle_ns,
    bucket_of,
    merged,
)

durations = st.integers(min_value=0, max_value=LONGEST_NS)
shares = st.sampled_from((0.01, 0.07, 0.5, 0.9, 0.95, 0.99, 1.0))


def recorded(calls: list[tuple[int, bool]]) -> Stats:
    """Stats of these calls: durations in ns, and whether they failed."""
    stats = Stats()
    for duration_ns, error in calls:
        stats.record(duration_ns, error)
    return stats


calls = st.lists(st.tuples(durations, st.booleans()), max_size=30)


@st.composite
def any_stats(draw: st.DrawFn) -> Stats:
    """Stats of some calls, some of them refused or cancelled, perhaps with an example."""
    stats = recorded(draw(calls))
    stats.refused = draw(st.integers(0, 5))
    stats.cancelled = draw(st.integers(0, 5))
    if draw(st.booleans()):
        stats.slowest = Example(
            duration_ns=draw(durations),
            at=datetime(2026, 1, draw(st.integers(1, 28)), tzinfo=UTC),
            process=draw(st.sampled_from(("web-1", "web-2"))),
            facts=draw(st.sampled_from(((), (("table_id", "main-1"),)))),
        )
    return stats


@given(durations)
def test_a_bucket_stands_for_its_durations_within_the_stated_error(duration_ns: int) -> None:
    middle_ns = bucket_middle_ns(bucket_of(duration_ns))
    assert abs(middle_ns - duration_ns) <= duration_ns * RELATIVE_ERROR


@given(durations, durations)
def test_buckets_are_in_order_of_duration(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    assert bucket_of(shorter) <= bucket_of(longer)


@given(durations)
def test_record_uses_the_bucket_of_the_duration(duration_ns: int) -> None:
    assert {bucket_of(duration_ns): 1} == recorded([(duration_ns, False)]).buckets


@given(st.lists(durations, min_size=1, max_size=200), shares)
def test_percentiles_are_within_the_stated_error_of_the_exact_ones(taken: list[int], share: float) -> None:
    stats = recorded([(duration_ns, False) for duration_ns in taken])
    exact = sorted(taken)[max(1, math.ceil(share * len(taken) - 1e-9)) - 1]
    (estimated,) = stats.percentiles_ns(share)
    assert estimated is not None
    assert abs(estimated - exact) <= exact * RELATIVE_ERROR


@given(st.lists(durations, min_size=1, max_size=50))
def test_percentiles_rise_and_stay_between_the_smallest_and_the_largest(taken: list[int]) -> None:
    found = recorded([(duration_ns, False) for duration_ns in taken]).percentiles_ns(0.01, 0.5, 0.95, 1.0)
    known = [duration_ns for duration_ns in found if duration_ns is not None]
    assert known == sorted(known)
    assert min(taken) <= known[0]
    assert known[-1] <= max(taken)


@given(any_stats(), any_stats())
def test_merging_is_commutative(a: Stats, b: Stats) -> None:
    assert merged((a, b)) == merged((b, a))


@given(any_stats(), any_stats(), any_stats())
def test_merging_is_associative(a: Stats, b: Stats, c: Stats) -> None:
    assert merged((merged((a, b)), c)) == merged((a, merged((b, c))))


@given(calls, calls)
def test_merging_is_as_good_as_recording_in_one_place(
    some: list[tuple[int, bool]], others: list[tuple[int, bool]]
) -> None:
    assert recorded(some + others) == merged((recorded(some), recorded(others)))


@given(any_stats(), any_stats())
def test_merged_leaves_its_parts_alone(a: Stats, b: Stats) -> None:
    before = merged((a,)), merged((b,))
    merged((a, b)).record(5)
    assert before == (a, b)


def test_stats_without_calls_have_no_percentiles() -> None:
    stats = Stats()
    assert stats.count == 0
    assert stats.percentiles_ns(0.5, 0.99) == (None, None)


def test_errors_count_as_calls() -> None:
    stats = recorded([(1000, True), (3000, False)])
    assert (stats.count, stats.errors, stats.sum_ns, stats.min_ns, stats.max_ns) == (2, 1, 4000, 1000, 3000)


@pytest.mark.parametrize("duration_ns", [LONGEST_NS + 1, 1 << 62])
def test_a_duration_past_the_longest_counts_as_the_longest(duration_ns: int) -> None:
    assert recorded([(LONGEST_NS, False)]) == recorded([(duration_ns, False)])
