"""Between rounds: who leaves, what changes, which shoe comes into play, and whether the table goes on."""

from games.blackjack.decision import Decision
from games.blackjack.events import (
    BetCleared,
    ConfigChanged,
    RoundStarted,
    SeatLeft,
    TableClosed,
    TableEmptied,
    TimerSet,
)
from games.blackjack.state import TableConfig, TableState, seat_stakes
from games.blackjack.terms import Phase


def go_on(decision: Decision) -> None:
    """Start the next round, wait for players, or close; to be called when no stake is on the table."""
    if decision.state.is_closing:
        close_now(decision)
        return
    for number, seat in enumerate(decision.state.seats, start=1):
        if seat.is_leaving:
            empty_seat(decision, number)
    renew_table(decision)
    if any(seat.user_id for seat in decision.state.seats):
        start_round(decision)
    else:
        decision.emit(TableEmptied())
        decision.emit(TimerSet(ms=None))


def start_round(decision: Decision) -> None:
    """Take bets for a new round."""
    decision.emit(RoundStarted(round_id=decision.new_round_id()))
    decision.emit(TimerSet(ms=decision.state.config.betting_ms))


def close_now(decision: Decision) -> None:
    """Close the table: bets that are not dealt go back, everybody gets up, and a shoe that was used ends."""
    for number in range(1, len(decision.state.seats) + 1):
        empty_seat(decision, number)
    if decision.state.position > 0:
        decision.finish_shoe()
    renew_table(decision)
    decision.emit(TableClosed())
    decision.emit(TimerSet(ms=None))


def free_seat(decision: Decision, number: int) -> None:
    """Let a player without a live hand get up; the table waits once the last one left while betting."""
    empty_seat(decision, number)
    state = decision.state
    if state.phase is Phase.BETTING and not any(seat.user_id for seat in state.seats):
        go_on(decision)


def empty_seat(decision: Decision, number: int) -> None:
    """Give back a stake that is not dealt, and free the seat if anybody has it."""
    state = decision.state
    seat = state.seats[number - 1]
    if seat.user_id is None:
        return
    stake = seat_stakes(state, seat)
    if stake:
        decision.emit(BetCleared(seat=number, user_id=seat.user_id, amount=stake))
    decision.emit(SeatLeft(seat=number, user_id=seat.user_id))


def renew_table(decision: Decision) -> None:
    """Apply the config that waits; bring the next shoe into play if this one is finished.

    A shoe is dealt under the rules and for the seats that stood when it was committed to, else whoever sets
    them could choose its order among several. So other rules or seats end the shoe in play, and the next one
    too, undealt, where a player has given a seed for it.
    """
    config = decision.state.pending_config
    if config is not None:
        if _is_shoe_bound_to_other(decision.state, config):
            decision.finish_shoe()
            if any(seat.client_seed for seat in decision.state.seats):
                decision.start_shoe()
                decision.finish_shoe()
        for number in range(config.seats + 1, len(decision.state.seats) + 1):
            empty_seat(decision, number)
        decision.emit(ConfigChanged(config=config))
    if decision.state.is_shoe_finished:
        decision.start_shoe()


def _is_shoe_bound_to_other(state: TableState, config: TableConfig) -> bool:
    return config.rules != state.config.rules or config.seats != len(state.seats)
