"""What may be asked of a table. Seats count from 1, hands from 0, money is in cents."""

from dataclasses import dataclass

from economy.money import Money
from games.blackjack.state import TableConfig
from games.blackjack.terms import Move


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSeat:
    """Sit down; seat 0 is any free one."""

    user_id: str
    name: str
    seat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveSeat:
    """Get up: now, or with a live hand when the round is settled."""

    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceBet:
    """Set the whole stake of the coming round."""

    user_id: str
    amount: Money
    round_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearBet:
    """Take the stake back before the cards are dealt."""

    user_id: str
    round_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Play a hand; `cards` is how many of its cards the player saw."""

    user_id: str
    round_id: str
    hand: int
    move: Move
    cards: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetClientSeed:
    """Give a seed of one's own for the next shoe."""

    user_id: str
    client_seed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """Deal before the deadline, if every seat whose player is connected has bet."""

    connected: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """The deadline of the phase is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacate:
    """A player who went away is not waited for any longer; a placed bet is still played."""

    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kick:
    """An operator takes a player's seat."""

    seat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Close the table, after the round in play."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open the table again, or take back that it is to close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """Give every stake of the round back."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Set the table up differently, from the next round on."""

    config: TableConfig


PlayerCommand = TakeSeat | LeaveSeat | PlaceBet | ClearBet | Act | SetClientSeed
HouseCommand = Deal | Expire | Vacate | Kick | Close | Open | Void | Change
Command = PlayerCommand | HouseCommand
