"""The shuffle, exactly: every order once, and no number that would favour a card."""

from collections import Counter
from itertools import chain, permutations, product

import pytest

from games.shoe import shuffled

WORD_VALUES = 2**32
KEPT = range(51, 3, -1)
"""Numbers by which every place from the fifth on keeps its card: what is left is a deck of four."""


def test_each_choice_of_numbers_gives_another_order_of_a_four_card_deck() -> None:
    orders = Counter(shuffled(1, chain(KEPT, words))[:4] for words in product(range(4), range(3), range(2)))
    assert dict.fromkeys(permutations(range(4)), 1) == orders


def test_the_numbers_count_modulo_the_cards_that_are_left() -> None:
    orders = Counter(shuffled(1, chain(KEPT, words))[:4] for words in product(range(8), range(9), range(10)))
    assert dict.fromkeys(permutations(range(4)), 8 * 9 * 10 // 24) == orders


@pytest.mark.parametrize("decks", [1, 6, 8])
def test_at_every_place_just_the_numbers_that_would_favour_a_card_are_thrown_away(decks: int) -> None:
    size = 52 * decks
    kept = list(range(size - 1, 0, -1))
    in_order = shuffled(decks, iter(kept))
    for step, place in enumerate(kept):
        limit = WORD_VALUES // (place + 1) * (place + 1)
        if limit < WORD_VALUES:
            for thrown in (limit, WORD_VALUES - 1):
                assert in_order == shuffled(decks, iter([*kept[:step], thrown, *kept[step:]]))
        used = shuffled(decks, iter([*kept[:step], limit - place - 1, *kept[step + 1 :]]))
        assert in_order[0] == used[place]
        assert in_order == shuffled(decks, iter([*kept[:step], limit - 1, *kept[step + 1 :]]))
