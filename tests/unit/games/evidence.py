"""How surprising a count is: p-values of chi-square and normal statistics, without a library for it.

A p-value here is two-sided: the chance that fair play gives a statistic as far out as this one, on its side
or the other, so that counts which are too even are found too. Tests refuse what is below `FALSE_ALARM`.
"""

from collections.abc import Hashable, Iterable, Mapping
from math import erfc, exp, fsum, lgamma, log, sqrt
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)

FALSE_ALARM = 1e-6
"""A test refuses fair play once in a million choices of its seeds; the seeds are fixed, so in fact never."""


def normal_p(z: float) -> float:
    """The p-value of a statistic that is standard normal under fair play."""
    return erfc(abs(z) / sqrt(2))


def chi_square_p(statistic: float, degrees: int) -> float:
    """The two-sided p-value of a chi-square statistic."""
    above = chi_square_above(statistic, degrees)
    return min(1.0, 2 * min(above, 1 - above))


def chi_square_above(statistic: float, degrees: int) -> float:
    """The chance that chi-square with so many degrees of freedom is above this.

    The regularised upper incomplete gamma function at half of both: a series below its mean, a continued
    fraction above (Abramowitz and Stegun, Handbook of Mathematical Functions, 6.5.29 and 6.5.31).
    """
    a, x = degrees / 2, statistic / 2
    if x <= 0:
        return 1.0
    scale = exp(a * log(x) - x - lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while term > total * 1e-15:
            n += 1
            term *= x / n
            total += term
        return 1 - scale * total
    fraction = 0.0
    for n in range(_depth(x), 0, -1):
        fraction = n * (n - a) / (x + 2 * n + 1 - a - fraction)
    return scale / (x + 1 - a - fraction)


def counts_p(counts: Mapping[Cell, int], chances: Mapping[Cell, float]) -> float:
    """The p-value of independent counts against the chances of all that can be."""
    assert set(counts) <= set(chances)
    assert abs(fsum(chances.values()) - 1) < 1e-9
    total = sum(counts.values())
    statistic = fsum(
        (counts.get(cell, 0) - total * chance) ** 2 / (total * chance) for cell, chance in chances.items()
    )
    return chi_square_p(statistic, len(chances) - 1)


def even_p(counts: Mapping[Cell, int], cells: int) -> float:
    """The p-value of independent counts against so many equally likely cells."""
    total = sum(counts.values())
    expected = total / cells
    statistic = fsum((count - expected) ** 2 for count in counts.values()) / expected
    return chi_square_p(statistic + (cells - len(counts)) * expected, cells - 1)


def mean_p(values: Iterable[float], mean: float) -> float:
    """The p-value of the average of independent values that have this mean under fair play."""
    seen = list(values)
    average = fsum(seen) / len(seen)
    variance = fsum((value - average) ** 2 for value in seen) / (len(seen) - 1)
    return normal_p((average - mean) / sqrt(variance / len(seen)))


def _depth(x: float) -> int:
    """Terms of the continued fraction that leave no error worth naming, for all that tests ask."""
    return 200 + int(10 * sqrt(x))
