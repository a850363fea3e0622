"""Cards are conserved: drawn in the shoes' order, none left out, none twice, and all lie on the table."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from games.blackjack.history import round_record
from games.blackjack.rules import Rules, cut_card
from games.blackjack.state import TableState
from games.blackjack.terms import Phase
from games.blackjack.view import view
from games.cards import HIDDEN, TEXT, Card, card_texts
from tests.builders import ShuffledDealer
from tests.unit.games.lives import Place, Watcher, live
from tests.unit.games.walks import any_rules

LIVES = settings(max_examples=60, deadline=None, derandomize=True)


def follow(rules: Rules, seed: int, *, seats: int, rounds: int, voids: float = 0) -> Watcher:
    """Watch a life, and check at every step what holds of its cards."""
    dealer, watcher = ShuffledDealer(seed), Watcher(rules.decks, seats)
    round_start = 0
    for step in live(rules, dealer, Random(seed), seats=seats, rounds=rounds, voids=voids):
        watcher.hear(step.events)
        if step.after.phase is Phase.BETTING:
            assert step.after.position < cut_card(rules, rules.decks)
            round_start = len(watcher.in_order)
        places = watcher.in_order[round_start:]
        check_table(step.after, watcher, places)
        if step.after.phase is Phase.SETTLED:
            drawn = [card_at(place, watcher, dealer, rules.decks) for place in places]
            assert card_texts(drawn) == round_record(step.after, dealer).cards
    check_order(watcher, dealer, rules.decks)
    return watcher


def card_at(place: Place, watcher: Watcher, dealer: ShuffledDealer, decks: int) -> Card:
    """The card that the dealer's shoe has there."""
    return dealer.order(place.shoe_number, watcher.seeds[place.shoe_number], decks)[place.behind]


def check_table(state: TableState, watcher: Watcher, places: list[Place]) -> None:
    """The cards of the round so far are those on the table, a hidden one for the one that nobody has seen."""
    shown = view(state, version=1, deadline=None, deadline_ms=None)
    on_table = Counter(shown.dealer.cards)
    for seat in shown.seats:
        for hand in seat.hands:
            on_table.update(hand.cards)
    drawn = Counter(TEXT[watcher.seen[place]] if place in watcher.seen else HIDDEN for place in places)
    assert drawn == on_table
    assert watcher.shoe == (shown.shoe_number, 52 * state.decks - shown.cards_left)


def check_order(watcher: Watcher, dealer: ShuffledDealer, decks: int) -> None:
    """From each shoe the cards came in its order from the first on; what was seen is what lay there."""
    by_shoe: dict[int, list[int]] = {}
    for place in watcher.in_order:
        by_shoe.setdefault(place.shoe_number, []).append(place.behind)
    assert list(by_shoe) == sorted(by_shoe)
    for places in by_shoe.values():
        assert places == list(range(len(places)))
    for place, card in watcher.seen.items():
        assert card == card_at(place, watcher, dealer, decks)


@LIVES
@given(rules=any_rules, seed=st.integers(0, 9_999), seats=st.integers(1, 7))
def test_cards_come_in_the_shoes_order_under_any_rules(rules: Rules, seed: int, seats: int) -> None:
    watcher = follow(rules, seed, seats=seats, rounds=6)
    assert watcher.hole is None
    assert set(watcher.in_order) == set(watcher.seen)


@pytest.mark.parametrize("peeks", [True, False])
def test_cards_come_in_order_through_shoes_that_run_out_in_mid_round(*, peeks: bool) -> None:
    rules = Rules(decks=1, penetration=0.9, dealer_peeks=peeks)
    watcher = follow(rules, 1, seats=7, rounds=60)
    assert watcher.ran_out >= 10
    assert set(watcher.in_order) == set(watcher.seen)


def test_cards_come_in_order_where_rounds_are_voided() -> None:
    watcher = follow(Rules(decks=1), 2, seats=5, rounds=60, voids=0.05)
    assert len(watcher.seeds) >= 20
    assert len(watcher.seen) < len(watcher.in_order)  # hole cards of voided rounds are never shown
