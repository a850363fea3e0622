"""What happened at a table, in the past tense: what the journal keeps and what money and state follow from.

Seats count from 1, hands from 0, money is in cents. `position` is where the shoe in play stands after the
event. Records are stored as arrays with their name in front; fields are only ever appended, with a default.
"""

from typing import Final

import msgspec

from economy.money import Money
from games.blackjack.state import HoleCard, TableConfig
from games.blackjack.terms import HandStatus, Outcome
from games.cards import Card

SCHEMA: Final = 1


class _Past(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """Something that happened; only here so that every event is stored alike."""


class SeatTaken(_Past, frozen=True):
    """A player sat down."""

    seat: int
    user_id: str
    name: str


class SeatKept(_Past, frozen=True):
    """A player who was to leave stays."""

    seat: int


class SeatLeaving(_Past, frozen=True):
    """The seat will be left when the round is settled."""

    seat: int


class SeatLeft(_Past, frozen=True):
    """The seat is free."""

    seat: int
    user_id: str


class ClientSeedSet(_Past, frozen=True):
    """A player gave a seed, which counts for the next shoe."""

    seat: int
    client_seed: str


class RoundStarted(_Past, frozen=True):
    """Bets are taken for a new round."""

    round_id: str


class TableEmptied(_Past, frozen=True):
    """Nobody is seated, the table waits."""


class BetPlaced(_Past, frozen=True):
    """The seat's whole stake is `amount`; it was `previous`."""

    seat: int
    user_id: str
    amount: Money
    previous: Money


class BetCleared(_Past, frozen=True):
    """The stake went back."""

    seat: int
    user_id: str
    amount: Money


class DealtHand(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The first two cards of a seat."""

    seat: int
    cards: tuple[Card, Card]
    status: HandStatus


class RoundDealt(_Past, frozen=True):
    """Everybody who bet has two cards, the dealer one and, where the dealer peeks, a hidden one."""

    hands: tuple[DealtHand, ...]
    up_card: Card
    hole: HoleCard | None
    position: int


class InsuranceOffered(_Past, frozen=True):
    """The dealer shows an ace, and bets may be insured."""


class Insured(_Past, frozen=True):
    """The seat's bet is insured."""

    seat: int
    user_id: str
    stake: Money


class InsuranceDeclined(_Past, frozen=True):
    """The seat's bet is not insured."""

    seat: int


class TurnGiven(_Past, frozen=True):
    """The hand is asked for its move."""

    seat: int
    hand: int


class HandHit(_Past, frozen=True):
    """The player drew a card."""

    seat: int
    hand: int
    card: Card
    status: HandStatus
    position: int


class HandStood(_Past, frozen=True):
    """The player stood."""

    seat: int
    hand: int


class HandDoubled(_Past, frozen=True):
    """The player doubled by `stake` and drew one card."""

    seat: int
    user_id: str
    hand: int
    stake: Money
    card: Card
    status: HandStatus
    position: int


class HandSplit(_Past, frozen=True):
    """The player split the hand by `stake`; the second card is now the first one of the hand to the right."""

    seat: int
    user_id: str
    hand: int
    stake: Money


class SplitCardDealt(_Past, frozen=True):
    """A hand from a split got its second card."""

    seat: int
    hand: int
    card: Card
    status: HandStatus
    position: int


class HandSurrendered(_Past, frozen=True):
    """The player gave half of the bet up."""

    seat: int
    hand: int


class HoleCardRevealed(_Past, frozen=True):
    """The dealer showed the hidden card."""

    card: Card


class DealerDrew(_Past, frozen=True):
    """The dealer drew a card."""

    card: Card
    position: int


class HandResult(msgspec.Struct, frozen=True, array_like=True):
    """How a hand ended and what came back for it, stake included."""

    outcome: Outcome
    payout: Money


class SeatResult(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A seat's round: all it staked and all that came back, insurance included in both."""

    seat: int
    user_id: str
    staked: Money
    paid: Money
    insurance_payout: Money
    hands: tuple[HandResult, ...]


class RoundSettled(_Past, frozen=True):
    """Every hand of the round is decided and paid."""

    seats: tuple[SeatResult, ...]


class Refund(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a seat gets back of a round that is void."""

    seat: int
    user_id: str
    amount: Money


class RoundVoided(_Past, frozen=True):
    """The round does not count, every stake went back."""

    reason: str
    refunds: tuple[Refund, ...]


class ShoeFinished(_Past, frozen=True):
    """Nothing will be dealt from this shoe any more: it may be revealed."""

    shoe_number: int


class ShoeStarted(_Past, frozen=True):
    """A shoe came into play, with the client seeds that now belong to it alone; another one is committed to.

    `ran_out` says that the shoe before ended in the middle of a round.
    """

    shoe_number: int
    commitment: str
    next_commitment: str
    client_seeds: tuple[str, ...]
    decks: int
    ran_out: bool


class ConfigScheduled(_Past, frozen=True):
    """The table will be set up differently for the next round."""

    config: TableConfig


class ConfigChanged(_Past, frozen=True):
    """The table is set up differently."""

    config: TableConfig


class ClosingScheduled(_Past, frozen=True):
    """The table closes after this round."""


class ClosingCancelled(_Past, frozen=True):
    """The table stays open after all."""


class TableClosed(_Past, frozen=True):
    """The table is closed."""


class TableOpened(_Past, frozen=True):
    """The table is open and waits."""


class TimerSet(_Past, frozen=True):
    """The deadline is so many milliseconds from now, or there is none. A decision's last one counts."""

    ms: int | None


Event = (
    SeatTaken
    | SeatKept
    | SeatLeaving
    | SeatLeft
    | ClientSeedSet
    | RoundStarted
    | TableEmptied
    | BetPlaced
    | BetCleared
    | RoundDealt
    | InsuranceOffered
    | Insured
    | InsuranceDeclined
    | TurnGiven
    | HandHit
    | HandStood
    | HandDoubled
    | HandSplit
    | SplitCardDealt
    | HandSurrendered
    | HoleCardRevealed
    | DealerDrew
    | RoundSettled
    | RoundVoided
    | ShoeFinished
    | ShoeStarted
    | ConfigScheduled
    | ConfigChanged
    | ClosingScheduled
    | ClosingCancelled
    | TableClosed
    | TableOpened
    | TimerSet
)


class EventsError(Exception):
    """The stored bytes are no events of a table."""


class _Journal(msgspec.Struct, frozen=True, array_like=True):
    """How events are stored: the schema's number and the events."""

    schema: int
    events: tuple[Event, ...]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Journal)


def encode_events(events: tuple[Event, ...]) -> bytes:
    """The events as compact bytes."""
    return _ENCODER.encode(_Journal(SCHEMA, events))


def decode_events(data: bytes) -> tuple[Event, ...]:
    """The events of these bytes; raises `EventsError`."""
    try:
        return _DECODER.decode(data).events
    except msgspec.MsgspecError as error:
        raise EventsError(str(error)) from error
