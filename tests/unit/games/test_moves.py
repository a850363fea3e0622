"""Every move on two cards: under each combination of the rules that matter, exactly the naive blackjack's."""

from itertools import product

from games.blackjack.moves import legal_by
from games.blackjack.rules import Rules, parse_rules
from games.cards import parse_cards
from tests.unit.games.oracle import Held, Round, points
from tests.unit.games.stacked import CHOICES, RANKS

# ruff: noqa: SIM300 - expected stands before actual

MATTER = (
    "double", "double_after_split", "max_hands", "resplit_aces", "hit_split_aces", "split_by", "surrender",
)  # fmt: skip
PAIRS = [[f"{first}S", f"{second}H"] for first, second in product(RANKS, RANKS)]


def due(rules: dict[str, object], cards: list[str], hands: int) -> list[str]:
    """What the naive blackjack lets one of so many hands do."""
    held = [Held(cards, 100) for _ in range(hands)]
    naive = Round({"rules": rules, "seats": []}, [], lambda _: None)
    return naive.moves(held, held[0])


def differences(rules: dict[str, object], live: Rules) -> list[object]:
    """Where the live moves are others. Cards of 21 are not asked; nor is a hand that could only stand."""
    legal = legal_by(live)
    found: list[object] = []
    for hands, cards in product(range(1, live.max_hands + 1), PAIRS):
        moves = [move.value for move in legal.of(parse_cards(" ".join(cards)), hands)]
        expected = due(rules, cards, hands) or ["stand"]
        if points(cards) < 21 and expected != moves:
            found.append((rules, hands, cards, moves))
    return found


def test_all_moves_on_two_cards_under_all_rules_are_those_of_the_naive_blackjack() -> None:
    found = []
    for values in product(*(CHOICES[key] for key in MATTER)):
        rules = dict(zip(MATTER, values, strict=True))
        found += differences(rules, parse_rules(rules))
    assert [] == found
