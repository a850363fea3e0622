"""The loop of one table: one command at a time, decided, committed, acknowledged, published.

Any process may run a loop for any table, and several may at once: the store's compare-and-swap on the
version is the only lock. What the loop keeps in memory is a cache. A deadline wakes the loop by this
process's clock, but only the database's clock lets the expiry commit.
"""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import Final

from games.blackjack.commands import Act, ClearBet, Deal, Expire, LeaveSeat, PlaceBet, Void
from games.blackjack.decide import decide_and_evolve
from games.blackjack.errors import RuleViolation
from games.blackjack.explain import explain
from games.blackjack.terms import Phase
from games.ports import (
    Attendance,
    Audience,
    Committed,
    Guard,
    Moved,
    Refused,
    Replayed,
    Request,
    Step,
    Store,
    Stored,
    Untimely,
)
from games.timers import time_back, wait_of
from telemetry.clock import Clock
from telemetry.logs import get_logger
from telemetry.measure import measure_game_loop

INBOX_LIMIT: Final = 64
MAX_TRIES: Final = 8  # how often a step is decided again before the table counts as busy
RETRY_AFTER_FAULT_NS: Final = 1_000_000_000

log = get_logger()

_GUARDS: Final = {PlaceBet: Guard.IN_TIME, ClearBet: Guard.IN_TIME, Act: Guard.IN_TIME, Expire: Guard.EXPIRED}

EXPIRE: Final = Request(command=Expire(), name="expire")


class TableUnavailable(Exception):
    """The table can't be played at now."""

    code = "table_busy"

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)

    def facts(self) -> dict[str, object]:
        """Nothing more is known."""
        return {}


class TableBusy(TableUnavailable):
    """The table has too much to do; try again in a moment."""


class TableHalted(TableUnavailable):
    """The table has stopped after a fault; an operator has been told."""

    code = "table_closed"


class TableFault(Exception):
    """The rules themselves failed on this table: a bug, not a refusal."""


@dataclass(frozen=True, slots=True)
class _Look:
    """Look at the store again: another process may have moved the table."""


@dataclass(frozen=True, slots=True)
class _SeatsChanged:
    """Somebody came or went: perhaps every connected seat has bet by now."""


_Ack = dict[str, object]
_Item = tuple[Request | _Look | _SeatsChanged, asyncio.Future[_Ack] | None]


