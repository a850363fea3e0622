"""What events mean: the state after them. No rule is decided here, and only the events' cards are known."""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from economy.money import Money
from games.blackjack import events as past
from games.blackjack.events import Event
from games.blackjack.state import Hand, RoundShoe, Seat, TableState, Turn
from games.blackjack.terms import HandStatus, Move, Outcome, Phase
from games.shoe import shoe_size


def evolve(state: TableState, event: Event) -> TableState:
    """The state after this event."""
    return _MEANING[type(event)](state, event)


def fold(state: TableState, events: Iterable[Event]) -> TableState:
    """The state after these events."""
    for event in events:
        state = _MEANING[type(event)](state, event)
    return state


def _with_seat(state: TableState, number: int, seat: Seat) -> tuple[Seat, ...]:
    return (*state.seats[: number - 1], seat, *state.seats[number:])


def _change_seat(state: TableState, number: int, **changes: object) -> TableState:
    seat = replace(state.seats[number - 1], **changes)
    return replace(state, seats=_with_seat(state, number, seat))


def _change_hand(
    state: TableState, number: int, index: int, move: Move | None, **changes: object
) -> TableState:
    """The state with one hand changed and, where the player moved, the move noted."""
    seat = state.seats[number - 1]
    hand = replace(seat.hands[index], **changes)
    hands = (*seat.hands[:index], hand, *seat.hands[index + 1 :])
    actions = seat.actions if move is None else (*seat.actions, move.value)
    return replace(state, seats=_with_seat(state, number, replace(seat, hands=hands, actions=actions)))


def _seat_taken(state: TableState, event: past.SeatTaken) -> TableState:
    return _change_seat(state, event.seat, user_id=event.user_id, name=event.name)


def _seat_kept(state: TableState, event: past.SeatKept) -> TableState:
    return _change_seat(state, event.seat, is_leaving=False)


def _seat_leaving(state: TableState, event: past.SeatLeaving) -> TableState:
    return _change_seat(state, event.seat, is_leaving=True)


def _seat_left(state: TableState, event: past.SeatLeft) -> TableState:
    return replace(state, seats=_with_seat(state, event.seat, Seat()))


def _client_seed_set(state: TableState, event: past.ClientSeedSet) -> TableState:
    return _change_seat(state, event.seat, client_seed=event.client_seed)


def _without_round(state: TableState, phase: Phase, round_id: str | None) -> TableState:
    """The state with nothing left of the round before."""
    return replace(
        state,
        phase=phase,
        round_id=round_id,
        first_card=state.position,
        earlier_shoes=(),
        dealer=(),
        hole=None,
        turn=None,
        seats=tuple(
            replace(seat, bet=Money(0), insurance=None, insurance_payout=Money(0), hands=(), actions=())
            for seat in state.seats
        ),
    )


def _round_started(state: TableState, event: past.RoundStarted) -> TableState:
    return _without_round(state, Phase.BETTING, event.round_id)


def _table_emptied(state: TableState, event: past.TableEmptied) -> TableState:
    del event
    return _without_round(state, Phase.WAITING, None)


def _bet_placed(state: TableState, event: past.BetPlaced) -> TableState:
    return _change_seat(state, event.seat, bet=event.amount)


def _bet_cleared(state: TableState, event: past.BetCleared) -> TableState:
    return _change_seat(state, event.seat, bet=Money(0))


def _round_dealt(state: TableState, event: past.RoundDealt) -> TableState:
    seats = list(state.seats)
    for dealt in event.hands:
        seat = seats[dealt.seat - 1]
        hand = Hand(cards=dealt.cards, bet=seat.bet, status=dealt.status)
        seats[dealt.seat - 1] = replace(seat, hands=(hand,))
    return replace(
        state,
        phase=Phase.PLAYING,
        dealer=(event.up_card,),
        hole=event.hole,
        position=event.position,
        seats=tuple(seats),
    )


