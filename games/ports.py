"""What a table needs from the world: a store that commits, an audience that watches, and who is there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from games.blackjack.commands import Command
from games.blackjack.events import Event
from games.blackjack.state import TableState
from games.shoe import Dealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A table as the store had it: the state, its version, and its deadline on the database's clock."""

    table_id: str
    version: int
    state: TableState
    deadline: str | None  # ISO 8601 UTC
    deadline_ms: int | None  # left when it was read; negative when it is over
    read_at_ns: int  # monotonic, when it was read

    def due_ns(self) -> int | None:
        """The deadline on this process's monotonic clock."""
        return None if self.deadline_ms is None else self.read_at_ns + self.deadline_ms * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command on its way to a table; without a user it is the clock's or an operator's."""

    command: Command
    name: str  # the wire's name of the command
    user_id: str | None = None
    command_id: str | None = None
    fingerprint: bytes | None = None
    at_version: int | None = None  # a step of the house that means nothing on another version


class Guard(StrEnum):
    """What the deadline must say, on the database's clock, for a move to be committed."""

    ANY = "any"
    IN_TIME = "in_time"  # until 250 ms after the deadline
    EXPIRED = "expired"  # from the deadline on


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One decided step, ready to be committed as a whole or not at all."""

    request: Request
    before: Stored
    after: TableState
    events: tuple[Event, ...]
    guard: Guard
    dealer: Dealer


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChange:
    """What a move did to one player's wallet."""

    user_id: str
    balance: int  # cents
    balance_version: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """The move is durable."""

    stored: Stored
    ack: dict[str, object]
    balances: tuple[BalanceChange, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """Another move was first: reload and decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untimely:
    """The deadline did not say what the guard wants; nothing changed."""

    deadline_ms: int | None  # left; negative when it is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """This command was carried out before; here is its ack."""

    ack: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The store refuses: the funds don't cover the move, or the player may not play. Nothing changed."""

    error: Exception


Outcome = Committed | Moved | Untimely | Replayed | Refused


class Store(Protocol):
    """Where tables live. Every method may raise OSError when the database cannot be reached."""

    async def load(self, table_id: str) -> Stored:
        """The table as it stands."""
        ...

    async def dealer(self, stored: Stored) -> Dealer:
        """The cards and the chance for one decision about this state."""
        ...

    async def commit(self, move: Step) -> Outcome:
        """Make the move durable with its journal, transfers and ack, or change nothing."""
        ...

    async def recheck(self, request: Request, table_id: str) -> tuple[int, Replayed | None]:
        """The table's version now, and the ack if this very command was carried out before."""
        ...

    async def owes_time(self, stored: Stored, user_ids: tuple[str, ...], timer_ms: int) -> bool:
        """Whether the house cut one of these players off while the timer, set for so long, was theirs."""
        ...


class Audience(Protocol):
    """Who is told after a commit; takes note at once, never raises, and tells in its own time."""

    def publish(self, stored: Stored, balances: tuple[BalanceChange, ...]) -> None:
        """Show the new view to the table's watchers, and the new balances to their owners."""
        ...

    def refresh(self, stored: Stored) -> None:
        """Show the view again to this process's watchers: a push from elsewhere may have been lost."""
        ...


class Attendance(Protocol):
    """Who is connected; a lease outside the state."""

    async def connected(self, table_id: str, user_ids: tuple[str, ...]) -> frozenset[str]:
        """Those of the players who are here, or may be: who can't be looked up counts as here."""
        ...