class TableLoop:
    """Runs one table for this process; `submit` hands it commands, `run` is its only task."""

    def __init__(
        self,
        table_id: str,
        *,
        store: Store,
        audience: Audience,
        attendance: Attendance,
        clock: Clock,
        stagger_ms: int,
    ) -> None:
        self.table_id = table_id
        self._store = store
        self._audience = audience
        self._attendance = attendance
        self._clock = clock
        self._stagger_ns = stagger_ms * 1_000_000
        self._inbox: asyncio.Queue[_Item] = asyncio.Queue(INBOX_LIMIT)
        self._stored: Stored | None = None
        self._not_before_ns = 0  # after a fault the deadline is not tried again before this
        self._is_halted = False
        self.used_at_ns = clock.monotonic_ns()

    @property
    def stored(self) -> Stored | None:
        """The table as this loop last saw it."""
        return self._stored

    @property
    def version(self) -> int:
        """The newest version that this loop has seen; 0 before its first look."""
        return 0 if self._stored is None else self._stored.version

    @property
    def has_deadline(self) -> bool:
        """Whether the table is waiting for its clock."""
        return self._stored is not None and self._stored.deadline is not None

    async def submit(self, request: Request) -> _Ack:
        """Hand over a command and wait for its ack; raises the refusal, TableBusy when the inbox is full."""
        if self._is_halted:
            raise TableHalted
        done: asyncio.Future[_Ack] = asyncio.get_running_loop().create_future()
        self.used_at_ns = self._clock.monotonic_ns()
        try:
            self._inbox.put_nowait((request, done))
        except asyncio.QueueFull:
            raise TableBusy from None
        return await done

    def look_again(self) -> None:
        """Have the loop read the table again and show it to this process's watchers."""
        self._put(_Look())

    def seats_changed(self) -> None:
        """Have the loop see whether every connected seat has bet."""
        self._put(_SeatsChanged())

    def _put(self, item: _Look | _SeatsChanged) -> None:
        with contextlib.suppress(asyncio.QueueFull):  # a busy loop looks at the store anyway
            self._inbox.put_nowait((item, None))

    async def run(self) -> None:
        """Serve the table until cancelled; whoever still waits then is told that the table is busy."""
        try:
            while True:
                await self._serve(*await self._next())
        finally:
            while not self._inbox.empty():
                _, done = self._inbox.get_nowait()
                if done is not None and not done.done():
                    done.set_exception(TableBusy())

    async def _next(self) -> _Item:
        if not self._inbox.empty():
            return self._inbox.get_nowait()
        try:
            async with asyncio.timeout(self._seconds_to_deadline()):
                return await self._inbox.get()
        except TimeoutError:
            return (_Look() if self._stored is None else EXPIRE), None

    def _seconds_to_deadline(self) -> float | None:
        if self._stored is None:
            return self._seconds_until(self._not_before_ns)
        due_ns = self._stored.due_ns()
        if due_ns is None or self._is_halted:
            return None
        return self._seconds_until(max(due_ns + self._stagger_ns, self._not_before_ns))

    def _seconds_until(self, moment_ns: int) -> float:
        return max(0, moment_ns - self._clock.monotonic_ns()) * 1e-9

    async def _serve(self, item: Request | _Look | _SeatsChanged, done: asyncio.Future[_Ack] | None) -> None:
        try:
            match item:
                case Request():
                    await self._answer(item, done)
                case _Look():
                    await self._look()
                case _SeatsChanged():
                    await self._deal_if_all_have_bet()
        except OSError as fault:
            self._rest()
            log.warning("table.store_unreachable", table_id=self.table_id, error=str(fault))

    async def _answer(self, request: Request, done: asyncio.Future[_Ack] | None) -> None:
        try:
            ack = await self._step(request)
        except TableFault as fault:
            log.exception("table.step_failed", table_id=self.table_id, command=request.name)
            if done is not None and not done.done():
                done.set_exception(fault)
            await self._void()
            return
        except Exception as error:
            if done is None:
                self._rest()
                if not hasattr(error, "code"):
                    raise
            elif not done.done():
                done.set_exception(error)
            return
        if done is not None and not done.done():
            done.set_result(ack)
        if isinstance(request.command, (PlaceBet, LeaveSeat)) or request.user_id is None:
            await self._deal_if_all_have_bet()

    def _rest(self) -> None:
        """Leave the deadline alone for a moment: what it asked for did not work."""
        self._not_before_ns = self._clock.monotonic_ns() + RETRY_AFTER_FAULT_NS

    async def _void(self) -> None:
        """A round whose rules failed can't go on: give the stakes back; if that fails too, stop."""
        try:
            await self._step(Request(command=Void(reason="fault"), name="void"))
        except OSError:
            raise
        except Exception:
            self._is_halted = True
            log.critical("table.halted", table_id=self.table_id, exc_info=True)

    async def _deal_if_all_have_bet(self) -> None:
        stored = self._stored
        if stored is None or stored.state.phase is not Phase.BETTING:
            return
        seated = {seat.user_id: seat for seat in stored.state.seats if seat.user_id is not None}
        if not any(seat.bet for seat in seated.values()):
            return
        here = await self._attendance.connected(self.table_id, tuple(seated))
        if all(seated[user_id].bet for user_id in here):
            numbers = frozenset(n for n, seat in enumerate(stored.state.seats, 1) if seat.user_id in here)
            deal = Request(command=Deal(connected=numbers), name="deal", at_version=stored.version)
            await self._answer(deal, None)

    async def _step(self, request: Request) -> _Ack:
        """Decide, commit, publish; decides again when another process was first."""
        with measure_game_loop("blackjack", operation=request.name, table_id=self.table_id):
            for _ in range(MAX_TRIES):
                stored = self._stored or await self._look()
                if request.at_version not in (None, stored.version):
                    self.seats_changed()  # who is here may matter on this version, too: look again
                    return {}
                decided = await self._decide(request, stored)
                if isinstance(decided, Replayed):
                    return decided.ack
                if decided is None:
                    continue
                if request.user_id is None and not decided.events:
                    return {}
                ack = await self._commit(decided)
                if ack is not None:
                    return ack
            raise TableBusy

    async def _look(self) -> Stored:
        """Read the table and show it here: what moved it may be a commit of ours whose answer was lost."""
        self._stored = await self._store.load(self.table_id)
        self._audience.refresh(self._stored)
        return self._stored

    async def _commit(self, step: Step) -> _Ack | None:
        """The ack; or None when the step is to be decided again. Raises the store's refusal."""
        outcome = await self._store.commit(step)
        match outcome:
            case Committed():
                self._stored = outcome.stored
                self._audience.publish(outcome.stored, outcome.balances)
                return outcome.ack
            case Replayed():
                return outcome.ack
            case Moved():
                self._stored = None
                return None
            case Refused():
                replayed = await self._recheck(step.request, step.before)
                if replayed is None and self._stored is not None:
                    raise outcome.error
                return None if replayed is None else replayed.ack
            case Untimely():
                now_ns = self._clock.monotonic_ns()
                self._stored = replace(step.before, deadline_ms=outcome.deadline_ms, read_at_ns=now_ns)
                if step.guard is Guard.EXPIRED:
                    return {}  # too early by the database's clock: the deadline stands
                await self._expire_first()
                return None

    async def _expire_first(self) -> None:
        """A player's command came after the deadline: let the deadline do its work, then decide again."""
        stored = self._stored
        if stored is None:
            return
        decided = await self._decide(EXPIRE, stored)
        if isinstance(decided, Step):
            outcome = await self._store.commit(decided)
            self._stored = outcome.stored if isinstance(outcome, Committed) else None
            if isinstance(outcome, Committed):
                self._audience.publish(outcome.stored, outcome.balances)

    async def _decide(self, request: Request, stored: Stored) -> Step | Replayed | None:
        """The move; or the first ack of a repeated command; or None: the refusal was of an old version."""
        dealer = await self._store.dealer(stored)
        wait = wait_of(stored.state) if isinstance(request.command, Expire) else None
        if wait is not None and await self._store.owes_time(stored, wait.user_ids, wait.ms):
            return time_back(stored, wait, dealer)
        try:
            events, after = decide_and_evolve(stored.state, request.command, dealer)
        except RuleViolation as refusal:
            replayed = await self._recheck(request, stored)
            if replayed is not None or self._stored is None:
                return replayed
            refusal.say(explain(refusal, stored.state, request.command))
            raise
        except Exception as bug:
            raise TableFault(str(bug)) from bug
        guard = _GUARDS.get(type(request.command), Guard.ANY)
        return Step(request=request, before=stored, after=after, events=events, guard=guard, dealer=dealer)

    async def _recheck(self, request: Request, stored: Stored) -> Replayed | None:
        """Before a refusal leaves: was the command done before? Forgets a state that is old."""
        version, replayed = await self._store.recheck(request, self.table_id)
        if version != stored.version:
            self._stored = None
        return replayed
