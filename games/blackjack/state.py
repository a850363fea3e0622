"""The state of one table: all of what is decided, and nothing that is secret.

A card that nobody may see yet is only known by its place in a shoe. Records are stored as arrays, so fields
are only ever appended, with a default, and two versions of the program can work on the same table.
"""

from typing import Final

import msgspec

from economy.money import Money
from games.blackjack.rules import Rules
from games.blackjack.terms import HandStatus, OnTimeout, Outcome, Phase
from games.cards import Card
from games.shoe import shoe_size

SCHEMA: Final = 1


class TableConfig(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What an operator sets about a table. Money in cents; fields are only ever appended."""

    table_id: str
    name: str
    rules: Rules = Rules()
    min_bet: Money = Money(100)
    max_bet: Money = Money(100_000)
    seats: int = 5
    betting_ms: int = 15_000
    turn_ms: int = 15_000
    insurance_ms: int = 8_000
    pause_ms: int = 5_000
    seat_hold_ms: int = 60_000
    on_timeout: OnTimeout = OnTimeout.SAFE
    hints: bool = True
    game: str = "blackjack"


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """Whose move it is: seat (from 1) and hand (from 0)."""

    seat: int
    hand: int


class HoleCard(msgspec.Struct, frozen=True, array_like=True):
    """Where the dealer's hidden card lies: shoe and index in it (from 0)."""

    shoe_number: int
    index: int


class RoundShoe(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What a round drew from one shoe: `cards` of them from index `first_card` on."""

    shoe_number: int
    commitment: str
    client_seeds: tuple[str, ...]
    decks: int
    first_card: int
    cards: int


class Hand(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One hand of a seat. `bet` includes what was doubled; `payout` is what came back, stake included."""

    cards: tuple[Card, ...]
    bet: Money
    status: HandStatus = HandStatus.PLAYING
    outcome: Outcome | None = None
    payout: Money | None = None
    doubled: bool = False


class Seat(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One seat, empty where `user_id` is None.

    `bet` is the initial stake of the round. `insurance` is None until it is answered, 0 when it is
    declined. `actions` are the answers and moves of the round in their order. `client_seed` counts for
    the next shoe that starts, and for that one alone.
    """

    user_id: str | None = None
    name: str | None = None
    bet: Money = Money(0)
    insurance: Money | None = None
    insurance_payout: Money = Money(0)
    hands: tuple[Hand, ...] = ()
    actions: tuple[str, ...] = ()
    client_seed: str = ""
    is_leaving: bool = False


class TableState(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One table. `seats` in seat order; `earlier_shoes` are those that ran out in the round in play."""

    schema: int = SCHEMA
    config: TableConfig
    pending_config: TableConfig | None = None
    is_closing: bool = False
    phase: Phase = Phase.WAITING
    round_id: str | None = None
    shoe_number: int
    decks: int
    commitment: str
    next_commitment: str
    client_seeds: tuple[str, ...]
    position: int = 0
    first_card: int = 0
    is_shoe_finished: bool = False
    earlier_shoes: tuple[RoundShoe, ...] = ()
    dealer: tuple[Card, ...] = ()
    hole: HoleCard | None = None
    turn: Turn | None = None
    seats: tuple[Seat, ...]

    @property
    def cards_left(self) -> int:
        """How many cards of the shoe in play are not dealt; the hole card is."""
        return shoe_size(self.decks) - self.position


class StateError(Exception):
    """The stored bytes are no state of a table."""


def new_table(config: TableConfig, *, commitment: str, next_commitment: str) -> TableState:
    """A table nobody sits at yet: shoe 1 in play without client seeds, shoe 2 committed to."""
    return TableState(
        config=config,
        shoe_number=1,
        decks=config.rules.decks,
        commitment=commitment,
        next_commitment=next_commitment,
        client_seeds=("",) * config.seats,
        seats=(Seat(),) * config.seats,
    )


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(TableState)


def encode_state(state: TableState) -> bytes:
    """The state as compact bytes."""
    return _ENCODER.encode(state)


def decode_state(data: bytes) -> TableState:
    """The state of these bytes; raises `StateError`."""
    try:
        return _DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise StateError(str(error)) from error


def stakes(state: TableState) -> Money:
    """What must lie in the table's escrow now, in cents."""
    return Money(sum(seat_stakes(state, seat) for seat in state.seats))


def seat_stakes(state: TableState, seat: Seat) -> Money:
    """What one seat has at stake now, insurance included, in cents."""
    if state.phase is Phase.BETTING:
        return seat.bet
    if state.phase in {Phase.INSURANCE, Phase.PLAYING}:
        return Money(sum(hand.bet for hand in seat.hands) + (seat.insurance or 0))
    return Money(0)


def seat_of(state: TableState, user_id: str) -> int | None:
    """The seat (from 1) that this user has, or None."""
    for number, seat in enumerate(state.seats, start=1):
        if seat.user_id == user_id:
            return number
    return None


def has_live_hand(state: TableState, seat: Seat) -> bool:
    """Whether the seat has a stake in a round that is dealt and not settled."""
    return state.phase in {Phase.INSURANCE, Phase.PLAYING} and bool(seat.hands)


def shoes_of_round(state: TableState) -> tuple[RoundShoe, ...]:
    """The shoes that the round has drawn from, in order; the last is the one in play."""
    current = RoundShoe(
        shoe_number=state.shoe_number,
        commitment=state.commitment,
        client_seeds=state.client_seeds,
        decks=state.decks,
        first_card=state.first_card,
        cards=state.position - state.first_card,
    )
    return (*state.earlier_shoes, current)
