"""A round as a dealer tells it: a sentence for each step, of nothing but what the live rules said happened.

What has no part in the telling of a hand (seats, shoes, timers, the set-up of the table) is passed over.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from games.blackjack import events as past
from games.blackjack.events import Event, HandResult, SeatResult
from games.blackjack.evolve import evolve
from games.blackjack.hand import TARGET, can_hide_natural, is_natural, score
from games.blackjack.state import Hand, TableState
from games.blackjack.terms import HandStatus, Outcome
from games.blackjack.words import (
    card_in_words,
    cents_in_words,
    hand_in_words,
    pays_in_words,
    rank_in_words,
    rules_in_words,
    total_in_words,
)
from games.cards import Card


def narrate(before: TableState, events: Iterable[Event]) -> Iterator[str]:
    """What happened to a table that stood at `before`, a sentence a step."""
    for event in events:
        after = evolve(before, event)
        tell = _TELLING.get(type(event))
        if tell is not None:
            yield from tell(event, before, after)
        before = after


def name_of(state: TableState, number: int) -> str:
    """The player at a seat (from 1) by name, or the seat where the name says nothing."""
    name = state.seats[number - 1].name or ""
    return name if name.isprintable() and name.strip() else f"Seat {number}"


def _round_started(event: past.RoundStarted, before: TableState, after: TableState) -> Iterator[str]:
    del event, before
    yield rules_in_words(after.config.rules)


def _bet_placed(event: past.BetPlaced, before: TableState, after: TableState) -> Iterator[str]:
    del before
    who = name_of(after, event.seat)
    place = "" if who == f"Seat {event.seat}" else f" at seat {event.seat}"
    yield f"{who} bets {cents_in_words(event.amount)}{place}."


def _bet_cleared(event: past.BetCleared, before: TableState, after: TableState) -> Iterator[str]:
    del after
    yield f"{name_of(before, event.seat)} takes the bet of {cents_in_words(event.amount)} back."


def _round_dealt(event: past.RoundDealt, before: TableState, after: TableState) -> Iterator[str]:
    del before
    for hand in event.hands:
        yield f"{name_of(after, hand.seat)} gets {card_in_words(hand.cards[0])}."
    yield f"Dealer shows {card_in_words(event.up_card)}."
    for hand in event.hands:
        has_blackjack = hand.status is HandStatus.BLACKJACK
        total = "blackjack" if has_blackjack else total_in_words(hand.cards)
        yield f"{name_of(after, hand.seat)} gets {card_in_words(hand.cards[1])}: {total}."
    if event.hole is not None:
        yield "Dealer takes a card face down."


def _insurance_offered(event: past.InsuranceOffered, before: TableState, after: TableState) -> Iterator[str]:
    del event, before, after
    yield "Dealer has an ace up: insurance?"


def _insured(event: past.Insured, before: TableState, after: TableState) -> Iterator[str]:
    del before
    yield f"{name_of(after, event.seat)} takes insurance for {cents_in_words(event.stake)}."


def _insurance_declined(
    event: past.InsuranceDeclined, before: TableState, after: TableState
) -> Iterator[str]:
    del before
    yield f"{name_of(after, event.seat)} takes no insurance."


def _turn_given(event: past.TurnGiven, before: TableState, after: TableState) -> Iterator[str]:
    """The first turn tells that the dealer has looked for a natural and found none."""
    del event
    if before.turn is None and after.hole is not None and can_hide_natural(after.dealer[0]):
        yield f"Dealer looks under the {rank_in_words(after.dealer[0])}: no blackjack."


def _hand_hit(event: past.HandHit, before: TableState, after: TableState) -> Iterator[str]:
    del before
    hand = after.seats[event.seat - 1].hands[event.hand]
    yield f"{_player(after, event.seat, event.hand)} hits and gets {_drawn(event.card, hand)}."


def _hand_stood(event: past.HandStood, before: TableState, after: TableState) -> Iterator[str]:
    del before
    hand = after.seats[event.seat - 1].hands[event.hand]
    yield f"{_player(after, event.seat, event.hand)} stands on {total_in_words(hand.cards)}."


def _hand_doubled(event: past.HandDoubled, before: TableState, after: TableState) -> Iterator[str]:
    del before
    hand = after.seats[event.seat - 1].hands[event.hand]
    who = _player(after, event.seat, event.hand)
    yield f"{who} doubles to {cents_in_words(hand.bet)} and gets {_drawn(event.card, hand)}."


def _hand_split(event: past.HandSplit, before: TableState, after: TableState) -> Iterator[str]:
    pair = before.seats[event.seat - 1].hands[event.hand].cards
    ranks = [rank_in_words(card) for card in pair]
    what = _plural(ranks[0]) if ranks[0] == ranks[1] else f"{ranks[0]} and {ranks[1]}"
    yield f"{name_of(after, event.seat)} splits the {what} for {cents_in_words(event.stake)} more."


def _split_card_dealt(event: past.SplitCardDealt, before: TableState, after: TableState) -> Iterator[str]:
    del before
    hand = after.seats[event.seat - 1].hands[event.hand]
    yield f"{_player(after, event.seat, event.hand)} gets {_drawn(event.card, hand)}."


def _hand_surrendered(event: past.HandSurrendered, before: TableState, after: TableState) -> Iterator[str]:
    del before
    yield f"{name_of(after, event.seat)} surrenders."


def _hole_card_revealed(event: past.HoleCardRevealed, before: TableState, after: TableState) -> Iterator[str]:
    del before
    yield f"Dealer turns over {card_in_words(event.card)}: {_dealers_total(after)}."


def _dealer_drew(event: past.DealerDrew, before: TableState, after: TableState) -> Iterator[str]:
    del before
    yield f"Dealer draws {card_in_words(event.card)}: {_dealers_total(after)}."


def _round_settled(event: past.RoundSettled, before: TableState, after: TableState) -> Iterator[str]:
    del before
    for seat in event.seats:
        for index, result in enumerate(seat.hands):
            yield _paid(after, seat.seat, index, result)
        yield from _insurance_paid(after, seat)
        yield _net(after, seat)


def _round_voided(event: past.RoundVoided, before: TableState, after: TableState) -> Iterator[str]:
    del after
    yield f"The round is void ({event.reason}): every stake goes back."
    for refund in event.refunds:
        yield f"{name_of(before, refund.seat)} gets {cents_in_words(refund.amount)} back."


def _paid(state: TableState, number: int, index: int, result: HandResult) -> str:
    hand = state.seats[number - 1].hands[index]
    who = _player(state, number, index)
    bet, won = cents_in_words(hand.bet), cents_in_words(result.payout - hand.bet)
    match result.outcome:
        case Outcome.BLACKJACK:
            return f"{who} has blackjack, which pays {pays_in_words(state.config.rules)}: {won}."
        case Outcome.WIN:
            return f"{who} wins with {score(hand.cards).total}, which pays even money: {won}."
        case Outcome.PUSH:
            both = "blackjack" if hand.status is HandStatus.BLACKJACK else score(hand.cards).total
            return f"{who} pushes with {both}: the bet of {bet} comes back."
        case Outcome.SURRENDER:
            return f"{who} surrendered: {cents_in_words(result.payout)} of {bet} comes back."
        case Outcome.LOSE:
            return f"{who} loses {bet}{_why_lost(hand)}."
        case Outcome.VOID:
            return f"{who} gets {bet} back."


def _why_lost(hand: Hand) -> str:
    total = score(hand.cards).total
    return f" with {total}" if total <= TARGET else ", being bust"


def _insurance_paid(state: TableState, seat: SeatResult) -> Iterator[str]:
    stake = state.seats[seat.seat - 1].insurance
    if not stake:
        return
    who = name_of(state, seat.seat)
    if seat.insurance_payout:
        yield f"{who}'s insurance pays 2 to 1: {cents_in_words(seat.insurance_payout - stake)}."
    else:
        yield f"{who}'s insurance of {cents_in_words(stake)} is lost."


def _net(state: TableState, seat: SeatResult) -> str:
    net = seat.paid - seat.staked
    sign = "+" if net > 0 else ""
    return f"{name_of(state, seat.seat)} nets {sign}{cents_in_words(net)}."


def _player(state: TableState, number: int, index: int) -> str:
    """Who plays: with the hand where the seat has several."""
    who = name_of(state, number)
    return f"{who}'s {hand_in_words(index)}" if len(state.seats[number - 1].hands) > 1 else who


def _drawn(card: Card, hand: Hand) -> str:
    is_bust = score(hand.cards).total > TARGET
    return f"{card_in_words(card)}: {total_in_words(hand.cards)}{', bust' if is_bust else ''}"


def _dealers_total(state: TableState) -> str:
    if is_natural(state.dealer):
        return "blackjack"
    is_bust = score(state.dealer).total > TARGET
    return f"{total_in_words(state.dealer)}{', bust' if is_bust else ''}"


def _plural(rank: str) -> str:
    return "sixes" if rank == "six" else f"{rank}s"


_TELLING: Final[dict[type[Event], Callable[..., Iterator[str]]]] = {
    past.RoundStarted: _round_started,
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
}
