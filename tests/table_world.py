"""The world of a table loop in memory: each class is true to its Protocol in `games.ports`."""

from dataclasses import dataclass, field

from games.blackjack.events import TimerSet
from games.blackjack.settle import Flow, movements
from games.blackjack.state import TableState, stakes
from games.ports import (
    BalanceChange,
    Committed,
    Guard,
    Moved,
    Outcome,
    Refused,
    Replayed,
    Request,
    Step,
    Stored,
    Untimely,
)
from games.shoe import Dealer
from tests.fakes import ManualClock

START = 10_000


class FundsTooLow(Exception):
    """The fake ledger's refusal."""

    code = "insufficient_funds"

    def facts(self) -> dict[str, object]:
        """Nothing more."""
        return {}


@dataclass(kw_only=True)
class MemoryStore:
    """One table in memory with compare-and-swap, commands and balances; its clock is the database's."""

    clock: ManualClock
    stored: Stored
    cards: Dealer
    balances: dict[str, int] = field(default_factory=dict)
    escrow: int = 0
    commands: dict[tuple[str, str], tuple[bytes, dict[str, object]]] = field(default_factory=dict)
    deadline_ns: int | None = None
    commits: int = 0
    lost_connections: int = 0  # the next commits succeed, but their answer is lost
    unreachable: int = 0  # the next loads fail
    owed: set[str] = field(default_factory=set)  # players who are owed their time

    @classmethod
    def of(cls, table_id: str, state: TableState, cards: Dealer, clock: ManualClock) -> "MemoryStore":
        """A store with this table at version 1."""
        stored = Stored(
            table_id=table_id, version=1, state=state, deadline=None, deadline_ms=None, read_at_ns=0
        )
        return cls(clock=clock, stored=stored, cards=cards)

    async def load(self, table_id: str) -> Stored:
        """The table with what is left of its deadline."""
        if self.unreachable:
            self.unreachable -= 1
            raise OSError("unreachable")
        assert table_id == self.stored.table_id
        return self._at(self.stored.version, self.stored.state)

    async def dealer(self, stored: Stored) -> Dealer:
        """The one dealer of the table."""
        del stored
        return self.cards

    async def recheck(self, request: Request, table_id: str) -> tuple[int, Replayed | None]:
        """The version and the ack of a repeat."""
        assert table_id == self.stored.table_id
        return self.stored.version, self._repeat(request)

    async def owes_time(self, stored: Stored, user_ids: tuple[str, ...], timer_ms: int) -> bool:
        """Whether one of them is owed time; a timer that is set again is another one."""
        del stored, timer_ms
        is_owed = bool(self.owed & set(user_ids))
        self.owed -= set(user_ids)
        return is_owed

    async def commit(self, step: Step) -> Outcome:
        """The compare-and-swap."""
        if step.before.version != self.stored.version:
            return Moved()
        left_ns = None if self.deadline_ns is None else self.deadline_ns - self.clock.monotonic_ns()
        if step.guard is Guard.IN_TIME and left_ns is not None and left_ns <= -250_000_000:
            return Untimely(deadline_ms=left_ns // 1_000_000)
        if step.guard is Guard.EXPIRED and (left_ns is None or left_ns > 0):
            return Untimely(deadline_ms=None if left_ns is None else left_ns // 1_000_000)
        repeat = self._repeat(step.request)
        if repeat is not None:
            return repeat
        changes = self._move_money(step)
        if changes is None:
            return Refused(error=FundsTooLow())
        for event in step.events:
            if isinstance(event, TimerSet):
                now = self.clock.monotonic_ns()
                self.deadline_ns = None if event.ms is None else now + event.ms * 1_000_000
        self.commits += 1
        self.stored = self._at(step.before.version + 1, step.after)
        ack: dict[str, object] = {"version": self.stored.version}
        request = step.request
        if request.user_id is not None and request.command_id is not None:
            self.commands[request.user_id, request.command_id] = (request.fingerprint or b"", ack)
        if self.lost_connections:
            self.lost_connections -= 1
            return Moved()
        return Committed(stored=self.stored, ack=ack, balances=changes)

    def _at(self, version: int, state: TableState) -> Stored:
        now = self.clock.monotonic_ns()
        left_ms = None if self.deadline_ns is None else (self.deadline_ns - now) // 1_000_000
        return Stored(
            table_id=self.stored.table_id,
            version=version,
            state=state,
            deadline=None if left_ms is None else f"in {left_ms} ms",
            deadline_ms=left_ms,
            read_at_ns=now,
        )

    def _repeat(self, request: Request) -> Replayed | None:
        key = (request.user_id or "", request.command_id or "")
        return None if key not in self.commands else Replayed(ack={**self.commands[key][1], "replayed": True})

    def _move_money(self, step: Step) -> tuple[BalanceChange, ...] | None:
        moved = movements(step.before.state, step.events)
        balances = dict(self.balances)
        escrow = self.escrow
        for movement in moved:
            user_id = movement.user_id or ""
            match movement.kind:
                case Flow.STAKE:
                    balances[user_id] = balances.get(user_id, START) - movement.amount
                    escrow += movement.amount
                    if balances[user_id] < 0:
                        return None
                case Flow.RETURN:
                    balances[user_id] = balances.get(user_id, START) + movement.amount
                    escrow -= movement.amount
                case Flow.TO_BANK:
                    escrow -= movement.amount
                case Flow.FROM_BANK:
                    escrow += movement.amount
        assert escrow == stakes(step.after)
        self.balances, self.escrow = balances, escrow
        return tuple(
            BalanceChange(user_id=user_id, balance=balances[user_id], balance_version=0, reason="test")
            for user_id in {movement.user_id for movement in moved if movement.user_id is not None}
        )


class RecordingAudience:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.published: list[Stored] = []
        self.refreshed: list[Stored] = []
        self.balances: list[BalanceChange] = []

    def publish(self, stored: Stored, balances: tuple[BalanceChange, ...]) -> None:
        """A commit of this process."""
        self.published.append(stored)
        self.balances.extend(balances)

    def refresh(self, stored: Stored) -> None:
        """A view that may have been missed."""
        self.refreshed.append(stored)


class Everybody:
    """All players are here, but for those who are named as away."""

    def __init__(self) -> None:
        self.away: set[str] = set()

    async def connected(self, table_id: str, user_ids: tuple[str, ...]) -> frozenset[str]:
        """Those who are not away."""
        del table_id
        return frozenset(user_ids) - self.away