def _insurance_offered(state: TableState, event: past.InsuranceOffered) -> TableState:
    del event
    return replace(state, phase=Phase.INSURANCE)


def _insured(state: TableState, event: past.Insured) -> TableState:
    return _answer_insurance(state, event.seat, Move.INSURE, event.stake)


def _insurance_declined(state: TableState, event: past.InsuranceDeclined) -> TableState:
    return _answer_insurance(state, event.seat, Move.DECLINE_INSURANCE, Money(0))


def _answer_insurance(state: TableState, number: int, answer: Move, stake: Money) -> TableState:
    actions = (*state.seats[number - 1].actions, answer.value)
    return _change_seat(state, number, insurance=stake, actions=actions)


def _turn_given(state: TableState, event: past.TurnGiven) -> TableState:
    return replace(state, phase=Phase.PLAYING, turn=Turn(event.seat, event.hand))


def _hand_hit(state: TableState, event: past.HandHit) -> TableState:
    cards = (*state.seats[event.seat - 1].hands[event.hand].cards, event.card)
    state = _change_hand(state, event.seat, event.hand, Move.HIT, cards=cards, status=event.status)
    return replace(state, position=event.position)


def _hand_stood(state: TableState, event: past.HandStood) -> TableState:
    return _change_hand(state, event.seat, event.hand, Move.STAND, status=HandStatus.STOOD)


def _hand_doubled(state: TableState, event: past.HandDoubled) -> TableState:
    hand = state.seats[event.seat - 1].hands[event.hand]
    state = _change_hand(
        state,
        event.seat,
        event.hand,
        Move.DOUBLE,
        cards=(*hand.cards, event.card),
        bet=hand.bet + event.stake,
        status=event.status,
        doubled=True,
    )
    return replace(state, position=event.position)


def _hand_split(state: TableState, event: past.HandSplit) -> TableState:
    seat = state.seats[event.seat - 1]
    hand = seat.hands[event.hand]
    left = replace(hand, cards=hand.cards[:1])
    right = replace(hand, cards=hand.cards[1:], bet=event.stake)
    hands = (*seat.hands[: event.hand], left, right, *seat.hands[event.hand + 1 :])
    return _change_seat(state, event.seat, hands=hands, actions=(*seat.actions, Move.SPLIT.value))


def _split_card_dealt(state: TableState, event: past.SplitCardDealt) -> TableState:
    cards = (*state.seats[event.seat - 1].hands[event.hand].cards, event.card)
    state = _change_hand(state, event.seat, event.hand, None, cards=cards, status=event.status)
    return replace(state, position=event.position)


def _hand_surrendered(state: TableState, event: past.HandSurrendered) -> TableState:
    return _change_hand(state, event.seat, event.hand, Move.SURRENDER, status=HandStatus.SURRENDERED)


def _hole_card_revealed(state: TableState, event: past.HoleCardRevealed) -> TableState:
    return replace(state, dealer=(*state.dealer, event.card), hole=None, turn=None)


def _dealer_drew(state: TableState, event: past.DealerDrew) -> TableState:
    return replace(state, dealer=(*state.dealer, event.card), position=event.position, turn=None)


def _round_settled(state: TableState, event: past.RoundSettled) -> TableState:
    seats = list(state.seats)
    for result in event.seats:
        seat = seats[result.seat - 1]
        hands = tuple(
            replace(hand, outcome=ended.outcome, payout=ended.payout)
            for hand, ended in zip(seat.hands, result.hands, strict=True)
        )
        seats[result.seat - 1] = replace(seat, hands=hands, insurance_payout=result.insurance_payout)
    return replace(state, phase=Phase.SETTLED, turn=None, seats=tuple(seats))


def _round_voided(state: TableState, event: past.RoundVoided) -> TableState:
    del event
    seats = tuple(
        replace(
            seat,
            insurance_payout=seat.insurance or Money(0),
            hands=tuple(replace(hand, outcome=Outcome.VOID, payout=hand.bet) for hand in seat.hands),
        )
        for seat in state.seats
    )
    return replace(state, phase=Phase.SETTLED, turn=None, seats=seats)


