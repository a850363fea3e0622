"""Runs and payouts: their steps, what is paid, and when."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economy.money import Money
from economy.payouts import (
    PAYOUT_STEPS,
    RUN_STEPS,
    IllegalStep,
    PayoutStatus,
    Planned,
    RunStatus,
    SkipReason,
    Terms,
    decide,
    dividend,
    latest_due,
    next_due,
    period_of,
    step,
)
from economy.shares import Holder, fingerprint

RUN = UUID(int=1)
WEEKLY = "0 0 * * 0"

RUN_LEGAL = {
    ("SCHEDULING", "RUNNING"), ("SCHEDULING", "CANCELLED"), ("RUNNING", "COMPLETED"),
    ("RUNNING", "CANCELLED"), ("COMPLETED", "RUNNING"),
}  # fmt: skip
PAYOUT_LEGAL = {
    ("SCHEDULED", "PAID"), ("SCHEDULED", "SKIPPED"), ("SCHEDULED", "FAILED"), ("SCHEDULED", "CANCELLED"),
    ("FAILED", "SCHEDULED"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), list(product(RunStatus, RunStatus)))
def test_a_run_takes_the_steps_of_its_table_and_no_other(before: RunStatus, after: RunStatus) -> None:
    if (before.value, after.value) in RUN_LEGAL:
        assert step(RUN_STEPS, before, after) is after
    else:
        with pytest.raises(IllegalStep):
            step(RUN_STEPS, before, after)


@pytest.mark.parametrize(("before", "after"), list(product(PayoutStatus, PayoutStatus)))
def test_a_payout_takes_the_steps_of_its_table_and_no_other(
    before: PayoutStatus, after: PayoutStatus
) -> None:
    if (before.value, after.value) in PAYOUT_LEGAL:
        assert step(PAYOUT_STEPS, before, after) is after
    else:
        with pytest.raises(IllegalStep):
            step(PAYOUT_STEPS, before, after)


@pytest.mark.parametrize(
    ("treasury", "bps", "minimum", "reserve", "expected"),
    [
        (10_000, 10_000, 0, 0, 10_000),
        (10_000, 500, 0, 0, 500),
        (10_019, 500, 0, 0, 500),
        (10_020, 500, 0, 0, 501),
        (10_000, 5_000, 0, 4_000, 3_000),
        (10_000, 10_000, 10_000, 0, 10_000),
        (10_000, 10_000, 10_001, 0, SkipReason.BELOW_MINIMUM),
        (10_000, 10_000, 0, 10_000, SkipReason.NOTHING_TO_PAY),
        (10_000, 10_000, 0, 10_001, SkipReason.NOTHING_TO_PAY),
        (19, 500, 0, 0, SkipReason.NOTHING_TO_PAY),
        (0, 10_000, 0, 0, SkipReason.NOTHING_TO_PAY),
    ],
)
def test_the_dividend_is_a_part_of_what_is_above_the_reserve(
    treasury: int, bps: int, minimum: int, reserve: int, expected: int | SkipReason
) -> None:
    terms = Terms(dividend_bps=bps, minimum_payout=minimum, reserve=reserve)
    assert dividend(Money(treasury), terms) == expected


@given(
    treasury=st.integers(0, 2**50),
    bps=st.integers(1, 10_000),
    reserve=st.integers(0, 2**50),
    shares=st.lists(st.integers(0, 2**40), max_size=20),
)
def test_a_payout_never_touches_the_reserve(treasury: int, bps: int, reserve: int, shares: list[int]) -> None:
    holders = [Holder(user_id=UUID(int=n), wallet_id=n, shares=held) for n, held in enumerate(shares)]
    terms = Terms(dividend_bps=bps, minimum_payout=0, reserve=reserve)
    parts = decide(Money(treasury), terms, holders, run_id=RUN)
    if not isinstance(parts, SkipReason):
        assert 0 < sum(part.amount for part in parts) <= treasury - reserve


def test_a_plan_binds_or_nothing_is_paid() -> None:
    terms = Terms(dividend_bps=1, minimum_payout=10**6, reserve=10**6)
    holders = [Holder(user_id=UUID(int=n), wallet_id=n, shares=n) for n in (1, 3)]
    planned = Planned(amount=Money(40), shares_fingerprint=fingerprint(holders))
    parts = decide(Money(40), terms, holders, run_id=RUN, planned=planned)
    assert not isinstance(parts, SkipReason)
    assert [part.amount for part in parts] == [10, 30]
    assert decide(Money(39), terms, holders, run_id=RUN, planned=planned) is SkipReason.PLAN_CHANGED
    assert decide(Money(40), terms, holders[:1], run_id=RUN, planned=planned) is SkipReason.PLAN_CHANGED
    assert decide(Money(40), terms, (), run_id=RUN, planned=planned) is SkipReason.PLAN_CHANGED


SUNDAY = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "latest", "following"),
    [
        (SUNDAY, SUNDAY, SUNDAY + timedelta(days=7)),
        (SUNDAY + timedelta(microseconds=1), SUNDAY, SUNDAY + timedelta(days=7)),
        (SUNDAY - timedelta(milliseconds=1), SUNDAY - timedelta(days=7), SUNDAY),
        (SUNDAY + timedelta(days=6, hours=23), SUNDAY, SUNDAY + timedelta(days=7)),
        (
            datetime(2026, 11, 22, 1, 30, tzinfo=timezone(timedelta(hours=2))),
            SUNDAY - timedelta(days=7),
            SUNDAY,
        ),
    ],
)
def test_what_is_due_is_told_in_utc(now: datetime, latest: datetime, following: datetime) -> None:
    assert (latest_due(WEEKLY, now), next_due(WEEKLY, now)) == (latest, following)


def test_a_period_has_the_name_of_its_due_time() -> None:
    assert period_of(SUNDAY) == "2026-11-22T00:00Z"
    assert period_of(SUNDAY.astimezone(timezone(timedelta(hours=-7)))) == "2026-11-22T00:00Z"
