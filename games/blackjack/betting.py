"""Bets before the deal, and what ends the betting."""

from games.blackjack.between import go_on
from games.blackjack.commands import ClearBet, Deal, Expire, PlaceBet
from games.blackjack.decision import Decision
from games.blackjack.errors import BetOutOfRange, BettingClosed, NotReady, StaleRound
from games.blackjack.events import BetCleared, BetPlaced, TimerSet
from games.blackjack.play import deal
from games.blackjack.seating import keep_seat, own_seat
from games.blackjack.state import TableState


def place_bet(decision: Decision, command: PlaceBet) -> None:
    """Set the seat's whole stake. Whoever bets is back and stays."""
    state = decision.state
    number = _betting_seat(state, command)
    config = state.config
    if not config.min_bet <= command.amount <= config.max_bet:
        raise BetOutOfRange(config.min_bet, config.max_bet)
    keep_seat(decision, number)
    previous = state.seats[number - 1].bet
    decision.emit(
        BetPlaced(seat=number, user_id=command.user_id, amount=command.amount, previous=previous),
    )


def clear_bet(decision: Decision, command: ClearBet) -> None:
    """Give the stake back; nothing happens without one."""
    number = _betting_seat(decision.state, command)
    bet = decision.state.seats[number - 1].bet
    keep_seat(decision, number)
    if bet:
        decision.emit(BetCleared(seat=number, user_id=command.user_id, amount=bet))


def refuse_bet(decision: Decision, command: PlaceBet | ClearBet) -> None:
    """Refuse a bet while none is taken: a missing seat and a round that is over come first."""
    _betting_seat(decision.state, command)
    raise BettingClosed


def deal_early(decision: Decision, command: Deal) -> None:
    """Deal when somebody has bet and every connected seat has; raises `NotReady` before that."""
    seats = decision.state.seats
    waits = any(
        seat.user_id and not seat.bet
        for number, seat in enumerate(seats, start=1)
        if number in command.connected
    )
    if waits or not any(seat.bet for seat in seats):
        raise NotReady
    deal(decision)


def end_betting(decision: Decision, command: Expire) -> None:
    """Deal at the deadline. Without a bet it starts again, in a new round where the table is to change."""
    del command
    state = decision.state
    if any(seat.bet for seat in state.seats):
        deal(decision)
    elif state.pending_config is not None:
        go_on(decision)
    else:
        decision.emit(TimerSet(ms=state.config.betting_ms))


def _betting_seat(state: TableState, command: PlaceBet | ClearBet) -> int:
    number = own_seat(state, command.user_id)
    if command.round_id is not None and command.round_id != state.round_id:
        raise StaleRound
    return number
