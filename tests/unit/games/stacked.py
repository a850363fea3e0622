"""Rounds that are stacked to be rare: random rules, seats and money, shoes full of pairs, aces and naturals.

Everything comes from one `Random`, so a round is told again by its seed. Scripts are plain JSON; a script is
finished by the naive blackjack, which says what is asked while a gambler of random temper answers.
"""

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

from tests.unit.games.oracle import Asked, Json, Round, points

PENETRATIONS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
CHOICES: dict[str, tuple[object, ...]] = {
    "decks": (1, 2, 3, 4, 5, 6, 7, 8),
    "dealer_hits_soft_17": (False, True),
    "blackjack_pays": ("3:2", "6:5", "1:1"),
    "double": ("any", "9-11", "10-11"),
    "double_after_split": (False, True),
    "max_hands": (2, 3, 4),
    "resplit_aces": (False, True),
    "hit_split_aces": (False, True),
    "split_by": ("value", "rank"),
    "surrender": ("none", "late"),
    "insurance": (False, True),
    "dealer_peeks": (False, True),
    "penetration": PENETRATIONS,
}
"""Every value of the rules object; of the penetrations, a few."""

RANKS = "A23456789TJQK"
FULL_DECK = tuple(rank + suit for suit in "SHDC" for rank in RANKS)
MOODS = {
    "shuffled": "",
    "aces": "A" * 8 + "TK" * 3 + "2345678",
    "naturals": "A" * 4 + "TJQK" * 2 + "5",
    "low": "2" * 9 + "33A",
    "sixes": "AAA" + "6" * 6 + "57T" * 2,
    "elevens": "5566" * 3 + "2389TTA",
}
"""Ranks to draw from, as often as they are named; `pairs`, which the round itself invents, is not here."""

BETS = (1, 2, 3, 5, 7, 99, 100, 101, 1_001, 10**12)


def any_rules(chance: Random) -> dict[str, object]:
    """One of all the combinations."""
    return {key: chance.choice(values) for key, values in CHOICES.items()}


def all_rules() -> Iterator[dict[str, object]]:
    """Every combination."""
    for values in product(*CHOICES.values()):
        yield dict(zip(CHOICES, values, strict=True))


def stacked_cards(chance: Random, decks: int, up_card: int) -> Iterator[str]:
    """Cards without end; often the card at index `up_card` is an ace or a ten with a natural behind it."""
    mood = chance.choice([*MOODS, "pairs", "pairs", "aces", *["low"] * (decks < 3)])
    ranks = MOODS.get(mood) or "".join(chance.choices(RANKS, k=2)) * 6 + RANKS
    placed: dict[int, str] = {}
    if chance.random() < 0.3:
        placed[up_card] = chance.choice("AAATK")
    if chance.random() < 0.15:
        placed[2 * up_card + 1] = "T" if placed.get(up_card) == "A" else "A"
    index = 0
    while True:
        drawn = _real_shoe(chance, decks) if mood == "shuffled" else _from(ranks, chance)
        for card in drawn:
            yield placed[index] + card[1] if index in placed else card
            index += 1


def _real_shoe(chance: Random, decks: int) -> list[str]:
    return chance.sample(FULL_DECK * decks, k=52)


def _from(ranks: str, chance: Random) -> Iterator[str]:
    suits = chance.choices("SHDC", k=16)
    return map("".join, zip(chance.choices(ranks, k=16), suits, strict=True))


class Gambler:
    """Answers by chance, inclined one way or another; takes only what is legal and affordable."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._weights = {
            "split": chance.choice([1, 20]),
            "double": chance.choice([0.2, 2, 20]),
            "surrender": chance.choice([0.1, 1]),
            "insure": chance.choice([0.3, 3]),
            "decline_insurance": 1,
            "stand": chance.choice([0.5, 2]),
        }
        self._nerve = chance.choice([11, 15, 19])

    def choose(self, asked: Asked) -> str:
        """One of the moves."""
        weights = self._weights | {"hit": 8 if points(list(asked.cards)) <= self._nerve else 0.3}
        moves = [move for move in asked.moves if asked.price(move) <= asked.balance]
        return self._chance.choices(moves, [weights[move] for move in moves])[0]


def stacked_round(chance: Random, rules: Json) -> tuple[dict[str, Any], Round, Json]:
    """A script that fits its round, the naive blackjack after it, and the result that is due."""
    seats = [
        _seat(chance, number) for number in chance.sample(range(1, 8), k=chance.choice([1, 1, 2, 3, 5, 7]))
    ]
    gambler = Gambler(chance)
    script: dict[str, Any] = {"rules": rules, "seats": seats}
    cards = stacked_cards(chance, int(rules["decks"]), len(seats))
    played = Round(script, cards, gambler.choose)
    result = played.play()
    script["cards"] = [*played.drawn, *(next(cards) for _ in range(chance.choice([0, 0, 5])))]
    for seat in seats:
        seat["actions"] = [word for asked, word in played.answers if asked.seat == seat["seat"]]
    return script, played, result


def _seat(chance: Random, number: int) -> dict[str, Any]:
    bet = chance.choice([*BETS, chance.randrange(1, 100_000)])
    seat = {"seat": number, "bet": bet}
    if chance.random() < 0.4:
        seat["balance"] = chance.choice([0, bet // 2, bet, bet + bet // 2, 2 * bet, 3 * bet - 1])
    return seat
