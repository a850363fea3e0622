"""Shuffles of a deck from a stream of 32-bit numbers: the live one, and some that are wrong on purpose."""

from collections.abc import Callable, Iterator
from random import Random

from games.shoe import shuffled

Words = Iterator[int]
Shuffle = Callable[[Words], list[int]]
CARDS = 52


def words(seed: object) -> Words:
    """Numbers of 32 bits without end, good ones: what a shuffle makes of them is its own doing."""
    chance = Random(repr(seed))
    while True:
        yield chance.getrandbits(32)


def live(stream: Words) -> list[int]:
    """The shuffle that shoes are made with."""
    return list(shuffled(1, stream))


def with_bytes(stream: Words) -> list[int]:
    """Modulo bias: the choice is a byte modulo the cards left, and no byte is thrown away."""
    return _fisher_yates(lambda choices: next(stream) % 256 % choices)


def swapped_with_any(stream: Words) -> list[int]:
    """Each place is swapped with any place of the deck: 52**52 ways are no multiple of 52! orders."""
    cards = list(range(CARDS))
    for place in range(CARDS):
        other = next(stream) % CARDS
        cards[place], cards[other] = cards[other], cards[place]
    return cards


def sattolo(stream: Words) -> list[int]:
    """Off by one: no place may keep its card, so only orders of a single cycle come out."""
    return _fisher_yates(lambda choices: next(stream) % (choices - 1))


def without_the_last_step(stream: Words) -> list[int]:
    """Off by one at the other end: the second place is never swapped with the first."""
    return _fisher_yates(lambda choices: choices - 1 if choices == 2 else next(stream) % choices)


def riffled(stream: Words) -> list[int]:
    """Four riffles by hand and a cut: every card may be anywhere, but neighbours stay neighbours."""
    cards = list(range(CARDS))
    for _ in range(4):
        bits = [(next(stream) >> 7) & 1 for _ in cards]
        left, right = iter(cards[: bits.count(0)]), iter(cards[bits.count(0) :])
        cards = [next(right) if bit else next(left) for bit in bits]
    cut = next(stream) % CARDS
    return cards[cut:] + cards[:cut]


def _fisher_yates(choose: Callable[[int], int]) -> list[int]:
    cards = list(range(CARDS))
    for last in range(CARDS - 1, 0, -1):
        chosen = choose(last + 1)
        cards[last], cards[chosen] = cards[chosen], cards[last]
    return cards
