"""What tells that shoes of one deck are shuffled evenly: p-values of nine statistics over many orders.

Each statistic's law under fair shuffling is exact or, for chi-square with large expected counts and for
averages of many shoes, its limit.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tests.unit.games.evidence import chi_square_p, even_p, mean_p

CARDS = 52
Orders = Sequence[Sequence[int]]


def evidence(orders: Orders) -> dict[str, float]:
    """The p-value of each statistic. The 104 of single places and cards count as two, by their smallest."""
    return {
        "places": places_p(orders),
        "worst place": worst_place_p(orders),
        "worst card": worst_place_p([_inverse(order) for order in orders]),
        "four cards": even_p(Counter(_ranking(order, range(4)) for order in orders), 24),
        "first four places": even_p(Counter(_ranks(order[:4]) for order in orders), 24),
        "last four places": even_p(Counter(_ranks(order[-4:]) for order in orders), 24),
        "neighbours": neighbours_p(orders),
        "serial correlation": serial_p(orders),
        "shoe to shoe": shoe_to_shoe_p(orders),
    }


def places_p(orders: Iterable[Sequence[int]], *, copies: int = 1) -> float:
    """Chi-square over how often which card lies at which place, of shoes with so many copies of each card.

    An order's table of zeros and ones, less its mean, varies alike in all (n - 1) x 51 directions that it
    has, n being the number of cards (symmetry); so (n - 1) / n of the usual sum over the cells is chi-square
    with that many degrees of freedom.
    """
    counts: Counter[tuple[int, int]] = Counter()
    total = 0
    for order in orders:
        counts.update(enumerate(order))
        total += 1
    places = CARDS * copies
    expected = total / CARDS
    seen = sum((count - expected) ** 2 for count in counts.values()) / expected
    unseen = (places * CARDS - len(counts)) * expected
    return chi_square_p((seen + unseen) * (places - 1) / places, (places - 1) * (CARDS - 1))


def worst_place_p(orders: Orders) -> float:
    """The smallest of the 52 places' own p-values, times 52 (Bonferroni)."""
    columns = zip(*orders, strict=True)
    return min(1.0, CARDS * min(even_p(Counter(column), CARDS) for column in columns))


def neighbours_p(orders: Orders) -> float:
    """Chi-square over ordered pairs of neighbours, one pair from each shoe, so that they are independent."""
    pairs: Counter[tuple[int, int]] = Counter()
    for number, order in enumerate(orders):
        place = number % (CARDS - 1)
        pairs[order[place], order[place + 1]] += 1
    return even_p(pairs, CARDS * (CARDS - 1))


def serial_p(orders: Orders) -> float:
    """The sum of the products of neighbours, cards counted from their mean.

    Two different cards of a deck have the mean product -S / (52 * 51), S the sum of squares, so 51 pairs of
    neighbours have -S / 52.
    """
    middle = (CARDS - 1) / 2
    squares = sum((card - middle) ** 2 for card in range(CARDS))
    sums = (
        sum((one - middle) * (next_one - middle) for one, next_one in pairwise(order)) for order in orders
    )
    return mean_p(sums, -squares / CARDS)


def shoe_to_shoe_p(orders: Orders) -> float:
    """Chi-square over the first cards of a shoe and of the one after it."""
    pairs = Counter((one[0], other[0]) for one, other in zip(orders[::2], orders[1::2], strict=False))
    return even_p(pairs, CARDS * CARDS)


def _inverse(order: Sequence[int]) -> list[int]:
    """Where each card lies."""
    places = [0] * len(order)
    for place, card in enumerate(order):
        places[card] = place
    return places


def _ranking(order: Sequence[int], cards: Iterable[int]) -> tuple[int, ...]:
    """In which order some cards of the deck come."""
    wanted = set(cards)
    return tuple(card for card in order if card in wanted)


def _ranks(cards: Sequence[int]) -> tuple[int, ...]:
    """The cards as a deck of four: their ranks among themselves."""
    ranked = sorted(cards)
    return tuple(ranked.index(card) for card in cards)
