"""Whom the running timer of a hand waits for, and the step that gives those players their time back."""

from dataclasses import dataclass
from typing import Final

from games.blackjack.commands import Expire
from games.blackjack.events import TimerSet
from games.blackjack.moves import is_asked_for_insurance
from games.blackjack.state import TableState
from games.blackjack.terms import Phase
from games.ports import Guard, Request, Step, Stored
from games.shoe import Dealer

TIME_BACK: Final = Request(command=Expire(), name="time_back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The players whose answer or move the timer is for, and how long it was set for."""

    user_ids: tuple[str, ...]
    ms: int


def wait_of(state: TableState) -> Wait | None:
    """Whom the table waits for; None where nobody's hand depends on the timer."""
    match state.phase:
        case Phase.PLAYING if state.turn is not None:
            asked, ms = [state.seats[state.turn.seat - 1]], state.config.turn_ms
        case Phase.INSURANCE:
            asked = [seat for seat in state.seats if is_asked_for_insurance(seat)]
            ms = state.config.insurance_ms
        case _:
            return None
    user_ids = tuple(seat.user_id for seat in asked if seat.user_id is not None and not seat.is_leaving)
    return Wait(user_ids=user_ids, ms=ms) if user_ids else None


def time_back(stored: Stored, wait: Wait, dealer: Dealer) -> Step:
    """Instead of the expiry: the state stays, and the timer runs again in full."""
    return Step(
        request=TIME_BACK,
        before=stored,
        after=stored.state,
        events=(TimerSet(ms=wait.ms),),
        guard=Guard.EXPIRED,
        dealer=dealer,
    )
