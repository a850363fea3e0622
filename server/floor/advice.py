"""Basic strategy for the player who is asked for a move."""

from games.blackjack.errors import NotSeated, NotYourTurn
from games.blackjack.explain import not_asked
from games.blackjack.moves import legal_moves
from games.blackjack.state import TableState, seat_of
from games.blackjack.strategy import best_move
from games.blackjack.terms import Move, Phase


def advise(state: TableState, user_id: str) -> tuple[Move, tuple[Move, ...]]:
    """The best move and all legal ones; raises NotSeated, NotYourTurn."""
    number = seat_of(state, user_id)
    if number is None:
        raise NotSeated
    moves = legal_moves(state, number)
    if not moves:
        refusal = NotYourTurn()
        refusal.say(not_asked(state, number, 0))
        raise refusal
    if state.phase is Phase.INSURANCE or state.turn is None:
        return Move.DECLINE_INSURANCE, moves
    cards = state.seats[number - 1].hands[state.turn.hand].cards
    return best_move(state.config.rules, cards, state.dealer[0], moves), moves
