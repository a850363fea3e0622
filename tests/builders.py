"""Builders of tables, states and scripts, so that a test names only what it is about."""

from collections.abc import Sequence
from random import Random

from economy.money import Money
from games.blackjack.commands import Act, Command, Deal, Expire, PlaceBet, TakeSeat
from games.blackjack.decide import decide
from games.blackjack.events import Event
from games.blackjack.evolve import fold
from games.blackjack.rules import Rules
from games.blackjack.state import TableConfig, new_table
from games.blackjack.terms import Move
from games.cards import Card, parse_cards
from games.shoe import Dealer, ScriptedDealer, unshuffled

NOTHING_SPECIAL = "2S 3S 4S 5S 6S 7S 8S 9S " * 8
"""Cards that follow a test's own ones where it does not matter which."""


class ShuffledDealer:
    """Deals any number of shoes, each shuffled by a seed; the same seed gives the same shoes."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._orders: dict[tuple[int, tuple[str, ...], int], list[Card]] = {}
        self._rounds = 0

    def order(self, shoe_number: int, client_seeds: tuple[str, ...], decks: int) -> Sequence[Card]:
        """A shoe's cards in drawing order; other client seeds give another order."""
        key = (shoe_number, client_seeds, decks)
        if key not in self._orders:
            cards = unshuffled(decks)
            Random(repr((self._seed, key))).shuffle(cards)
            self._orders[key] = cards
        return self._orders[key]

    def replace(self, shoe_number: int, client_seeds: tuple[str, ...], cards: Sequence[Card]) -> None:
        """Let a shoe have another order."""
        self._orders[shoe_number, client_seeds, len(cards) // 52] = list(cards)

    def commitment(self, shoe_number: int) -> str:
        """A stand-in that names the shoe."""
        return f"{shoe_number:064x}"

    def round_id(self) -> str:
        """Names that are counted."""
        self._rounds += 1
        return f"round-{self._rounds}"


class Table:
    """A table in a test: asks the rules and keeps the state that follows."""

    def __init__(self, config: TableConfig, dealer: Dealer) -> None:
        self.dealer = dealer
        self.state = new_table(config, commitment=dealer.commitment(1), next_commitment=dealer.commitment(2))

    def do(self, *commands: Command) -> tuple[Event, ...]:
        """Let the commands happen; gives the events of the last one."""
        events: tuple[Event, ...] = ()
        for command in commands:
            events = decide(self.state, command, self.dealer)
            self.state = fold(self.state, events)
        return events

    def sit(self, *seats: int) -> "Table":
        """Seat `user-N` at seat N."""
        for seat in seats:
            self.do(TakeSeat(user_id=user(seat), name=f"Player {seat}", seat=seat))
        return self

    def bet(self, bets: dict[int, int]) -> "Table":
        """Let seats bet."""
        for seat, amount in bets.items():
            self.do(PlaceBet(user_id=user(seat), amount=Money(amount)))
        return self

    def deal(self) -> tuple[Event, ...]:
        """Deal to those who have bet."""
        return self.do(Deal(connected=frozenset()))

    def act(self, seat: int, move: Move, *, hand: int | None = None) -> tuple[Event, ...]:
        """Move, with the hand whose turn it is or the given one."""
        turn = self.state.turn
        index = hand if hand is not None else (turn.hand if turn else 0)
        return self.do(Act(user_id=user(seat), round_id=self.state.round_id or "", hand=index, move=move))

    def expire(self) -> tuple[Event, ...]:
        """Let the deadline pass."""
        return self.do(Expire())


def user(seat: int) -> str:
    """The id of the user whom builders put there."""
    return f"user-{seat}"


def a_config(*, rules: Rules | None = None, seats: int = 3, max_bet: int = 100_000) -> TableConfig:
    """A table from one cent up, with a time of its own for each phase."""
    return TableConfig(
        table_id="test-1",
        name="Test",
        rules=rules or Rules(),
        min_bet=Money(1),
        max_bet=Money(max_bet),
        seats=seats,
        betting_ms=1_000,
        turn_ms=2_000,
        insurance_ms=3_000,
        pause_ms=4_000,
    )


def a_table(cards: str = "", *, rules: Rules | None = None, seats: int = 3) -> Table:
    """A table that deals these cards first, at which nobody sits."""
    dealer = ScriptedDealer(parse_cards(cards + " " + NOTHING_SPECIAL))
    return Table(a_config(rules=rules, seats=seats), dealer)


def a_dealt_table(
    cards: str, bets: dict[int, int] | None = None, *, rules: Rules | None = None, seats: int = 3
) -> Table:
    """A table at which the cards are dealt: seat 1 with 100 cents where no bets are given."""
    bets = bets or {1: 100}
    table = a_table(cards, rules=rules, seats=seats).sit(*bets).bet(bets)
    table.deal()
    return table
