"""Which moves the rules allow: decided once, for the one who refuses and the one who shows them."""

from typing import Final, assert_never

from economy.money import Money, part_down
from games.blackjack.hand import TARGET, is_ace, score
from games.blackjack.rules import HARD_DOUBLES, Rules, SplitBy, Surrender
from games.blackjack.state import Hand, Seat, TableState
from games.blackjack.terms import HandStatus, Move, Phase
from games.cards import RANK, VALUE, Card

INSURANCE_ANSWERS: Final = (Move.INSURE, Move.DECLINE_INSURANCE)


def legal_moves(state: TableState, seat_number: int) -> tuple[Move, ...]:
    """What this seat (from 1) is asked for now, empty when it is not."""
    seat = state.seats[seat_number - 1]
    if state.phase is Phase.INSURANCE:
        return INSURANCE_ANSWERS if is_asked_for_insurance(seat) else ()
    turn = state.turn
    if turn is None or turn.seat != seat_number:
        return ()
    return hand_moves(state.config.rules, seat.hands, turn.hand)


def hand_moves(rules: Rules, hands: tuple[Hand, ...], index: int) -> tuple[Move, ...]:
    """The moves that the rules allow for one of a seat's hands when it is this hand's turn."""
    hand = hands[index]
    moves = [Move.STAND] if _takes_one_card(rules, hands, hand) else [Move.HIT, Move.STAND]
    if len(hand.cards) == 2:
        if Move.HIT in moves and _may_double(rules, hands, hand):
            moves.append(Move.DOUBLE)
        if _may_split(rules, hands, hand.cards):
            moves.append(Move.SPLIT)
        if len(hands) == 1 and rules.surrender is Surrender.LATE:
            moves.append(Move.SURRENDER)
    return tuple(moves)


def insurance_stake(seat: Seat) -> Money:
    """What insuring the seat's bet costs: half of it, rounded down to a whole cent."""
    return part_down(seat.bet, 1, 2)


def move_cost(seat: Seat, index: int, move: Move) -> Money:
    """What a legal move adds to the stake: half the bet to insure it, the hand's bet to double or split."""
    match move:
        case Move.INSURE:
            return insurance_stake(seat)
        case Move.DOUBLE | Move.SPLIT:
            return seat.hands[index].bet
        case Move.HIT | Move.STAND | Move.SURRENDER | Move.DECLINE_INSURANCE:
            return Money(0)
        case _:
            assert_never(move)


def is_asked_for_insurance(seat: Seat) -> bool:
    """Whether the seat has a hand to insure and has not answered; no insurance of zero cents is offered."""
    return bool(seat.hands) and seat.insurance is None and insurance_stake(seat) > 0


def status_after_split_card(rules: Rules, hands: tuple[Hand, ...], index: int, card: Card) -> HandStatus:
    """The status of a hand of one card that gets its second one after a split."""
    hand = hands[index]
    cards = (*hand.cards, card)
    if score(cards).total == TARGET:
        return HandStatus.STOOD
    if _takes_one_card(rules, hands, hand) and not _may_split(rules, hands, cards):
        return HandStatus.STOOD
    return HandStatus.PLAYING


def status_after_hit(cards: tuple[Card, ...]) -> HandStatus:
    """The status of a hand after the player drew its last card."""
    total = score(cards).total
    if total > TARGET:
        return HandStatus.BUSTED
    return HandStatus.STOOD if total == TARGET else HandStatus.PLAYING


def _takes_one_card(rules: Rules, hands: tuple[Hand, ...], hand: Hand) -> bool:
    return _is_split_ace(hands, hand.cards) and not rules.hit_split_aces


def _is_split_ace(hands: tuple[Hand, ...], cards: tuple[Card, ...]) -> bool:
    return len(hands) > 1 and is_ace(cards[0])


def _may_double(rules: Rules, hands: tuple[Hand, ...], hand: Hand) -> bool:
    if len(hands) > 1 and not rules.double_after_split:
        return False
    totals = HARD_DOUBLES[rules.double]
    if totals is None:
        return True
    return score(hand.cards).total in totals  # two cards that are soft count 12 or more


def _may_split(rules: Rules, hands: tuple[Hand, ...], cards: tuple[Card, ...]) -> bool:
    first, second = cards
    if len(hands) >= rules.max_hands:
        return False
    if rules.split_by is SplitBy.RANK and RANK[first] != RANK[second]:
        return False
    if VALUE[first] != VALUE[second]:
        return False
    return rules.resplit_aces or not _is_split_ace(hands, cards)
