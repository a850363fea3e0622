"""The p-values that statistical tests judge by, against published tables."""

import pytest

from tests.unit.games.evidence import chi_square_above, chi_square_p, counts_p, even_p, mean_p, normal_p


@pytest.mark.parametrize(
    ("degrees", "statistic", "above"),
    [
        (1, 3.841, 0.05),
        (1, 10.828, 0.001),
        (10, 18.307, 0.05),
        (23, 49.728, 0.001),
        (100, 124.342, 0.05),
        (100, 149.449, 0.001),
        (10, 3.940, 0.95),
        (100, 67.328, 0.995),
    ],
)
def test_chi_square_is_as_tabled(degrees: int, statistic: float, above: float) -> None:
    """NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4, critical values of chi-square."""
    assert pytest.approx(above, rel=2e-3) == chi_square_above(statistic, degrees)


def test_chi_square_of_many_degrees_is_nearly_normal() -> None:
    assert pytest.approx(0.5, abs=0.005) == chi_square_above(2600, 2601)
    assert pytest.approx(0.0228, abs=0.002) == chi_square_above(2601 + 2 * 72.1, 2601)
    assert pytest.approx(0.0228, abs=0.002) == 1 - chi_square_above(2601 - 2 * 72.1, 2601)


@pytest.mark.parametrize(("z", "p"), [(0, 1), (1.96, 0.05), (-1.96, 0.05), (3.2905, 0.001)])
def test_normal_statistics_are_as_tabled(z: float, p: float) -> None:
    """NIST/SEMATECH e-Handbook, 1.3.6.7.1, both tails."""
    assert pytest.approx(p, rel=1e-3) == normal_p(z)


def test_counts_that_are_too_even_are_as_suspicious_as_uneven_ones() -> None:
    assert chi_square_p(20, 100) < 1e-12
    assert chi_square_p(250, 100) < 1e-12
    assert even_p(dict.fromkeys(range(101), 1_000_000), 101) == 0


def test_counts_are_held_against_their_chances() -> None:
    """The classic example: 4 chances of a quarter each, counts 20, 30, 20, 30 give 4.0 on 3 degrees."""
    counts = {"a": 20, "b": 30, "c": 20, "d": 30}
    assert pytest.approx(0.2615, abs=1e-4) == chi_square_above(4.0, 3)
    assert pytest.approx(2 * 0.2615, abs=1e-3) == even_p(counts, 4)
    assert pytest.approx(even_p(counts, 4)) == counts_p(counts, dict.fromkeys("abcd", 0.25))
    assert pytest.approx(2 * 0.0455, abs=1e-4) == counts_p({"a": 60, "b": 40}, {"a": 0.5, "b": 0.5})


def test_what_was_never_seen_counts_too() -> None:
    assert pytest.approx(counts_p({"a": 30}, {"a": 0.5, "b": 0.5})) == even_p({"a": 30}, 2)
    assert even_p({"a": 30}, 2) < 1e-6


def test_an_average_is_held_against_its_mean() -> None:
    assert mean_p([1, 2, 3, 4, 5], 3) == 1
    assert mean_p([1, 2, 3, 4, 5] * 100, 3.5) < 1e-6
