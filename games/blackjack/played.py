"""Seats and hands while a round is played: mutable, and gone when the round or the decision is over."""

from economy.money import Money
from games.blackjack.hand import WEIGHT
from games.blackjack.terms import HandStatus, Outcome
from games.cards import Card


class PlayedHand:
    """One hand while it is played. `weight` is that of its cards; `outcome` and `payout` come at the end."""

    __slots__ = ("bet", "cards", "doubled", "outcome", "payout", "status", "weight")
    outcome: Outcome
    payout: Money

    def __init__(self, cards: list[Card], bet: Money, status: HandStatus, *, doubled: bool = False) -> None:
        self.cards = cards
        self.weight = sum([WEIGHT[card] for card in cards])
        self.bet = bet
        self.status = status
        self.doubled = doubled


class PlayedSeat:
    """One seat (from 1) of a round; `insurance` is None until it is answered, 0 when it is declined."""

    __slots__ = ("bet", "hands", "insurance", "number", "user_id")

    def __init__(
        self, number: int, user_id: str, bet: Money, insurance: Money | None, hands: list[PlayedHand]
    ) -> None:
        self.number = number
        self.user_id = user_id
        self.bet = bet
        self.insurance = insurance
        self.hands = hands
