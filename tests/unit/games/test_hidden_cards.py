"""Nothing hidden leaks: two dealers who differ in cards that nobody has seen tell the same bytes."""

from collections.abc import Sequence
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from games.blackjack.decide import decide_and_evolve
from games.blackjack.events import encode_events
from games.blackjack.rules import Rules
from games.blackjack.state import TableState, encode_state
from games.blackjack.terms import Phase
from games.blackjack.view import TableSummary, summary, view
from games.cards import DECK, Card
from games.shoe import Dealer
from tests.builders import ShuffledDealer
from tests.unit.games.lives import Place, Step, Watcher, live, new_life
from tests.unit.games.walks import any_rules

LIVES = settings(max_examples=60, deadline=None, derandomize=True)


class TwinDealer:
    """Deals what another dealer has shown, and else other cards: all that nobody has seen is different."""

    def __init__(self, dealer: Dealer, watcher: Watcher, holes: Sequence[Card], chance: Random) -> None:
        self._dealer = dealer
        self._watcher = watcher
        self._holes = holes
        self._chance = chance
        self._orders: dict[int, list[Card]] = {}

    def order(self, shoe_number: int, client_seeds: tuple[str, ...], decks: int) -> Sequence[Card]:
        """The twin's shoe; the hole card is one of those that the dealer may hold."""
        if shoe_number not in self._orders:
            order = self._dealer.order(shoe_number, client_seeds, decks)
            self._orders[shoe_number] = [
                self._card(Place(shoe_number, index), card) for index, card in enumerate(order)
            ]
        return self._orders[shoe_number]

    def _card(self, place: Place, card: Card) -> Card:
        if place in self._watcher.seen:
            return card
        candidates = self._holes if place == self._watcher.hole else DECK
        return self._chance.choice([other for other in candidates if other % 13 != card % 13])

    def commitment(self, shoe_number: int) -> str:
        """The same as the other's."""
        return self._dealer.commitment(shoe_number)

    def round_id(self) -> str:
        """The same as the other's."""
        return self._dealer.round_id()


def told(state: TableState, step_events: bytes) -> tuple[bytes, bytes, bytes, TableSummary]:
    """All that leaves the rules in a step: journal row, stored state, view, the lobby's line."""
    shown = view(state, version=1, deadline="then", deadline_ms=1)
    return step_events, encode_state(state), msgspec.json.encode(shown), summary(state, watchers=0)


def possible_holes(state: TableState) -> list[Card]:
    """The cards that may lie under the up card: no natural once the dealer has looked and play goes on."""
    up_card = min(state.dealer[0] % 13 + 1, 10) if state.dealer else 0
    if state.phase is not Phase.PLAYING or up_card not in {1, 10}:
        return list(DECK)
    return [card for card in DECK if {up_card, min(card % 13 + 1, 10)} != {1, 10}]


def check_twin(history: list[Step], rules: Rules, seats: int, seed: int) -> bool:
    """The history tells the same with other hidden cards; gives whether a hole card lies there."""
    watcher = Watcher(rules.decks, seats)
    for step in history:
        watcher.hear(step.events)
    last = history[-1].after
    holes = possible_holes(last) if watcher.hole else []
    twin = TwinDealer(ShuffledDealer(seed), watcher, holes, Random(seed))
    state = new_life(rules, seats)
    for step in history:
        events, state = decide_and_evolve(state, step.command, twin)
        assert told(step.after, encode_events(step.events)) == told(state, encode_events(events))
    shown = view(last, version=1, deadline=None, deadline_ms=None)
    is_hidden = last.phase in {Phase.INSURANCE, Phase.PLAYING} and rules.dealer_peeks
    assert ("??" in shown.dealer.cards) == is_hidden
    if last.phase in {Phase.INSURANCE, Phase.PLAYING}:
        assert len(shown.dealer.cards) == 1 + is_hidden
    return is_hidden


@LIVES
@given(
    rules=any_rules,
    seed=st.integers(0, 9_999),
    seats=st.integers(1, 7),
    cuts=st.lists(st.floats(0, 1), min_size=2, max_size=4),
)
def test_no_step_of_a_life_depends_on_a_card_that_is_not_dealt(
    rules: Rules, seed: int, seats: int, cuts: list[float]
) -> None:
    dealer = ShuffledDealer(seed)
    history = list(live(rules, dealer, Random(seed), seats=seats, rounds=4))
    for cut in cuts:
        check_twin(history[: 1 + int(cut * (len(history) - 1))], rules, seats, seed)


@pytest.mark.parametrize("peeks", [True, False])
def test_nothing_leaks_at_any_step_through_shoes_that_run_out(*, peeks: bool) -> None:
    rules = Rules(decks=1, penetration=0.9, dealer_peeks=peeks)
    seats = 7
    history = list(live(rules, ShuffledDealer(5), Random(5), seats=seats, rounds=5))
    hidden = sum(check_twin(history[:end], rules, seats, 5) for end in range(seats, len(history) + 1))
    assert (hidden > 30) == peeks
    assert history[-1].after.shoe_number > 2


def test_a_twin_tells_something_else_once_its_cards_are_dealt() -> None:
    """Else the twins would be alike, and these tests would see nothing."""
    rules = Rules(decks=1)
    history = list(live(rules, ShuffledDealer(6), Random(6), seats=3, rounds=1))
    dealt = next(i for i, step in enumerate(history) if step.after.phase is Phase.PLAYING)
    watcher = Watcher(rules.decks, 3)
    for step in history[: dealt + 1]:
        watcher.hear(step.events)
    twin = TwinDealer(ShuffledDealer(6), watcher, possible_holes(history[dealt].after), Random(6))
    state = new_life(rules, 3)
    for step in history[: dealt + 1]:
        state = decide_and_evolve(state, step.command, twin)[1]
    assert state == history[dealt].after
    hole = watcher.hole
    assert hole is not None
    assert twin.order(1, ("",) * 3, 1)[hole.behind] != ShuffledDealer(6).order(1, ("",) * 3, 1)[hole.behind]
