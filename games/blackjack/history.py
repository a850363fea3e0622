"""What is kept of a round: enough to play it again, and how it ended."""

import msgspec

from economy.money import Money
from games.blackjack.decision import card_of
from games.blackjack.hand import score
from games.blackjack.rules import Rules
from games.blackjack.state import Seat, TableState, shoes_of_round
from games.blackjack.terms import Outcome
from games.cards import card_texts
from games.shoe import Dealer


class DealerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The cards that the dealer showed in the end."""

    cards: tuple[str, ...]
    total: int


class HandRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One hand's end; `bet` is the doubled stake of a doubled hand, `payout` what came back, in cents."""

    cards: tuple[str, ...]
    bet: Money
    outcome: Outcome | None
    payout: Money


class InsuranceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An insurance that was taken: its stake and what came back, in cents."""

    bet: Money
    payout: Money


class SeatOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a seat's round ended; `net` is what came back less what was staked, in cents."""

    seat: int
    hands: tuple[HandRecord, ...]
    insurance: InsuranceRecord | None
    net: int


class SeatRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A seat's round: who, what was bet and done, and how it ended."""

    seat: int
    player: str
    bet: Money
    actions: tuple[str, ...]
    hands: tuple[HandRecord, ...]
    insurance: InsuranceRecord | None
    net: int


class ShoeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Which cards of a shoe the round took: `cards` of them from index `first_card` on."""

    commitment: str
    shoe_number: int
    first_card: int
    cards: int


class RoundRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A round that has ended: a scripted round with its result and the shoes it was dealt from."""

    rules: Rules
    cards: tuple[str, ...]
    dealer: DealerRecord
    seats: tuple[SeatRecord, ...]
    cards_used: int
    shoes: tuple[ShoeRecord, ...]


def round_record(state: TableState, dealer: Dealer) -> RoundRecord:
    """The record of the round that `state`, just settled, has ended. Asks only for the round's own shoes."""
    shoes = shoes_of_round(state)
    cards = tuple(
        card_of(dealer, shoe.shoe_number, shoe.client_seeds, shoe.decks, index)
        for shoe in shoes
        for index in range(shoe.first_card, shoe.first_card + shoe.cards)
    )
    return RoundRecord(
        rules=state.config.rules,
        cards=card_texts(cards),
        dealer=dealer_record(state),
        seats=_seat_records(state),
        cards_used=len(cards),
        shoes=tuple(
            ShoeRecord(
                commitment=shoe.commitment,
                shoe_number=shoe.shoe_number,
                first_card=shoe.first_card,
                cards=shoe.cards,
            )
            for shoe in shoes
        ),
    )


def dealer_record(state: TableState) -> DealerRecord:
    """The dealer's end of a settled round."""
    return DealerRecord(cards=card_texts(state.dealer), total=score(state.dealer).total)


def seat_outcomes(state: TableState) -> tuple[SeatOutcome, ...]:
    """The end of every seat that played a settled round, in seat order."""
    return tuple(
        _seat_outcome(number, seat) for number, seat in enumerate(state.seats, start=1) if seat.hands
    )


def _seat_records(state: TableState) -> tuple[SeatRecord, ...]:
    return tuple(_seat_record(state.seats[ended.seat - 1], ended) for ended in seat_outcomes(state))


def _seat_record(seat: Seat, ended: SeatOutcome) -> SeatRecord:
    return SeatRecord(
        seat=ended.seat,
        player=seat.name or "",
        bet=seat.bet,
        actions=seat.actions,
        hands=ended.hands,
        insurance=ended.insurance,
        net=ended.net,
    )


def _seat_outcome(number: int, seat: Seat) -> SeatOutcome:
    stake = seat.insurance or Money(0)
    hands = tuple(
        HandRecord(
            cards=card_texts(hand.cards), bet=hand.bet, outcome=hand.outcome, payout=hand.payout or Money(0)
        )
        for hand in seat.hands
    )
    staked = sum(hand.bet for hand in hands) + stake
    paid = sum(hand.payout for hand in hands) + seat.insurance_payout
    return SeatOutcome(
        seat=number,
        hands=hands,
        insurance=InsuranceRecord(bet=stake, payout=seat.insurance_payout) if stake else None,
        net=paid - staked,
    )
