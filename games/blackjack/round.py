"""The order of play: deal, insurance, the dealer's look, the hands from left to right, the dealer, the end.

Seats ascending get one card each, the dealer the up card, the seats their second card, and the dealer a
hole card. Without a peek there is no hole card: the dealer's second card is drawn after all seats have
played, if something still depends on it.

A `Round` is where the rules of play live, for the live table, for replays and for simulations alike. It is
mutable and short-lived: a table makes one from its state for each command and keeps only what it tells. It
never holds a card that nobody may see; the hole card stays with the shoe until it is shown.
"""

from collections.abc import Callable
from typing import Final, Protocol, assert_never

from economy.money import Money
from games.blackjack.errors import IllegalMove
from games.blackjack.events import (
    DealerDrew,
    DealtHand,
    Event,
    HandDoubled,
    HandHit,
    HandResult,
    HandSplit,
    HandStood,
    HandSurrendered,
    HoleCardRevealed,
    InsuranceDeclined,
    InsuranceOffered,
    Insured,
    RoundDealt,
    RoundSettled,
    SeatResult,
    SplitCardDealt,
    TurnGiven,
)
from games.blackjack.hand import SCORE, TARGET, TOTAL, WEIGHT, can_hide_natural, is_ace
from games.blackjack.moves import insurance_stake, is_asked_for_insurance, legal_by
from games.blackjack.played import PlayedHand, PlayedSeat
from games.blackjack.rules import Rules
from games.blackjack.settle import DealerEnd, dealer_end, hand_result, insurance_result
from games.blackjack.state import HoleCard
from games.blackjack.terms import HandStatus, Move, Phase
from games.cards import Card

# Members of an enumeration cost a look-up by name each time; these are asked for in every step.
_PLAYING: Final = HandStatus.PLAYING
_STOOD: Final = HandStatus.STOOD
_HIT: Final = Move.HIT
_STAND: Final = Move.STAND

_DEALER_STANDS: Final = 17
_AGAINST_DEALER: Final = frozenset({HandStatus.STOOD, HandStatus.DOUBLED})
_AGAINST_NATURAL: Final = frozenset({HandStatus.BLACKJACK, HandStatus.SURRENDERED})
_CAN_HIDE_NATURAL: Final = tuple(can_hide_natural(Card(card)) for card in range(52))


class Shoe(Protocol):
    """Where a round draws its cards."""

    @property
    def position(self) -> int:
        """How many cards of the shoe in play are drawn."""
        ...

    @property
    def hole(self) -> HoleCard | None:
        """Where the hole card lies, if there is one."""
        ...

    def draw(self) -> Card:
        """The next card; a shoe that has run out is followed by the next one."""
        ...

    def lay_hole_card(self) -> None:
        """Draw the next card and lay it face down before the dealer."""
        ...

    def hole_card(self) -> Card:
        """The hidden card; only for looking whether it makes a natural, or to reveal it."""
        ...


Tell = Callable[[Event], None]
"""Who hears what happens in a round, as it happens."""


