"""Many stacked rounds in a row, and what they have shown."""

from collections import Counter
from collections.abc import Iterable, Mapping
from random import Random

from tests.unit.games.coverage import seen
from tests.unit.games.differential import compare
from tests.unit.games.oracle import Json
from tests.unit.games.stacked import all_rules


def tour(seed: str, rules: Iterable[Json]) -> Counter[str]:
    """A stacked round by each of the rules; gives in how many rounds each thing was seen.

    A round that fails says its own seed, with which it can be told alone.
    """
    counts: Counter[str] = Counter()
    for number, combination in enumerate(rules):
        try:
            played, result, fault = compare(Random(f"{seed}/{number}"), combination)
        except BaseException as error:
            error.add_note(f"round {seed}/{number} by {dict(combination)}")
            raise
        counts.update({*seen(played, result), f"fault: {fault}", "rounds"})
        counts["decisions"] += len(played.answers)
        counts["cards"] += result["cards_used"]
        counts["hands"] += sum(len(hands) for hands in played.hands)
    return counts


def table_of(counts: Mapping[str, int]) -> str:
    """The counts, one a line."""
    return "\n".join(f"{counts[name]:>12,}  {name}" for name in sorted(counts))


def tour_of_all_rules(decks: int) -> Counter[str]:
    """One stacked round by every combination of the rules object with so many decks."""
    return tour(f"soak {decks}", (rules for rules in all_rules() if rules["decks"] == decks))
