"""How often one may try to sign in."""

import pytest

from server.errors import RateLimited
from server.identity.limits import GUEST, LOGIN_ADDRESS, LOGIN_NAME, REGISTER, Buckets, Rate, SignInLimits
from tests.fakes import ManualClock


def refusals(limits: SignInLimits, tries: int, address: str = "192.0.2.1", name: str = "moe") -> int:
    """How many of so many logins are refused."""
    refused = 0
    for _ in range(tries):
        try:
            limits.login(address, name)
        except RateLimited:
            refused += 1
    return refused


def test_a_burst_passes_and_then_one_for_each_interval() -> None:
    clock = ManualClock()
    buckets = Buckets(clock, Rate(burst=3, every_ms=1_000))
    for _ in range(3):
        assert buckets.wait_ms("a") == 0
        buckets.take("a")
    assert buckets.wait_ms("a") == 1_000
    clock.advance(ms=400)
    assert buckets.wait_ms("a") == 600
    clock.advance(ms=600)
    assert buckets.wait_ms("a") == 0


def test_a_bucket_fills_up_to_its_burst_and_no_further() -> None:
    clock = ManualClock()
    buckets = Buckets(clock, Rate(burst=2, every_ms=1_000))
    buckets.take("a")
    clock.advance(s=3_600)
    for _ in range(2):
        buckets.take("a")
    assert buckets.wait_ms("a") > 0


def test_the_buckets_of_two_keys_are_apart() -> None:
    buckets = Buckets(ManualClock(), Rate(burst=1, every_ms=1_000))
    buckets.take("a")
    assert buckets.wait_ms("a") > 0
    assert buckets.wait_ms("b") == 0


def test_no_more_keys_are_kept_than_the_limit() -> None:
    buckets = Buckets(ManualClock(), Rate(burst=1, every_ms=1_000), keys_max=10)
    for number in range(100):
        buckets.take(str(number))
    assert len(buckets) == 10
    assert buckets.wait_ms("99") > 0


def test_guesses_at_one_name_are_limited_from_whatever_address() -> None:
    limits = SignInLimits(ManualClock(), is_on=True)
    refused = sum(refusals(limits, 1, address=f"192.0.2.{number}") for number in range(30))
    assert refused == 30 - LOGIN_NAME.burst


def test_guesses_of_one_address_are_limited_at_whatever_name() -> None:
    limits = SignInLimits(ManualClock(), is_on=True)
    refused = sum(refusals(limits, 1, name=f"name {number}") for number in range(100))
    assert refused == 100 - LOGIN_ADDRESS.burst


def test_one_network_of_ipv6_counts_as_one_address() -> None:
    limits = SignInLimits(ManualClock(), is_on=True)
    refused = sum(
        refusals(limits, 1, address=f"2001:db8::{number:x}", name=f"name {number}") for number in range(100)
    )
    assert refused == 100 - LOGIN_ADDRESS.burst


def test_a_login_that_succeeded_does_not_count() -> None:
    limits = SignInLimits(ManualClock(), is_on=True)
    for _ in range(1_000):
        limits.login("192.0.2.1", "moe")
        limits.succeeded("192.0.2.1", "moe")


def test_a_refused_try_takes_nothing_and_says_how_long_to_wait() -> None:
    clock = ManualClock()
    limits = SignInLimits(clock, is_on=True)
    refusals(limits, LOGIN_NAME.burst + 50)
    with pytest.raises(RateLimited) as refusal:
        limits.login("192.0.2.1", "moe")
    assert refusal.value.retry_after_ms == LOGIN_NAME.every_ms
    clock.advance(ms=LOGIN_NAME.every_ms)
    limits.login("192.0.2.1", "moe")


@pytest.mark.parametrize(("kind", "burst"), [("register", REGISTER.burst), ("guest", GUEST.burst)])
def test_accounts_and_guests_of_one_address_are_limited(kind: str, burst: int) -> None:
    limits = SignInLimits(ManualClock(), is_on=True)
    for _ in range(burst):
        getattr(limits, kind)("192.0.2.1")
    with pytest.raises(RateLimited):
        getattr(limits, kind)("192.0.2.1")


def test_switched_off_nothing_is_limited() -> None:
    assert refusals(SignInLimits(ManualClock(), is_on=False), 1_000) == 0
