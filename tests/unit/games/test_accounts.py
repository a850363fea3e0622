"""Money is conserved: every step keeps wallets, escrow and bank together, to the naive last cent."""

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from games.blackjack.commands import Void
from games.blackjack.history import round_record
from games.blackjack.rules import Rules
from games.blackjack.settle import Flow, Movement, movements, settled_stakes
from games.blackjack.state import TableState, stakes
from games.blackjack.terms import Phase
from games.blackjack.view import view
from tests.builders import ShuffledDealer, user
from tests.unit.games.lives import live
from tests.unit.games.oracle import Json, judged
from tests.unit.games.walks import any_rules

LIVES = settings(max_examples=60, deadline=None, derandomize=True)


class Books:
    """Every account there is: wallets by user, the table's escrow and its bank. All begin with nothing."""

    def __init__(self) -> None:
        self.wallets: dict[str, int] = {}
        self.escrow = 0
        self.bank = 0

    def book(self, moved: tuple[Movement, ...]) -> None:
        """Move the money, each movement between two accounts; the escrow never owes anything."""
        for movement in moved:
            assert movement.amount > 0
            match movement.kind:
                case Flow.STAKE:
                    self._pay_wallet(movement, -movement.amount)
                case Flow.RETURN:
                    self._pay_wallet(movement, movement.amount)
                case Flow.TO_BANK | Flow.FROM_BANK:
                    assert movement.user_id is None
                    gain = movement.amount if movement.kind is Flow.TO_BANK else -movement.amount
                    self.bank += gain
                    self.escrow -= gain
            assert self.escrow >= 0
        assert self.bank + self.escrow + sum(self.wallets.values()) == 0

    def _pay_wallet(self, movement: Movement, amount: int) -> None:
        assert movement.user_id == user(movement.seat or 0)
        self.wallets[movement.user_id] = self.wallets.get(movement.user_id, 0) + amount
        self.escrow -= amount


def at_stake(state: TableState) -> int:
    """What lies on the table by what everybody sees of it."""
    shown = view(state, version=1, deadline=None, deadline_ms=None)
    if shown.phase is Phase.BETTING:
        return sum(seat.bet for seat in shown.seats)
    if shown.phase in {Phase.INSURANCE, Phase.PLAYING}:
        return sum((seat.insurance or 0) + sum(hand.bet for hand in seat.hands) for seat in shown.seats)
    return 0


def due_of(record: Json) -> dict[str, int]:
    """What a round brings each user, as the naive blackjack says."""
    return {user(seat["seat"]): seat["net"] for seat in judged(record)["seats"]}


def audit(rules: Rules, seed: int, *, seats: int, rounds: int, voids: float = 0) -> Books:
    """Keep the books of a life, and compare them with the table after every step."""
    dealer, books = ShuffledDealer(seed), Books()
    before: dict[str, int] = {}
    for step in live(rules, dealer, Random(seed), seats=seats, rounds=rounds, voids=voids):
        if step.before.phase is Phase.BETTING and books.escrow == 0:
            before = dict(books.wallets)
        books.book(movements(step.before, step.events))
        assert books.escrow == at_stake(step.after) == stakes(step.after)
        settled = settled_stakes(step.before, step.events)
        if step.after.phase is Phase.SETTLED:
            gains = {name: wallet - before.get(name, 0) for name, wallet in books.wallets.items()}
            if isinstance(step.command, Void):
                assert not settled
                assert not any(gains.values())
                continue
            due = due_of(msgspec.json.decode(msgspec.json.encode(round_record(step.after, dealer))))
            assert due == gains == {stake.user_id: stake.paid - stake.staked for stake in settled}
        else:
            assert not settled
    return books


@LIVES
@given(
    rules=any_rules, seed=st.integers(0, 9_999), seats=st.integers(1, 7), voids=st.sampled_from([0, 0, 0.1])
)
def test_every_step_moves_what_the_table_shows(rules: Rules, seed: int, seats: int, voids: float) -> None:
    audit(rules, seed, seats=seats, rounds=5, voids=voids)


@pytest.mark.parametrize("peeks", [True, False])
def test_the_bank_has_what_the_players_lost_after_hundreds_of_hands(*, peeks: bool) -> None:
    books = audit(Rules(decks=1, penetration=0.9, dealer_peeks=peeks), 3, seats=7, rounds=60, voids=0.01)
    assert books.escrow == 0
    assert books.bank == -sum(books.wallets.values()) != 0
