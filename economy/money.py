"""Whole cents: the one type of money, and the one way in which a part of an amount is rounded."""

from typing import NewType

Money = NewType("Money", int)

MAX_CENTS = 2**62
"""No amount reaches this: sums of two amounts still fit PostgreSQL's bigint."""


class AmountError(ValueError):
    """An amount of money is a whole number of cents within bounds."""


def cents(amount: int) -> Money:
    """Make `amount` money; raises `AmountError` for anything but an `int` between -2**62 and 2**62."""
    if type(amount) is not int:
        raise AmountError(f"not a whole number of cents: {amount!r}")
    if not -MAX_CENTS <= amount <= MAX_CENTS:
        raise AmountError(f"out of bounds: {amount}")
    return Money(amount)


def part_down(amount: Money, numerator: int, denominator: int) -> Money:
    """`numerator/denominator` of an amount of zero or more, rounded down to a whole cent."""
    if amount < 0 or numerator < 0 or denominator <= 0:
        raise AmountError(f"no part of an amount: {amount} * {numerator} / {denominator}")
    return cents(amount * numerator // denominator)
