"""Sitting down, getting up, and the seed a player gives."""

from typing import Final

from games.blackjack.between import free_seat, start_round
from games.blackjack.commands import Kick, LeaveSeat, SetClientSeed, TakeSeat, Vacate
from games.blackjack.decision import Decision
from games.blackjack.errors import (
    AlreadySeated,
    InvalidPayload,
    NotSeated,
    SeatOccupied,
    TableIsClosed,
    UnknownSeat,
)
from games.blackjack.events import ClientSeedSet, SeatKept, SeatLeaving, SeatTaken
from games.blackjack.state import TableState, has_live_hand, seat_of
from games.blackjack.terms import Phase

CLIENT_SEED_LENGTH: Final = 64


def own_seat(state: TableState, user_id: str) -> int:
    """The seat that this user has; raises `NotSeated`."""
    number = seat_of(state, user_id)
    if number is None:
        raise NotSeated
    return number


def take_seat(decision: Decision, command: TakeSeat) -> None:
    """Seat the player; the first one at a waiting table opens a round. One's own seat again is kept."""
    state = decision.state
    if not 0 <= command.seat <= len(state.seats):
        raise UnknownSeat
    own = seat_of(state, command.user_id)
    if own is not None:
        _keep_seat(decision, own, command.seat)
        return
    if state.is_closing:
        raise TableIsClosed
    number = command.seat or _free_seat(state)
    if state.seats[number - 1].user_id is not None:
        raise SeatOccupied
    decision.emit(SeatTaken(seat=number, user_id=command.user_id, name=command.name))
    if state.phase is Phase.WAITING:
        start_round(decision)


def leave_seat(decision: Decision, command: LeaveSeat) -> None:
    """Free the seat now, with a live hand when the round is settled; a stake that is not dealt comes back."""
    _leave(decision, own_seat(decision.state, command.user_id))


def vacate_seat(decision: Decision, command: Vacate) -> None:
    """Free the seat of a player who went away; a bet that is placed is played first."""
    state = decision.state
    number = own_seat(state, command.user_id)
    if state.phase is Phase.BETTING and state.seats[number - 1].bet:
        mark_leaving(decision, number)
    else:
        _leave(decision, number)


def kick(decision: Decision, command: Kick) -> None:
    """Free the seat as if its player had left."""
    state = decision.state
    if not 1 <= command.seat <= len(state.seats):
        raise UnknownSeat
    if state.seats[command.seat - 1].user_id is None:
        raise NotSeated
    _leave(decision, command.seat)


def set_client_seed(decision: Decision, command: SetClientSeed) -> None:
    """Note the player's seed for the next shoe; the last one before it starts counts."""
    number = own_seat(decision.state, command.user_id)
    seed = command.client_seed
    if not 1 <= len(seed) <= CLIENT_SEED_LENGTH or not seed.isprintable():
        raise InvalidPayload("client_seed")
    decision.emit(ClientSeedSet(seat=number, client_seed=seed))


def keep_seat(decision: Decision, number: int) -> None:
    """Take back that the seat's player is to leave."""
    if decision.state.seats[number - 1].is_leaving:
        decision.emit(SeatKept(seat=number))


def mark_leaving(decision: Decision, number: int) -> None:
    """Note that the seat's player leaves when the round is settled."""
    if not decision.state.seats[number - 1].is_leaving:
        decision.emit(SeatLeaving(seat=number))


def _leave(decision: Decision, number: int) -> None:
    if has_live_hand(decision.state, decision.state.seats[number - 1]):
        mark_leaving(decision, number)
    else:
        free_seat(decision, number)


def _keep_seat(decision: Decision, own: int, wanted: int) -> None:
    if wanted not in {0, own}:
        raise AlreadySeated(own)
    keep_seat(decision, own)


def _free_seat(state: TableState) -> int:
    for number, seat in enumerate(state.seats, start=1):
        if seat.user_id is None:
            return number
    raise SeatOccupied
