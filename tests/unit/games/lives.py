"""A table's life in which every seat plays each round, and a watcher who follows its cards by the events."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from economy.money import Money
from games.blackjack.commands import Command, Deal, Expire, PlaceBet, SetClientSeed, TakeSeat, Void
from games.blackjack.decide import decide_and_evolve
from games.blackjack.events import (
    DealerDrew,
    Event,
    HandDoubled,
    HandHit,
    HoleCardRevealed,
    RoundDealt,
    ShoeStarted,
    SplitCardDealt,
)
from games.blackjack.rules import Rules
from games.blackjack.state import TableState, new_table
from games.blackjack.terms import Phase
from games.cards import Card
from games.shoe import Dealer
from tests.builders import a_config, user
from tests.unit.games.walks import fitting_act


class Step(NamedTuple):
    """One command of a life: the table before it, what it made happen, and the table after."""

    before: TableState
    command: Command
    events: tuple[Event, ...]
    after: TableState


def new_life(rules: Rules, seats: int) -> TableState:
    """A table for lives, at which nobody sits."""
    return new_table(a_config(rules=rules, seats=seats), commitment="c1", next_commitment="c2")


def live(
    rules: Rules, dealer: Dealer, chance: Random, *, seats: int, rounds: int, voids: float = 0
) -> Iterator[Step]:
    """All seats sit down, and in each round all bet and answer by chance.

    Before every other round a seat gives a client seed, and now and then a round is voided.
    """
    state = new_life(rules, seats)

    def do(command: Command) -> Step:
        nonlocal state
        before = state
        events, state = decide_and_evolve(before, command, dealer)
        return Step(before, command, events, state)

    for seat in range(1, seats + 1):
        yield do(TakeSeat(user_id=user(seat), name=f"Player {seat}", seat=seat))
    for number in range(rounds):
        if number % 2:
            seat = chance.randrange(1, seats + 1)
            yield do(SetClientSeed(user_id=user(seat), client_seed=f"seed {number}"))
        for seat in range(1, seats + 1):
            yield do(PlaceBet(user_id=user(seat), amount=Money(chance.randrange(1, 1_001))))
        yield do(Deal(connected=frozenset()))
        while state.phase in {Phase.INSURANCE, Phase.PLAYING}:
            is_voided = chance.random() < voids
            yield do(Void(reason="test") if is_voided else fitting_act(state, chance.randrange(60)))
        yield do(Expire())


class Place(NamedTuple):
    """Where a card lies: in which shoe, behind how many cards."""

    shoe_number: int
    behind: int


class Watcher:
    """Follows every drawn card by the events alone. `hole` is the place of a card that nobody has seen."""

    def __init__(self, decks: int, seats: int) -> None:
        self._size = 52 * decks
        self.shoe = Place(1, 0)
        self.seeds: dict[int, tuple[str, ...]] = {1: ("",) * seats}
        self.seen: dict[Place, Card] = {}
        self.in_order: list[Place] = []
        self.hole: Place | None = None
        self.ran_out = 0
        self._left_over: list[Place] = []

    def hear(self, events: Sequence[Event]) -> None:
        """Follow the events."""
        for event in events:
            match event:
                case ShoeStarted():
                    self._start(event)
                case RoundDealt():
                    self._deal(event)
                case HandHit() | HandDoubled() | SplitCardDealt() | DealerDrew():
                    self._draw([event.card], event.position)
                case HoleCardRevealed():
                    assert self.hole is not None
                    self.seen[self.hole] = event.card
                    self.hole = None
                case _:
                    pass

    def _start(self, event: ShoeStarted) -> None:
        assert event.shoe_number == self.shoe.shoe_number + 1
        if event.ran_out:
            self.ran_out += 1
            self._left_over = [
                Place(self.shoe.shoe_number, index) for index in range(self.shoe.behind, self._size)
            ]
        self.shoe = Place(event.shoe_number, 0)
        self.seeds[event.shoe_number] = event.client_seeds

    def _deal(self, event: RoundDealt) -> None:
        firsts, seconds = zip(*(hand.cards for hand in event.hands), strict=True)
        hidden = [None] * (event.hole is not None)
        self._draw([*firsts, event.up_card, *seconds, *hidden], event.position)
        self.hole = None
        if event.hole is not None:
            self.hole = self.in_order[-1]
            assert self.hole == (event.hole.shoe_number, event.hole.index)

    def _draw(self, cards: Sequence[Card | None], position: int) -> None:
        """The cards came from what was left of the shoe before, and from this one up to the new position."""
        number, start = self.shoe
        places = self._left_over + [Place(number, index) for index in range(start, position)]
        self._left_over, self.shoe = [], Place(number, position)
        self.in_order += places
        for place, card in zip(places, cards, strict=True):
            if card is not None:
                self.seen[place] = card
