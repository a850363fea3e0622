"""Which moves the rules allow: decided once, for the one who refuses and the one who shows them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol, assert_never

from economy.money import Money, part_down
from games.blackjack.hand import TARGET, is_ace, score
from games.blackjack.rules import HARD_DOUBLES, Rules, SplitBy, Surrender
from games.blackjack.state import Seat, TableState
from games.blackjack.terms import HandStatus, Move, Phase
from games.cards import DECK, RANK, VALUE, Card

INSURANCE_ANSWERS: Final = (Move.INSURE, Move.DECLINE_INSURANCE)
_HIT_OR_STAND: Final = (Move.HIT, Move.STAND)
_RANKS: Final = 13
_MOST_RULES: Final = 256


class LegalMoves:
    """The moves that one set of rules allows, looked up by what they depend on.

    That is the ranks of a hand's first two cards and how many hands its seat has; a hand of more cards may
    only hit or stand.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        one_suit = DECK[:_RANKS]
        self._on_two = tuple(
            tuple(
                tuple(_moves_on_two(rules, (first, second), hands) for second in one_suit)
                for first in one_suit
            )
            for hands in range(rules.max_hands + 1)
        )

    def of(self, cards: Sequence[Card], hands: int) -> tuple[Move, ...]:
        """The moves for a hand of two cards or more whose turn it is, one of `hands` of its seat."""
        if len(cards) > 2:
            return _HIT_OR_STAND
        return self._on_two[hands][cards[0] % _RANKS][cards[1] % _RANKS]

    def status_after_split(self, cards: Sequence[Card], hands: int) -> HandStatus:
        """The status of a hand that just got its second card after a split.

        It is complete with 21, and where nothing but to stand is left for it (an ace that may not be hit).
        """
        if score(cards).total == TARGET or self.of(cards, hands) == (Move.STAND,):
            return HandStatus.STOOD
        return HandStatus.PLAYING


@lru_cache(maxsize=_MOST_RULES)
def legal_by(rules: Rules) -> LegalMoves:
    """The moves that these rules allow."""
    return LegalMoves(rules)


def legal_moves(state: TableState, seat_number: int) -> tuple[Move, ...]:
    """What this seat (from 1) is asked for now, empty when it is not."""
    seat = state.seats[seat_number - 1]
    if state.phase is Phase.INSURANCE:
        return INSURANCE_ANSWERS if is_asked_for_insurance(seat) else ()
    turn = state.turn
    if turn is None or turn.seat != seat_number:
        return ()
    return legal_by(state.config.rules).of(seat.hands[turn.hand].cards, len(seat.hands))


def insurance_stake(bet: Money) -> Money:
    """What insuring a bet costs: half of it, rounded down to a whole cent."""
    return part_down(bet, 1, 2)


def move_cost(seat: Seat, index: int, move: Move) -> Money:
    """What a legal move adds to the stake: half the bet to insure it, the hand's bet to double or split."""
    match move:
        case Move.INSURE:
            return insurance_stake(seat.bet)
        case Move.DOUBLE | Move.SPLIT:
            return seat.hands[index].bet
        case Move.HIT | Move.STAND | Move.SURRENDER | Move.DECLINE_INSURANCE:
            return Money(0)
        case _:
            assert_never(move)


class Insurable(Protocol):
    """A seat as far as insurance goes."""

    @property
    def bet(self) -> Money:
        """The initial stake, in cents."""
        ...

    @property
    def insurance(self) -> Money | None:
        """None until it is answered."""
        ...

    @property
    def hands(self) -> Sequence[object]:
        """Empty where nothing was dealt."""
        ...


def is_asked_for_insurance(seat: Insurable) -> bool:
    """Whether the seat has a hand to insure and has not answered; no insurance of zero cents is offered."""
    return bool(seat.hands) and seat.insurance is None and insurance_stake(seat.bet) > 0


def _moves_on_two(rules: Rules, cards: tuple[Card, Card], hands: int) -> tuple[Move, ...]:
    is_split_ace = hands > 1 and is_ace(cards[0])
    takes_cards = rules.hit_split_aces or not is_split_ace
    moves = [Move.HIT, Move.STAND] if takes_cards else [Move.STAND]
    if takes_cards and _may_double(rules, cards, hands):
        moves.append(Move.DOUBLE)
    if _may_split(rules, cards, hands) and (rules.resplit_aces or not is_split_ace):
        moves.append(Move.SPLIT)
    if hands == 1 and rules.surrender is Surrender.LATE:
        moves.append(Move.SURRENDER)
    return tuple(moves)


def _may_double(rules: Rules, cards: tuple[Card, Card], hands: int) -> bool:
    if hands > 1 and not rules.double_after_split:
        return False
    totals = HARD_DOUBLES[rules.double]
    return totals is None or score(cards).total in totals  # two cards that are soft count 12 or more


def _may_split(rules: Rules, cards: tuple[Card, Card], hands: int) -> bool:
    first, second = cards
    if hands >= rules.max_hands:
        return False
    if rules.split_by is SplitBy.RANK:
        return RANK[first] == RANK[second]
    return VALUE[first] == VALUE[second]
