"""What hands win, and which money moves for what happened."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from economy.money import Money, part_down
from games.blackjack.events import (
    BetCleared,
    BetPlaced,
    Event,
    HandDoubled,
    HandSplit,
    Insured,
    RoundSettled,
    RoundVoided,
)
from games.blackjack.hand import TARGET, score
from games.blackjack.rules import PAYS, Rules
from games.blackjack.state import TableState
from games.blackjack.terms import HandStatus, Outcome
from games.cards import Card


class Flow(StrEnum):
    """Between which accounts money moves."""

    STAKE = "stake"
    """wallet → escrow"""
    RETURN = "return"
    """escrow → wallet"""
    TO_BANK = "to_bank"
    """escrow → bank"""
    FROM_BANK = "from_bank"
    """bank → escrow"""


class Reason(StrEnum):
    """Why money moves, as the player's history says it."""

    BET = "bet"
    BET_CLEARED = "bet_cleared"
    DOUBLE = "double"
    SPLIT = "split"
    INSURANCE = "insurance"
    SETTLED = "settled"
    VOIDED = "voided"


class Movement(NamedTuple):
    """Money that moves, in cents, more than none. Seat and user are None where only the bank is concerned."""

    kind: Flow
    amount: Money
    reason: Reason
    seat: int | None = None
    user_id: str | None = None


class SettledStake(NamedTuple):
    """What a player staked in a settled round and got back, insurance included in both, in cents."""

    user_id: str
    seat: int
    staked: Money
    paid: Money


class DealerEnd(NamedTuple):
    """The dealer's end of a round: the total of the cards that are known, and whether it is a natural."""

    total: int
    has_natural: bool


def dealer_end(cards: Sequence[Card]) -> DealerEnd:
    """What the hands are compared with."""
    total = score(cards).total
    return DealerEnd(total, has_natural=total == TARGET and len(cards) == 2)


def hand_result(
    rules: Rules, status: HandStatus, total: int, bet: Money, dealer: DealerEnd
) -> tuple[Outcome, Money]:
    """How a complete hand of this total ends, and what comes back for it, rounded down to a whole cent."""
    dealers, has_natural = dealer
    if status is HandStatus.BUSTED:
        return Outcome.LOSE, Money(0)
    if status is HandStatus.BLACKJACK:
        if has_natural:
            return Outcome.PUSH, bet
        return Outcome.BLACKJACK, Money(bet + part_down(bet, *PAYS[rules.blackjack_pays]))
    if has_natural:
        return Outcome.LOSE, Money(0)
    if status is HandStatus.SURRENDERED:
        return Outcome.SURRENDER, part_down(bet, 1, 2)
    if dealers > TARGET or total > dealers:
        return Outcome.WIN, Money(bet + bet)
    return (Outcome.PUSH, bet) if total == dealers else (Outcome.LOSE, Money(0))


def insurance_result(stake: Money, dealer: DealerEnd) -> Money:
    """What comes back for an insurance: it pays 2 to 1 when the dealer has a natural."""
    return Money(3 * stake) if dealer.has_natural else Money(0)


def movements(before: TableState, events: tuple[Event, ...]) -> tuple[Movement, ...]:
    """The money that these events of one decision move: stakes first, then the bank, then what comes back."""
    del before  # the events carry every amount; a later schema may need the state
    moved: list[Movement] = []
    for event in events:
        match event:
            case BetPlaced():
                moved.extend(_changed_bet(event))
            case BetCleared():
                moved.append(
                    Movement(Flow.RETURN, event.amount, Reason.BET_CLEARED, event.seat, event.user_id)
                )
            case HandDoubled():
                moved.append(_stake(event, Reason.DOUBLE))
            case HandSplit():
                moved.append(_stake(event, Reason.SPLIT))
            case Insured():
                moved.append(_stake(event, Reason.INSURANCE))
            case RoundSettled():
                moved.extend(_settlement(event))
            case RoundVoided():
                moved.extend(
                    Movement(Flow.RETURN, refund.amount, Reason.VOIDED, refund.seat, refund.user_id)
                    for refund in event.refunds
                )
    return tuple(moved)


def settled_stakes(before: TableState, events: tuple[Event, ...]) -> tuple[SettledStake, ...]:
    """What each seat staked and got back in the round that these events settle; empty for a voided one."""
    del before  # the events carry all of it
    return tuple(
        SettledStake(result.user_id, result.seat, result.staked, result.paid)
        for event in events
        if isinstance(event, RoundSettled)
        for result in event.seats
    )


def _changed_bet(event: BetPlaced) -> tuple[Movement, ...]:
    more = event.amount - event.previous
    if more == 0:
        return ()
    kind = Flow.STAKE if more > 0 else Flow.RETURN
    return (Movement(kind, Money(abs(more)), Reason.BET, event.seat, event.user_id),)


def _stake(event: HandDoubled | HandSplit | Insured, reason: Reason) -> Movement:
    return Movement(Flow.STAKE, event.stake, reason, event.seat, event.user_id)


def _settlement(event: RoundSettled) -> list[Movement]:
    moved = []
    gain = sum(result.staked - result.paid for result in event.seats)
    if gain < 0:
        moved.append(Movement(Flow.FROM_BANK, Money(-gain), Reason.SETTLED))
    if gain > 0:
        moved.append(Movement(Flow.TO_BANK, Money(gain), Reason.SETTLED))
    moved.extend(
        Movement(Flow.RETURN, result.paid, Reason.SETTLED, result.seat, result.user_id)
        for result in event.seats
        if result.paid > 0
    )
    return moved
