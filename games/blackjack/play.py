"""The order of play: deal, insurance, the dealer's look, the hands from left to right, the dealer, the end.

Seats ascending get one card each, the dealer the up card, the seats their second card, and the dealer a
hole card. Without a peek there is no hole card: the dealer's second card is drawn after all seats have
played, if something still depends on it.
"""

from games.blackjack.decision import Decision
from games.blackjack.events import (
    DealerDrew,
    DealtHand,
    HoleCardRevealed,
    InsuranceOffered,
    RoundDealt,
    SplitCardDealt,
    TimerSet,
    TurnGiven,
)
from games.blackjack.hand import can_hide_natural, is_ace, is_natural, score
from games.blackjack.moves import is_asked_for_insurance, status_after_split_card
from games.blackjack.rules import cut_card
from games.blackjack.settle import round_result
from games.blackjack.state import Hand, HoleCard, TableState
from games.blackjack.terms import HandStatus
from games.cards import Card

_DEALER_STANDS = 17
_AGAINST_DEALER = frozenset({HandStatus.STOOD, HandStatus.DOUBLED})
_AGAINST_NATURAL = frozenset({HandStatus.BLACKJACK, HandStatus.SURRENDERED})


def deal(decision: Decision) -> None:
    """Deal to every seat with a bet, and go on to whatever is asked first."""
    seats = [number for number, seat in enumerate(decision.state.seats, start=1) if seat.bet]
    firsts = [decision.draw() for _ in seats]
    up_card = decision.draw()
    pairs = [(first, decision.draw()) for first in firsts]
    hole = _place_hole_card(decision) if decision.state.config.rules.dealer_peeks else None
    hands = tuple(
        DealtHand(seat=seat, cards=cards, status=_dealt_status(cards))
        for seat, cards in zip(seats, pairs, strict=True)
    )
    decision.emit(RoundDealt(hands=hands, up_card=up_card, hole=hole, position=decision.position))
    if _is_insurance_offered(decision.state):
        decision.emit(InsuranceOffered())
        decision.emit(TimerSet(ms=decision.state.config.insurance_ms))
    else:
        look_and_play(decision)


def after_insurance_answer(decision: Decision) -> None:
    """Go on when nobody is left to answer."""
    if not any(is_asked_for_insurance(seat) for seat in decision.state.seats):
        look_and_play(decision)


def look_and_play(decision: Decision) -> None:
    """Let the dealer look under an ace or a ten: a natural ends the round before any move."""
    state = decision.state
    if state.hole is not None and can_hide_natural(state.dealer[0]):
        hole_card = decision.hole_card()
        if is_natural((*state.dealer, hole_card)):
            decision.emit(HoleCardRevealed(card=hole_card))
            _settle(decision)
            return
    advance(decision)


def advance(decision: Decision) -> None:
    """Give the turn to the first hand that is not complete, its second card first; else the dealer plays."""
    for number, seat in enumerate(decision.state.seats, start=1):
        for index in range(len(seat.hands)):
            if _gets_turn(decision, number, index):
                decision.emit(TurnGiven(seat=number, hand=index))
                decision.emit(TimerSet(ms=decision.state.config.turn_ms))
                return
    _play_dealer(decision)
    _settle(decision)


def _place_hole_card(decision: Decision) -> HoleCard:
    """Lay the next card face down: it is drawn, and only its place is remembered."""
    decision.draw()
    return HoleCard(decision.state.shoe_number, decision.position - 1)


def _dealt_status(cards: tuple[Card, Card]) -> HandStatus:
    return HandStatus.BLACKJACK if is_natural(cards) else HandStatus.PLAYING


def _is_insurance_offered(state: TableState) -> bool:
    if not state.config.rules.insurance or not is_ace(state.dealer[0]):
        return False
    return any(is_asked_for_insurance(seat) for seat in state.seats)


def _gets_turn(decision: Decision, number: int, index: int) -> bool:
    hands = decision.state.seats[number - 1].hands
    status = hands[index].status
    if status is not HandStatus.PLAYING:
        return False
    if len(hands[index].cards) == 1:
        card = decision.draw()
        status = status_after_split_card(decision.state.config.rules, hands, index, card)
        decision.emit(
            SplitCardDealt(seat=number, hand=index, card=card, status=status, position=decision.position)
        )
    return status is HandStatus.PLAYING


def _play_dealer(decision: Decision) -> None:
    """Show or draw the second card if something depends on it; draw to 17 against hands that stand."""
    hands = [hand for seat in decision.state.seats for hand in seat.hands]
    must_play = any(hand.status in _AGAINST_DEALER for hand in hands)
    if decision.state.hole is not None:
        decision.emit(HoleCardRevealed(card=decision.hole_card()))
    elif must_play or _depends_on_natural(decision.state, hands):
        _dealer_draws(decision)
    if not must_play:
        return
    while _dealer_hits(decision.state):
        _dealer_draws(decision)


def _depends_on_natural(state: TableState, hands: list[Hand]) -> bool:
    if not can_hide_natural(state.dealer[0]):
        return False
    return any(hand.status in _AGAINST_NATURAL for hand in hands) or any(
        seat.insurance for seat in state.seats
    )


def _dealer_hits(state: TableState) -> bool:
    total, soft = score(state.dealer)
    return total < _DEALER_STANDS or (
        soft and total == _DEALER_STANDS and state.config.rules.dealer_hits_soft_17
    )


def _dealer_draws(decision: Decision) -> None:
    card = decision.draw()
    decision.emit(DealerDrew(card=card, position=decision.position))


def _settle(decision: Decision) -> None:
    """Pay the round; those of its shoes that ran out or whose cut card came out are finished."""
    decision.emit(round_result(decision.state))
    decision.finish_earlier_shoes()
    state = decision.state
    if state.position >= cut_card(state.config.rules, state.decks):
        decision.finish_shoe()
    decision.emit(TimerSet(ms=state.config.pause_ms))