class Round:
    """A round of the seats that have bet.

    `phase` is insurance, playing (`seat` and `index` say whose turn it is) or settled (`end`: the dealer's).
    `has_dealer_played` tells whether a hand stood against the dealer and he drew to his rules.
    """

    __slots__ = (
        "_legal",
        "_rules",
        "_shoe",
        "_tell",
        "dealer",
        "end",
        "has_dealer_played",
        "has_hole_card",
        "index",
        "phase",
        "seat",
        "seats",
    )

    def __init__(self, rules: Rules, shoe: Shoe, seats: list[PlayedSeat], tell: Tell | None = None) -> None:
        self._rules = rules
        self._legal = legal_by(rules)
        self._shoe = shoe
        self._tell = tell
        self.seats = seats
        self.seat = seats[0]
        self.index = 0
        self.phase = Phase.PLAYING
        self.dealer: list[Card] = []
        self.has_hole_card = False
        self.has_dealer_played = False

    @property
    def hand(self) -> PlayedHand:
        """The hand whose turn it is."""
        return self.seat.hands[self.index]

    @property
    def moves(self) -> tuple[Move, ...]:
        """What the hand whose turn it is may do."""
        hands = self.seat.hands
        return self._legal.of(hands[self.index].cards, len(hands))

    def deal(self) -> None:
        """Deal to every seat and go on to whatever is asked first."""
        shoe = self._shoe
        draw = shoe.draw
        firsts = [draw() for _ in self.seats]
        up_card = draw()
        self.dealer.append(up_card)
        for seat, first in zip(self.seats, firsts, strict=True):
            hand = PlayedHand([first, draw()], seat.bet, _PLAYING)
            if TOTAL[hand.weight] == TARGET:
                hand.status = HandStatus.BLACKJACK
            seat.hands.append(hand)
        if self._rules.dealer_peeks:
            shoe.lay_hole_card()
            self.has_hole_card = True
        if self._tell:
            self._tell(self._dealt())
        if self._rules.insurance and is_ace(up_card) and self.is_insurance_open():
            self.phase = Phase.INSURANCE
            if self._tell:
                self._tell(InsuranceOffered())
        else:
            self._look_and_play()

    def is_insurance_open(self) -> bool:
        """Whether a seat has still to answer."""
        return any(is_asked_for_insurance(seat) for seat in self.seats)

    def answer_insurance(self, seat: PlayedSeat, *, insures: bool) -> None:
        """Take the answer of a seat that is asked; the last one lets the dealer look."""
        seat.insurance = insurance_stake(seat.bet) if insures else Money(0)
        if self._tell:
            if insures:
                self._tell(Insured(seat=seat.number, user_id=seat.user_id, stake=seat.insurance))
            else:
                self._tell(InsuranceDeclined(seat=seat.number))
        if not self.is_insurance_open():
            self._look_and_play()

    def decline_unanswered(self) -> None:
        """Decline insurance for every seat that has not answered."""
        for seat in self.seats:
            if is_asked_for_insurance(seat):
                self.answer_insurance(seat, insures=False)

    def play(self, move: Move) -> None:
        """Make a move for the hand whose turn it is; raises `IllegalMove`."""
        hand = self.seat.hands[self.index]
        if move not in self.moves:
            raise IllegalMove(self.moves)
        match move:
            case Move.HIT:
                self._hit(hand)
            case Move.STAND:
                hand.status = _STOOD
                if self._tell:
                    self._tell(HandStood(seat=self.seat.number, hand=self.index))
            case Move.DOUBLE:
                self._double(hand)
            case Move.SPLIT:
                self._split(hand)
            case Move.SURRENDER:
                hand.status = HandStatus.SURRENDERED
                if self._tell:
                    self._tell(HandSurrendered(seat=self.seat.number, hand=self.index))
            case Move.INSURE | Move.DECLINE_INSURANCE:
                raise IllegalMove(self.moves)
            case _:
                assert_never(move)
        if move is not _HIT or hand.status is not _PLAYING:
            self._advance()

    def _hit(self, hand: PlayedHand) -> None:
        card = self._give(hand)
        total = TOTAL[hand.weight]
        if total >= TARGET:
            hand.status = _STOOD if total == TARGET else HandStatus.BUSTED
        if self._tell:
            self._tell(
                HandHit(
                    seat=self.seat.number,
                    hand=self.index,
                    card=card,
                    status=hand.status,
                    position=self._shoe.position,
                )
            )

    def _double(self, hand: PlayedHand) -> None:
        stake = hand.bet
        card = self._give(hand)
        hand.bet = Money(stake + stake)
        hand.doubled = True
        hand.status = HandStatus.DOUBLED if TOTAL[hand.weight] <= TARGET else HandStatus.BUSTED
        if self._tell:
            self._tell(
                HandDoubled(
                    seat=self.seat.number,
                    user_id=self.seat.user_id,
                    hand=self.index,
                    stake=stake,
                    card=card,
                    status=hand.status,
                    position=self._shoe.position,
                )
            )

    def _split(self, hand: PlayedHand) -> None:
        """Part the cards; each of the two hands gets its second card when its turn comes."""
        left, right = hand.cards
        seat = self.seat
        seat.hands[self.index : self.index + 1] = [
            PlayedHand([left], hand.bet, _PLAYING),
            PlayedHand([right], hand.bet, _PLAYING),
        ]
        if self._tell:
            self._tell(HandSplit(seat=seat.number, user_id=seat.user_id, hand=self.index, stake=hand.bet))

    def _give(self, hand: PlayedHand) -> Card:
        card = self._shoe.draw()
        hand.cards.append(card)
        hand.weight += WEIGHT[card]
        return card

    def _look_and_play(self) -> None:
        """Let the dealer look under an ace or a ten: a natural ends the round before any move."""
        if self.has_hole_card and _CAN_HIDE_NATURAL[self.dealer[0]]:
            hole_card = self._shoe.hole_card()
            if TOTAL[WEIGHT[self.dealer[0]] + WEIGHT[hole_card]] == TARGET:
                self._show_hole_card(hole_card)
                self._settle()
                return
        self._advance()

    def _advance(self) -> None:
        """Give the turn to the first hand that is not complete; if there is none, let the dealer play."""
        for seat in self.seats:
            for index, hand in enumerate(seat.hands):
                if hand.status is _PLAYING and (len(hand.cards) > 1 or self._completes_pair(seat, index)):
                    self.phase = Phase.PLAYING
                    self.seat, self.index = seat, index
                    if self._tell:
                        self._tell(TurnGiven(seat=seat.number, hand=index))
                    return
        self._play_dealer()
        self._settle()

    def _completes_pair(self, seat: PlayedSeat, index: int) -> bool:
        """Give a hand from a split its second card; whether it is to be played on."""
        hand = seat.hands[index]
        card = self._give(hand)
        hand.status = self._legal.status_after_split(hand.cards, len(seat.hands))
        if self._tell:
            self._tell(
                SplitCardDealt(
                    seat=seat.number,
                    hand=index,
                    card=card,
                    status=hand.status,
                    position=self._shoe.position,
                )
            )
        return hand.status is _PLAYING

    def _play_dealer(self) -> None:
        """Show or draw the second card if something depends on it; draw to 17 against hands that stand."""
        must_play = any(hand.status in _AGAINST_DEALER for seat in self.seats for hand in seat.hands)
        self.has_dealer_played = must_play
        if self.has_hole_card:
            self._show_hole_card(self._shoe.hole_card())
        elif must_play or self._depends_on_natural():
            self._draw_for_dealer()
        if not must_play:
            return
        weight = sum([WEIGHT[card] for card in self.dealer])
        hits_soft_17 = self._rules.dealer_hits_soft_17
        while True:
            total, soft = SCORE[weight]
            if total > _DEALER_STANDS or (total == _DEALER_STANDS and not (soft and hits_soft_17)):
                return
            weight += WEIGHT[self._draw_for_dealer()]

    def _depends_on_natural(self) -> bool:
        if not _CAN_HIDE_NATURAL[self.dealer[0]]:
            return False
        return any(
            seat.insurance or any(hand.status in _AGAINST_NATURAL for hand in seat.hands)
            for seat in self.seats
        )

    def _show_hole_card(self, card: Card) -> None:
        self.has_hole_card = False
        self.dealer.append(card)
        if self._tell:
            self._tell(HoleCardRevealed(card=card))

    def _draw_for_dealer(self) -> Card:
        card = self._shoe.draw()
        self.dealer.append(card)
        if self._tell:
            self._tell(DealerDrew(card=card, position=self._shoe.position))
        return card

    def _settle(self) -> None:
        """Decide every hand against the dealer's."""
        self.phase = Phase.SETTLED
        self.end = dealer = dealer_end(self.dealer)
        for seat in self.seats:
            for hand in seat.hands:
                hand.outcome, hand.payout = hand_result(
                    self._rules, hand.status, TOTAL[hand.weight], hand.bet, dealer
                )
        if self._tell:
            self._tell(RoundSettled(seats=tuple(_seat_result(seat, dealer) for seat in self.seats)))

    def _dealt(self) -> RoundDealt:
        return RoundDealt(
            hands=tuple(
                DealtHand(seat=seat.number, cards=(hand.cards[0], hand.cards[1]), status=hand.status)
                for seat in self.seats
                for hand in seat.hands
            ),
            up_card=self.dealer[0],
            hole=self._shoe.hole,
            position=self._shoe.position,
        )


def _seat_result(seat: PlayedSeat, dealer: DealerEnd) -> SeatResult:
    insurance = seat.insurance or Money(0)
    insurance_payout = insurance_result(insurance, dealer)
    return SeatResult(
        seat=seat.number,
        user_id=seat.user_id,
        staked=Money(sum(hand.bet for hand in seat.hands) + insurance),
        paid=Money(sum(hand.payout for hand in seat.hands) + insurance_payout),
        insurance_payout=insurance_payout,
        hands=tuple(HandResult(hand.outcome, hand.payout) for hand in seat.hands),
    )
