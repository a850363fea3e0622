"""What operators do with a table, and what comes after a settled round."""

from games.blackjack.between import close_now, go_on, renew_table
from games.blackjack.commands import Change, Close, Expire, Open, Void
from games.blackjack.config import check_config
from games.blackjack.decision import Decision
from games.blackjack.errors import InvalidConfig, StaleRound
from games.blackjack.events import (
    ClosingCancelled,
    ClosingScheduled,
    ConfigScheduled,
    Refund,
    RoundVoided,
    TableOpened,
    TimerSet,
)
from games.blackjack.state import TableConfig, TableState, seat_stakes


def end_pause(decision: Decision, command: Expire) -> None:
    """Go on after a settled round."""
    del command
    go_on(decision)


def close_at_once(decision: Decision, command: Close) -> None:
    """Close a table at which no cards are dealt."""
    del command
    close_now(decision)


def close_later(decision: Decision, command: Close) -> None:
    """Close the table after the round in play; once is enough."""
    del command
    if not decision.state.is_closing:
        decision.emit(ClosingScheduled())


def open_again(decision: Decision, command: Open) -> None:
    """Open a closed table."""
    del command
    decision.emit(TableOpened())


def stay_open(decision: Decision, command: Open) -> None:
    """Take back that the table is to close; an open table is open already."""
    del command
    if decision.state.is_closing:
        decision.emit(ClosingCancelled())


def void_bets(decision: Decision, command: Void) -> None:
    """Give the bets back and take new ones, in a new round and from a new shoe."""
    decision.emit(RoundVoided(reason=command.reason, refunds=_refunds(decision.state)))
    decision.finish_shoe()
    go_on(decision)


def void_round(decision: Decision, command: Void) -> None:
    """Give every stake of the round in play back; all of its shoes are finished. Needs no card."""
    decision.emit(RoundVoided(reason=command.reason, refunds=_refunds(decision.state)))
    decision.finish_earlier_shoes()
    decision.finish_shoe()
    decision.emit(TimerSet(ms=decision.state.config.pause_ms))


def refuse_void(decision: Decision, command: Void) -> None:
    """Refuse to void where no round is in play."""
    del decision, command
    raise StaleRound


def change_now(decision: Decision, command: Change) -> None:
    """Set up a table differently at which nobody sits."""
    decision.emit(ConfigScheduled(config=_checked(decision.state, command.config)))
    renew_table(decision)


def change_later(decision: Decision, command: Change) -> None:
    """Set the table up differently from the next round on; a later change replaces an earlier one."""
    decision.emit(ConfigScheduled(config=_checked(decision.state, command.config)))


def _checked(state: TableState, config: TableConfig) -> TableConfig:
    if config.table_id != state.config.table_id:
        raise InvalidConfig("table_id")
    return check_config(config)


def _refunds(state: TableState) -> tuple[Refund, ...]:
    return tuple(
        Refund(seat=number, user_id=seat.user_id or "", amount=stake)
        for number, seat in enumerate(state.seats, start=1)
        if (stake := seat_stakes(state, seat))
    )