def _shoe_finished(state: TableState, event: past.ShoeFinished) -> TableState:
    return replace(state, is_shoe_finished=state.is_shoe_finished or event.shoe_number == state.shoe_number)


def _shoe_started(state: TableState, event: past.ShoeStarted) -> TableState:
    """The shoe in play, to which the seats' seeds belong now: each counts for one shoe."""
    earlier = state.earlier_shoes
    if event.ran_out:
        drawn = RoundShoe(
            shoe_number=state.shoe_number,
            commitment=state.commitment,
            client_seeds=state.client_seeds,
            decks=state.decks,
            first_card=state.first_card,
            cards=shoe_size(state.decks) - state.first_card,
        )
        earlier = (*earlier, drawn)
    return replace(
        state,
        shoe_number=event.shoe_number,
        decks=event.decks,
        commitment=event.commitment,
        next_commitment=event.next_commitment,
        client_seeds=event.client_seeds,
        seats=tuple(replace(seat, client_seed="") for seat in state.seats),
        position=0,
        first_card=0,
        is_shoe_finished=False,
        earlier_shoes=earlier,
    )


def _config_scheduled(state: TableState, event: past.ConfigScheduled) -> TableState:
    return replace(state, pending_config=event.config)


def _config_changed(state: TableState, event: past.ConfigChanged) -> TableState:
    """The new config, with empty seats added at the end or taken away there."""
    count = event.config.seats
    seats = state.seats[:count] + (Seat(),) * (count - len(state.seats))
    return replace(state, config=event.config, pending_config=None, seats=seats)


def _closing_scheduled(state: TableState, event: past.ClosingScheduled) -> TableState:
    del event
    return replace(state, is_closing=True)


def _closing_cancelled(state: TableState, event: past.ClosingCancelled) -> TableState:
    del event
    return replace(state, is_closing=False)


def _table_closed(state: TableState, event: past.TableClosed) -> TableState:
    del event
    return replace(_without_round(state, Phase.CLOSED, None), is_closing=False)


def _table_opened(state: TableState, event: past.TableOpened) -> TableState:
    del event
    return replace(state, phase=Phase.WAITING)


def _timer_set(state: TableState, event: past.TimerSet) -> TableState:
    del event
    return state


_MEANING: Final[dict[type[Event], Callable[..., TableState]]] = {
    past.SeatTaken: _seat_taken,
    past.SeatKept: _seat_kept,
    past.SeatLeaving: _seat_leaving,
    past.SeatLeft: _seat_left,
    past.ClientSeedSet: _client_seed_set,
    past.RoundStarted: _round_started,
    past.TableEmptied: _table_emptied,
    past.BetPlaced: _bet_placed,
    past.BetCleared: _bet_cleared,
    past.RoundDealt: _round_dealt,
    past.InsuranceOffered: _insurance_offered,
    past.Insured: _insured,
    past.InsuranceDeclined: _insurance_declined,
    past.TurnGiven: _turn_given,
    past.HandHit: _hand_hit,
    past.HandStood: _hand_stood,
    past.HandDoubled: _hand_doubled,
    past.HandSplit: _hand_split,
    past.SplitCardDealt: _split_card_dealt,
    past.HandSurrendered: _hand_surrendered,
    past.HoleCardRevealed: _hole_card_revealed,
    past.DealerDrew: _dealer_drew,
    past.RoundSettled: _round_settled,
    past.RoundVoided: _round_voided,
    past.ShoeFinished: _shoe_finished,
    past.ShoeStarted: _shoe_started,
    past.ConfigScheduled: _config_scheduled,
    past.ConfigChanged: _config_changed,
    past.ClosingScheduled: _closing_scheduled,
    past.ClosingCancelled: _closing_cancelled,
    past.TableClosed: _table_closed,
    past.TableOpened: _table_opened,
    past.TimerSet: _timer_set,
}
