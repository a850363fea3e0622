"""A split is exact, fair to a cent, and the same in every order."""

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economy.money import Money
from economy.shares import Holder, Part, ShareError, fingerprint, split

RUN = UUID(int=1)


def holders_of(*shares: int) -> list[Holder]:
    return [
        Holder(user_id=UUID(int=number), wallet_id=1_000 + number, shares=held)
        for number, held in enumerate(shares, 1)
    ]


def amounts(parts: tuple[Part, ...]) -> dict[int, int]:
    return {part.wallet_id - 1_000: part.amount for part in parts}


holdings = st.lists(st.integers(0, 2**50), min_size=1, max_size=60).filter(any)
totals = st.integers(0, 2**55)


@pytest.mark.parametrize(
    ("total", "shares", "expected"),
    [
        (100, (1, 1), {1: 50, 2: 50}),
        (10, (1, 2), {1: 3, 2: 7}),
        (10, (2, 1), {1: 7, 2: 3}),
        (1_333, (100, 200, 0, 33), {1: 400, 2: 801, 4: 132}),
        (1, (1, 1_000), {2: 1}),
        (0, (1, 2), {}),
        (5, (0, 7), {2: 5}),
        (2**55, (2**50, 2**50), {1: 2**54, 2: 2**54}),
    ],
)
def test_the_largest_remainders_get_the_cents_that_are_left(
    total: int, shares: tuple[int, ...], expected: dict[int, int]
) -> None:
    assert amounts(split(Money(total), holders_of(*shares), run_id=RUN)) == expected


@given(total=totals, shares=holdings)
def test_the_parts_sum_to_the_total_and_none_is_zero(total: int, shares: list[int]) -> None:
    parts = split(Money(total), holders_of(*shares), run_id=RUN)
    assert sum(part.amount for part in parts) == total
    assert all(part.amount > 0 for part in parts)


@given(total=totals, shares=holdings)
def test_everybody_is_within_a_cent_of_the_exact_part(total: int, shares: list[int]) -> None:
    found = amounts(split(Money(total), holders_of(*shares), run_id=RUN))
    whole = sum(shares)
    for number, held in enumerate(shares, 1):
        assert abs(found.get(number, 0) * whole - total * held) < whole


@given(total=totals, shares=holdings)
def test_who_holds_more_never_gets_less(total: int, shares: list[int]) -> None:
    found = amounts(split(Money(total), holders_of(*shares), run_id=RUN))
    ranked = sorted((held, found.get(number, 0)) for number, held in enumerate(shares, 1))
    for (less, poorer), (more, richer) in pairwise(ranked):
        assert less == more or poorer <= richer


@given(total=totals, shares=holdings, data=st.data())
def test_the_order_of_the_members_changes_nothing(total: int, shares: list[int], data: st.DataObject) -> None:
    holders = holders_of(*shares)
    shuffled = data.draw(st.permutations(holders))
    assert split(Money(total), holders, run_id=RUN) == split(Money(total), shuffled, run_id=RUN)
    assert fingerprint(holders) == fingerprint(shuffled)


def test_parts_come_in_order_of_wallet() -> None:
    parts = split(Money(1_000), holders_of(*range(1, 30))[::-1], run_id=RUN)
    assert [part.wallet_id for part in parts] == sorted(part.wallet_id for part in parts)


def test_ties_fall_differently_from_run_to_run() -> None:
    winners = {
        split(Money(1), holders_of(1, 1, 1, 1), run_id=UUID(int=run))[0].user_id for run in range(1, 200)
    }
    assert len(winners) == 4


@pytest.mark.parametrize("shares", [(), (0,), (0, 0), (-1, 2), (2, -1)])
def test_shares_that_are_none_can_not_be_split_by(shares: tuple[int, ...]) -> None:
    with pytest.raises(ShareError):
        split(Money(10), holders_of(*shares), run_id=RUN)


def test_a_total_below_zero_or_a_holder_twice_is_refused() -> None:
    (one,) = holders_of(1)
    other = Holder(user_id=UUID(int=9), wallet_id=one.wallet_id, shares=1)
    for total, holders in ((-1, [one]), (1, [one, one]), (1, [one, other])):
        with pytest.raises(ShareError):
            split(Money(total), holders, run_id=RUN)


@given(shares=holdings, data=st.data())
def test_a_fingerprint_changes_with_any_share(shares: list[int], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(shares) - 1))
    changed = [held + (number == index) for number, held in enumerate(shares)]
    assert fingerprint(holders_of(*shares)) != fingerprint(holders_of(*changed))
    assert fingerprint(holders_of(*shares)) == fingerprint(holders_of(*shares, 0))
