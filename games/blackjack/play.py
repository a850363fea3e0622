"""A table's rounds: played by the rules of `games.blackjack.round`, told to the journal, and kept on time."""

from games.blackjack.decision import Decision
from games.blackjack.events import TimerSet
from games.blackjack.played import PlayedHand, PlayedSeat
from games.blackjack.round import Round
from games.blackjack.rules import cut_card
from games.blackjack.state import Seat
from games.blackjack.terms import Move, Phase


def deal(decision: Decision) -> None:
    """Deal to every seat with a bet, and go on to whatever is asked first."""
    seats = [
        PlayedSeat(number, seat.user_id or "", seat.bet, None, [])
        for number, seat in enumerate(decision.state.seats, start=1)
        if seat.bet
    ]
    round_ = Round(decision.state.config.rules, decision, seats, decision.emit)
    round_.deal()
    _keep_time(decision, round_)


def answer(decision: Decision, number: int, *, insures: bool) -> None:
    """Take a seat's answer whether it insures its bet; the last one lets the dealer look."""
    round_ = _resumed(decision)
    seat = next(seat for seat in round_.seats if seat.number == number)
    round_.answer_insurance(seat, insures=insures)
    if round_.phase is not Phase.INSURANCE:
        _keep_time(decision, round_)


def decline_the_rest(decision: Decision) -> None:
    """Decline insurance for every seat that has not answered, and go on."""
    round_ = _resumed(decision)
    round_.decline_unanswered()
    _keep_time(decision, round_)


def play(decision: Decision, move: Move) -> None:
    """Make a move for the hand whose turn it is; raises `IllegalMove`."""
    round_ = _resumed(decision)
    round_.play(move)
    _keep_time(decision, round_)


def _resumed(decision: Decision) -> Round:
    """The round in play, as the table's state has it."""
    state = decision.state
    seats = [_played(number, seat) for number, seat in enumerate(state.seats, start=1) if seat.hands]
    round_ = Round(state.config.rules, decision, seats, decision.emit)
    round_.phase = state.phase
    round_.dealer.extend(state.dealer)
    round_.has_hole_card = state.hole is not None
    if state.turn is not None:
        round_.seat = next(seat for seat in seats if seat.number == state.turn.seat)
        round_.index = state.turn.hand
    return round_


def _played(number: int, seat: Seat) -> PlayedSeat:
    hands = [PlayedHand(list(hand.cards), hand.bet, hand.status, doubled=hand.doubled) for hand in seat.hands]
    return PlayedSeat(number, seat.user_id or "", seat.bet, seat.insurance, hands)


def _keep_time(decision: Decision, round_: Round) -> None:
    """Set the time for what is asked next; after a round, say which of its shoes are finished."""
    config = decision.state.config
    match round_.phase:
        case Phase.INSURANCE:
            decision.emit(TimerSet(ms=config.insurance_ms))
        case Phase.PLAYING:
            decision.emit(TimerSet(ms=config.turn_ms))
        case _:
            decision.finish_earlier_shoes()
            if decision.state.position >= cut_card(config.rules, decision.state.decks):
                decision.finish_shoe()
            decision.emit(TimerSet(ms=config.pause_ms))
