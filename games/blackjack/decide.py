"""Theory of operation: a table is a state machine, and this is its table.

    waiting ──seat taken──▶ betting ──deal──▶ insurance ──answers──▶ playing ──last hand──▶ settled
       ▲                    │  ▲                  └────────dealer's natural───────────────────▲  │
       └─last player leaves─┘  └──────────────────────pause over (or to waiting)─────────────────┘
    every phase ──an operator, after the round──▶ closed ──an operator──▶ waiting

Each cell names the function that answers the command in that phase. It emits what happens or raises a
`RuleViolation`; a refusal changes nothing, because nothing but the decision that is thrown away has been
touched. Refusals are checked in the order table, seat, round, phase and turn, move.
"""

from collections.abc import Callable
from typing import Final, NoReturn

from games.blackjack import betting, house, seating, turns
from games.blackjack.commands import (
    Act,
    Change,
    ClearBet,
    Close,
    Command,
    Deal,
    Expire,
    Kick,
    LeaveSeat,
    Open,
    PlaceBet,
    SetClientSeed,
    TakeSeat,
    Vacate,
    Void,
)
from games.blackjack.decision import Decision
from games.blackjack.errors import NotReady, TableIsClosed
from games.blackjack.events import Event
from games.blackjack.state import TableState
from games.blackjack.terms import Phase
from games.shoe import Dealer

Handler = Callable[..., None]


def decide(state: TableState, command: Command, dealer: Dealer) -> tuple[Event, ...]:
    """What happens when this is asked of a table in this state; raises a `RuleViolation`.

    A command that is fine and changes nothing (one's own seat taken again, no bet to clear) gives no events.
    """
    return decide_and_evolve(state, command, dealer)[0]


def decide_and_evolve(
    state: TableState, command: Command, dealer: Dealer
) -> tuple[tuple[Event, ...], TableState]:
    """What happens, and the state after it: `fold(state, events)` without folding again."""
    decision = Decision(state, dealer)
    TRANSITIONS[type(command)][state.phase](decision, command)
    return tuple(decision.events), decision.state


def _is_closed(decision: Decision, command: Command) -> NoReturn:
    del decision, command
    raise TableIsClosed


def _is_not_ready(decision: Decision, command: Command) -> NoReturn:
    del decision, command
    raise NotReady


def _nothing(decision: Decision, command: Command) -> None:
    del decision, command


def _row(
    *,
    waiting: Handler,
    betting: Handler,
    insurance: Handler,
    playing: Handler,
    settled: Handler,
    closed: Handler,
) -> dict[Phase, Handler]:
    return {
        Phase.WAITING: waiting,
        Phase.BETTING: betting,
        Phase.INSURANCE: insurance,
        Phase.PLAYING: playing,
        Phase.SETTLED: settled,
        Phase.CLOSED: closed,
    }


def _everywhere(handler: Handler) -> dict[Phase, Handler]:
    """The same in every phase but `closed`."""
    return _row(
        waiting=handler,
        betting=handler,
        insurance=handler,
        playing=handler,
        settled=handler,
        closed=_is_closed,
    )


TRANSITIONS: Final[dict[type[Command], dict[Phase, Handler]]] = {
    TakeSeat: _everywhere(seating.take_seat),
    LeaveSeat: _everywhere(seating.leave_seat),
    Vacate: _everywhere(seating.vacate_seat),
    Kick: _everywhere(seating.kick),
    SetClientSeed: _everywhere(seating.set_client_seed),
    PlaceBet: _everywhere(betting.refuse_bet) | {Phase.BETTING: betting.place_bet},
    ClearBet: _everywhere(betting.refuse_bet) | {Phase.BETTING: betting.clear_bet},
    Act: _everywhere(turns.refuse_move)
    | {Phase.INSURANCE: turns.answer_insurance, Phase.PLAYING: turns.play_turn},
    Deal: _row(
        waiting=_is_not_ready,
        betting=betting.deal_early,
        insurance=_is_not_ready,
        playing=_is_not_ready,
        settled=_is_not_ready,
        closed=_is_not_ready,
    ),
    Expire: _row(
        waiting=_is_not_ready,
        betting=betting.end_betting,
        insurance=turns.decline_unanswered,
        playing=turns.play_for_absent,
        settled=house.end_pause,
        closed=_is_not_ready,
    ),
    Close: _row(
        waiting=house.close_at_once,
        betting=house.close_at_once,
        insurance=house.close_later,
        playing=house.close_later,
        settled=house.close_later,
        closed=_nothing,
    ),
    Open: _row(
        waiting=_nothing,
        betting=_nothing,
        insurance=house.stay_open,
        playing=house.stay_open,
        settled=house.stay_open,
        closed=house.open_again,
    ),
    Void: _row(
        waiting=house.refuse_void,
        betting=house.void_bets,
        insurance=house.void_round,
        playing=house.void_round,
        settled=house.refuse_void,
        closed=house.refuse_void,
    ),
    Change: _row(
        waiting=house.change_now,
        betting=house.change_later,
        insurance=house.change_later,
        playing=house.change_later,
        settled=house.change_later,
        closed=house.change_now,
    ),
}
