"""Shoes are shuffled evenly: chi-square tests on fixed seeds, so that a failure is a bug and not bad luck."""

from collections import Counter
from itertools import pairwise, permutations
from math import sqrt

from games.cards import DECK
from games.fairness import shoe_order
from games.shoe import shuffled

SHOES = 20_000
SEVEN_SIGMA = 7.0


def seed(number: int) -> bytes:
    """The server seed of the n-th shoe."""
    return number.to_bytes(32, "big")


def chi_square_deviation(counts: Counter[object], cells: int, total: int) -> float:
    """By how many standard deviations chi-square is away from its mean, for equally likely cells."""
    expected = total / cells
    seen = sum((count - expected) ** 2 / expected for count in counts.values())
    unseen = (cells - len(counts)) * expected
    degrees = cells - 1
    return abs(seen + unseen - degrees) / sqrt(2 * degrees)


def test_every_card_is_equally_likely_at_every_place() -> None:
    counts: Counter[object] = Counter()
    for number in range(SHOES):
        order = shoe_order(seed(number), ("",), "soak-1", number, 1)
        counts.update(enumerate(order))
    for place in range(len(DECK)):
        of_place: Counter[object] = Counter({card: counts[place, card] for card in DECK})
        assert chi_square_deviation(of_place, len(DECK), SHOES) < SEVEN_SIGMA


def test_neighbours_are_not_correlated() -> None:
    pairs: Counter[object] = Counter()
    for number in range(SHOES):
        order = shoe_order(seed(number), ("",), "soak-2", number, 1)
        pairs.update(pairwise(order))
    cells = len(DECK) * (len(DECK) - 1)
    assert chi_square_deviation(pairs, cells, sum(pairs.values())) < SEVEN_SIGMA


def test_all_orders_of_the_last_four_places_are_equally_likely() -> None:
    orders: Counter[object] = Counter()
    for number in range(SHOES):
        order = shoe_order(seed(number), ("soak",), "soak-3", number, 1)[:4]
        ranked = tuple(sorted(range(4), key=order.__getitem__))
        orders[ranked] += 1
    assert set(orders) == set(permutations(range(4)))
    assert chi_square_deviation(orders, 24, SHOES) < SEVEN_SIGMA


def test_a_word_that_would_bias_a_choice_is_thrown_away() -> None:
    biased = iter(
        [2**32 - 1, *([0] * 60)]
    )  # 2**32 is no multiple of 52: the last words would favour low places
    clean = iter([0] * 60)
    assert shuffled(1, biased) == shuffled(1, clean)
