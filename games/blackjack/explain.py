"""Refusals in words: which seat, what it asked for, and what would be right instead.

A refusal is raised where the rules know that something is wrong. What it means to the one who asked depends
on the command and on the table, which only whoever gives the answer has in hand.
"""

from typing import Final

from games.blackjack.commands import Act, ClearBet, Command, Kick, PlaceBet, TakeSeat, Void
from games.blackjack.errors import (
    AlreadySeated,
    BetOutOfRange,
    BettingClosed,
    IllegalMove,
    NotSeated,
    NotYourTurn,
    RuleViolation,
    SeatOccupied,
    StaleRound,
    TableIsClosed,
    UnknownSeat,
)
from games.blackjack.moves import legal_moves, move_cost
from games.blackjack.state import Hand, TableState, seat_of
from games.blackjack.terms import Phase
from games.blackjack.words import cents_in_words, hand_in_words, move_in_words, moves_in_words

_NO_TURNS: Final = {
    Phase.WAITING: "No round is in play.",
    Phase.BETTING: "Bets are taken now: the cards are not dealt yet.",
    Phase.SETTLED: "The round is settled: nothing more is asked.",
    Phase.CLOSED: "The table is closed.",
}
_NO_BETS: Final = {
    Phase.WAITING: "No bets are taken yet.",
    Phase.INSURANCE: "The cards are dealt: the next bets are taken after this round.",
    Phase.PLAYING: "The cards are dealt: the next bets are taken after this round.",
    Phase.SETTLED: "The round is being paid: the next bets are taken in a moment.",
    Phase.CLOSED: "The table is closed.",
}


def explain(refusal: RuleViolation, state: TableState, command: Command) -> str:
    """Why a table in this state refuses this command."""
    match command:
        case Act():
            return _of_move(refusal, state, command)
        case Kick() | Void():
            return _to_operator(refusal, state, command)
        case _:
            return _of_seat_or_bet(refusal, state, command)


def lacking(state: TableState, command: Command) -> str:
    """Why a balance that is too low stops this command, and which moves cost nothing more."""
    match command:
        case PlaceBet(amount=amount):
            return f"The balance does not cover a bet of {cents_in_words(amount)}."
        case Act(user_id=user_id, hand=index, move=move):
            number = seat_of(state, user_id) or 0
            seat = state.seats[number - 1]
            free = [other for other in legal_moves(state, number) if move_cost(seat, index, other) == 0]
            cost = cents_in_words(move_cost(seat, index, move))
            said = f"Seat {number} cannot {move_in_words(move)}: the balance does not cover {cost} more"
            return f"{said}; {moves_in_words(free)}."
        case _:
            return "The balance does not cover this."


def not_asked(state: TableState, number: int, index: int) -> str:
    """Why nothing is asked of this seat (from 1) and hand (from 0) now."""
    if state.phase in _NO_TURNS:
        return _NO_TURNS[state.phase]
    seat = state.seats[number - 1]
    if not seat.hands:
        return f"Seat {number} has no hand in this round."
    if state.turn is None:
        return f"Seat {number} has answered, or has nothing to insure; others are still asked."
    if state.turn.seat != number:
        return f"It is seat {state.turn.seat}'s turn, not seat {number}'s."
    return f"Seat {number} plays its {hand_in_words(state.turn.hand)} now, not its {hand_in_words(index)}."


def _of_move(refusal: RuleViolation, state: TableState, act: Act) -> str:
    number = seat_of(state, act.user_id) or 0
    match refusal:
        case IllegalMove(moves=moves):
            hands = state.seats[number - 1].hands
            hand = f" the {hand_in_words(act.hand)}" if len(hands) > 1 else ""
            return f"Seat {number} cannot {move_in_words(act.move)}{hand} here: {moves_in_words(moves)}."
        case NotYourTurn():
            return not_asked(state, number, act.hand)
        case StaleRound() if act.round_id != state.round_id:
            return "The round that this move is for is over."
        case StaleRound():
            return _of_unseen_cards(state.seats[number - 1].hands, number, act)
        case _:
            return str(refusal)


def _of_unseen_cards(hands: tuple[Hand, ...], number: int, act: Act) -> str:
    if not 0 <= act.hand < len(hands):
        return f"Seat {number} has no {hand_in_words(act.hand)}."
    return (
        f"Seat {number}'s {hand_in_words(act.hand)} has {len(hands[act.hand].cards)} cards, not {act.cards}."
    )


def _of_seat_or_bet(refusal: RuleViolation, state: TableState, command: Command) -> str:
    match refusal:
        case BetOutOfRange(min_bet=low, max_bet=high):
            return f"Bets at this table go from {cents_in_words(low)} to {cents_in_words(high)}."
        case BettingClosed():
            return _NO_BETS.get(state.phase, str(refusal))
        case StaleRound() if isinstance(command, (PlaceBet, ClearBet)):
            return "The round that this bet is for is over."
        case AlreadySeated(seat=seat):
            return f"You have seat {seat} at this table."
        case SeatOccupied() if isinstance(command, TakeSeat):
            return f"Seat {command.seat} is taken." if command.seat else "Every seat of this table is taken."
        case UnknownSeat():
            return f"This table has the seats 1 to {len(state.seats)}."
        case TableIsClosed() if state.is_closing:
            return "The table closes after this round: nobody is seated any more."
        case _:
            return str(refusal)


def _to_operator(refusal: RuleViolation, state: TableState, command: Kick | Void) -> str:
    match refusal, command:
        case StaleRound(), Void():
            return f"There is no round to void: the table is in phase {state.phase.value}."
        case NotSeated(), Kick(seat=seat):
            return f"Seat {seat} is empty: there is nobody to send away."
        case UnknownSeat(), Kick(seat=seat):
            return f"There is no seat {seat}: this table has the seats 1 to {len(state.seats)}."
        case TableIsClosed(), Kick():
            return "The table is closed: nobody has a seat."
        case _:
            return str(refusal)
