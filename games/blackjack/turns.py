"""What players answer and move, and what is done for those who do not."""

from typing import assert_never

from economy.money import Money
from games.blackjack.commands import Act, Expire
from games.blackjack.decision import Decision
from games.blackjack.errors import IllegalMove, NotYourTurn, StaleRound
from games.blackjack.events import (
    HandDoubled,
    HandHit,
    HandSplit,
    HandStood,
    HandSurrendered,
    InsuranceDeclined,
    Insured,
    TimerSet,
)
from games.blackjack.hand import TARGET, score
from games.blackjack.moves import (
    INSURANCE_ANSWERS,
    insurance_stake,
    is_asked_for_insurance,
    legal_moves,
    status_after_hit,
)
from games.blackjack.play import advance, after_insurance_answer, look_and_play
from games.blackjack.seating import own_seat
from games.blackjack.state import Seat, TableState, Turn
from games.blackjack.terms import HandStatus, Move, OnTimeout

_SAFE_TO_HIT = 11


def answer_insurance(decision: Decision, command: Act) -> None:
    """Take a seat's answer; the last one lets the dealer look."""
    number = _acting_seat(decision.state, command)
    seat = decision.state.seats[number - 1]
    if command.hand != 0 or not is_asked_for_insurance(seat):
        raise NotYourTurn
    if command.move not in INSURANCE_ANSWERS:
        raise IllegalMove(INSURANCE_ANSWERS)
    if command.move is Move.INSURE:
        decision.emit(Insured(seat=number, user_id=command.user_id, stake=insurance_stake(seat)))
    else:
        decision.emit(InsuranceDeclined(seat=number))
    after_insurance_answer(decision)


def play_turn(decision: Decision, command: Act) -> None:
    """Play the hand whose turn it is."""
    state = decision.state
    number = _acting_seat(state, command)
    if state.turn != Turn(number, command.hand):
        raise NotYourTurn
    moves = legal_moves(state, number)
    if command.move not in moves:
        raise IllegalMove(moves)
    _play(decision, state.turn, command.move)


def refuse_move(decision: Decision, command: Act) -> None:
    """Refuse a move while none is asked for: a missing seat and a round that is over come first."""
    _acting_seat(decision.state, command)
    raise NotYourTurn


def decline_unanswered(decision: Decision, command: Expire) -> None:
    """Decline insurance for every seat that has not answered."""
    del command
    for number, seat in enumerate(decision.state.seats, start=1):
        if is_asked_for_insurance(seat):
            decision.emit(InsuranceDeclined(seat=number))
    look_and_play(decision)


def play_for_absent(decision: Decision, command: Expire) -> None:
    """Make one move by the table's `on_timeout` for the hand whose time is over."""
    del command
    state = decision.state
    turn = _turn(state)
    _play(decision, turn, _move_on_timeout(state, turn))


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


def _turn(state: TableState) -> Turn:
    if state.turn is None:
        raise ValueError("the phase is playing and it is nobody's turn")
    return state.turn


def _move_on_timeout(state: TableState, turn: Turn) -> Move:
    total, soft = score(state.seats[turn.seat - 1].hands[turn.hand].cards)
    is_safe = state.config.on_timeout is OnTimeout.SAFE
    return Move.HIT if is_safe and not soft and total <= _SAFE_TO_HIT else Move.STAND


def _play(decision: Decision, turn: Turn, move: Move) -> None:
    """Make a legal move, and go on unless the hand is asked again."""
    number, index = turn.seat, turn.hand
    match move:
        case Move.HIT:
            if _hit(decision, turn) is HandStatus.PLAYING:
                decision.emit(TimerSet(ms=decision.state.config.turn_ms))
                return
        case Move.STAND:
            decision.emit(HandStood(seat=number, hand=index))
        case Move.DOUBLE:
            _double(decision, turn)
        case Move.SPLIT:
            user_id, stake = _owner_and_bet(decision.state, turn)
            decision.emit(HandSplit(seat=number, user_id=user_id, hand=index, stake=stake))
        case Move.SURRENDER:
            decision.emit(HandSurrendered(seat=number, hand=index))
        case Move.INSURE | Move.DECLINE_INSURANCE:
            raise IllegalMove(legal_moves(decision.state, number))
        case _:
            assert_never(move)
    advance(decision)


def _hit(decision: Decision, turn: Turn) -> HandStatus:
    cards = decision.state.seats[turn.seat - 1].hands[turn.hand].cards
    card = decision.draw()
    status = status_after_hit((*cards, card))
    decision.emit(
        HandHit(seat=turn.seat, hand=turn.hand, card=card, status=status, position=decision.position)
    )
    return status


def _double(decision: Decision, turn: Turn) -> None:
    cards = decision.state.seats[turn.seat - 1].hands[turn.hand].cards
    user_id, stake = _owner_and_bet(decision.state, turn)
    card = decision.draw()
    is_bust = score((*cards, card)).total > TARGET
    decision.emit(
        HandDoubled(
            seat=turn.seat,
            user_id=user_id,
            hand=turn.hand,
            stake=stake,
            card=card,
            status=HandStatus.BUSTED if is_bust else HandStatus.DOUBLED,
            position=decision.position,
        )
    )


def _owner_and_bet(state: TableState, turn: Turn) -> tuple[str, Money]:
    seat = state.seats[turn.seat - 1]
    return seat.user_id or "", seat.hands[turn.hand].bet
