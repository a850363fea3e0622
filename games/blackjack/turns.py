"""What players answer and move, and what is done for those who do not."""

from games.blackjack.commands import Act, Expire
from games.blackjack.decision import Decision
from games.blackjack.errors import IllegalMove, NotYourTurn, StaleRound
from games.blackjack.hand import score
from games.blackjack.moves import INSURANCE_ANSWERS, is_asked_for_insurance
from games.blackjack.play import answer, decline_the_rest, play
from games.blackjack.seating import own_seat
from games.blackjack.state import Seat, TableState, Turn
from games.blackjack.terms import Move, OnTimeout

_SAFE_TO_HIT = 11


def answer_insurance(decision: Decision, command: Act) -> None:
    """Take a seat's answer; the last one lets the dealer look."""
    number = _acting_seat(decision.state, command)
    seat = decision.state.seats[number - 1]
    if command.hand != 0 or not is_asked_for_insurance(seat):
        raise NotYourTurn
    if command.move not in INSURANCE_ANSWERS:
        raise IllegalMove(INSURANCE_ANSWERS)
    answer(decision, number, insures=command.move is Move.INSURE)


def play_turn(decision: Decision, command: Act) -> None:
    """Play the hand whose turn it is."""
    state = decision.state
    number = _acting_seat(state, command)
    if state.turn != Turn(number, command.hand):
        raise NotYourTurn
    play(decision, command.move)


def refuse_move(decision: Decision, command: Act) -> None:
    """Refuse a move while none is asked for: a missing seat and a round that is over come first."""
    _acting_seat(decision.state, command)
    raise NotYourTurn


def decline_unanswered(decision: Decision, command: Expire) -> None:
    """Decline insurance for every seat that has not answered."""
    del command
    decline_the_rest(decision)


def play_for_absent(decision: Decision, command: Expire) -> None:
    """Make one move by the table's `on_timeout` for the hand whose time is over."""
    del command
    state = decision.state
    play(decision, _move_on_timeout(state))


def _acting_seat(state: TableState, command: Act) -> int:
    number = own_seat(state, command.user_id)
    if command.round_id != state.round_id or not _is_hand_as_seen(state.seats[number - 1], command):
        raise StaleRound
    return number


def _is_hand_as_seen(seat: Seat, command: Act) -> bool:
    if command.cards is None:
        return True
    if not 0 <= command.hand < len(seat.hands):
        return False
    return command.cards == len(seat.hands[command.hand].cards)


def _move_on_timeout(state: TableState) -> Move:
    turn = state.turn
    if turn is None:
        raise ValueError("the phase is playing and it is nobody's turn")
    total, soft = score(state.seats[turn.seat - 1].hands[turn.hand].cards)
    is_safe = state.config.on_timeout is OnTimeout.SAFE
    return Move.HIT if is_safe and not soft and total <= _SAFE_TO_HIT else Move.STAND
