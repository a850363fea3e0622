"""Token buckets, a burst and then a pace; turnstiles, so many and no more."""

from server.settings import Settings
from server.sockets.limits import Pace, SocketLimits, TokenBucket, Turnstile
from tests.fakes import ManualClock


def test_a_burst_passes_and_then_the_pace_is_kept() -> None:
    clock = ManualClock()
    bucket = TokenBucket(clock, Pace(burst=3, per_second=2))

    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 501]
    clock.advance(ms=500)
    assert [bucket.take(), bucket.take()] == [0, 501]


def test_a_refused_token_costs_nothing() -> None:
    clock = ManualClock()
    bucket = TokenBucket(clock, Pace(burst=1, per_second=1))
    for _ in range(50):
        bucket.take()
    clock.advance(s=1)

    assert bucket.take() == 0


def test_rest_never_saves_more_than_a_burst() -> None:
    clock = ManualClock()
    bucket = TokenBucket(clock, Pace(burst=2, per_second=10))
    clock.advance(s=3600)

    assert [bucket.take() > 0 for _ in range(3)] == [False, False, True]


def test_a_turnstile_lets_so_many_in_and_the_next_when_one_has_left() -> None:
    turnstile = Turnstile(2, is_on=True)

    assert [turnstile.enter("ann") for _ in range(3)] == [True, True, False]
    assert turnstile.enter("bob")
    turnstile.leave("ann")
    assert [turnstile.enter("ann") for _ in range(2)] == [True, False]


def test_a_turnstile_that_is_off_lets_everybody_in() -> None:
    turnstile = Turnstile(1, is_on=False)

    assert all(turnstile.enter("ann") for _ in range(10))


def test_the_settings_say_how_many_may_be_in_and_whether_paces_are_kept() -> None:
    limits = SocketLimits.of(
        Settings(
            database_url="postgresql://localhost/casino",
            redis_url="redis://localhost",
            rate_limits=False,
            sockets_per_address=7,
            sockets_per_user=3,
            watchers_per_table=11,
        )
    )

    assert not limits.are_on
    assert (limits.sockets_per_address, limits.sockets_per_user, limits.watchers_per_table) == (7, 3, 11)
