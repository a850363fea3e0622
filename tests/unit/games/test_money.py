"""Money is whole cents."""

import pytest

from economy.money import MAX_CENTS, AmountError, Money, cents, part_down


@pytest.mark.parametrize("amount", [0, 1, -1, MAX_CENTS, -MAX_CENTS])
def test_whole_cents_within_bounds_are_money(amount: int) -> None:
    assert cents(amount) == amount


@pytest.mark.parametrize("amount", [True, False, 1.0, 0.5, "1", None, MAX_CENTS + 1, -MAX_CENTS - 1])
def test_anything_else_is_refused(amount: object) -> None:
    with pytest.raises(AmountError):
        cents(amount)  # type: ignore[arg-type] # the wrong types are the point


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "expected"),
    [
        (5, 3, 2, 7),
        (1001, 1, 2, 500),
        (1, 1, 2, 0),
        (5, 6, 5, 6),
        (4, 6, 5, 4),
        (0, 3, 2, 0),
        (100, 1, 1, 100),
    ],
)
def test_a_part_is_rounded_down(amount: int, numerator: int, denominator: int, expected: int) -> None:
    assert part_down(Money(amount), numerator, denominator) == expected


@pytest.mark.parametrize("part", [(-1, 1, 2), (1, -1, 2), (1, 1, 0), (1, 1, -2)])
def test_there_is_no_part_of_less_than_nothing(part: tuple[int, int, int]) -> None:
    amount, numerator, denominator = part
    with pytest.raises(AmountError):
        part_down(Money(amount), numerator, denominator)
