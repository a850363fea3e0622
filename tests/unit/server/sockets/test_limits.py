"""Token buckets: a burst, then a pace."""

from server.sockets.limits import TokenBucket
from tests.fakes import ManualClock


def test_a_burst_passes_and_then_the_pace_is_kept() -> None:
    clock = ManualClock()
    bucket = TokenBucket(clock, burst=3, per_second=2)

    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 501]
    clock.advance(ms=500)
    assert [bucket.take(), bucket.take()] == [0, 501]


def test_a_refused_token_costs_nothing() -> None:
    clock = ManualClock()
    bucket = TokenBucket(clock, burst=1, per_second=1)
    for _ in range(50):
        bucket.take()
    clock.advance(s=1)

    assert bucket.take() == 0


def test_rest_never_saves_more_than_a_burst() -> None:
    clock = ManualClock()
    bucket = TokenBucket(clock, burst=2, per_second=10)
    clock.advance(s=3600)

    assert [bucket.take() > 0 for _ in range(3)] == [False, False, True]
