"""The live engine against the naive blackjack by every combination of the rules object (`make soak`)."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from math import prod
from multiprocessing import get_context

import pytest

from tests.bench.output import say
from tests.unit.games.coverage import NAMES
from tests.unit.games.spoiling import FAULTS
from tests.unit.games.stacked import CHOICES
from tests.unit.games.tours import table_of, tour_of_all_rules

COMBINATIONS = prod(len(values) for values in CHOICES.values())
"""331,776: each combination of everything but the penetration is played with six of those."""

AT_LEAST = 20
"""How often each rare thing must have come; most come thousands of times."""


@pytest.mark.timeout(3_600)
def test_every_combination_of_the_rules_is_played_as_the_naive_blackjack_plays_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for part in pool.map(tour_of_all_rules, CHOICES["decks"]):
            counts += part
    with capsys.disabled():
        say("differential", f"in how many of the rounds\n{table_of(counts)}")
    assert counts["rounds"] == COMBINATIONS
    wanted = NAMES | {f"fault: {name}" for name in FAULTS}
    assert {name for name in wanted if counts[name] < AT_LEAST} == set()
