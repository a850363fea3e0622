"""The table store: one move is one compare-and-swap with its journal, its transfers and its ack."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import asyncpg
import orjson

from economy.ids import new_id
from games.blackjack.commands import PlaceBet
from games.blackjack.events import RoundDealt, TimerSet, encode_events
from games.blackjack.explain import lacking
from games.blackjack.settle import Flow, Movement, movements
from games.blackjack.state import decode_state, encode_state
from games.ports import (
    BalanceChange,
    Committed,
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
from server.errors import CommandIdReused, InsufficientFunds, Suspended, UnknownTable
from server.floor.acks import ack_of
from server.floor.cutoffs import owes_time
from server.floor.dealer import LiveDealer, ShoeBook
from server.floor.settled import needs_rows, write_rows
from telemetry.alerts import iso
from telemetry.clock import Clock
from telemetry.logs import get_logger
from telemetry.measure import measure_db_operation

T = TypeVar("T")

log = get_logger()

_LOAD: Final = """
SELECT t.version, t.state, t.deadline, (extract(epoch FROM t.deadline - clock_timestamp()) * 1000)::integer
FROM tables t WHERE t.table_id = $1"""

_RECHECK: Final = """
SELECT t.version, c.fingerprint, c.ack FROM tables t
LEFT JOIN commands c ON c.user_id = $2 AND c.command_id = $3
WHERE t.table_id = $1"""

_COMMIT: Final = """
SELECT outcome, deadline, deadline_ms, ack, account_ids, balances, versions FROM floor_commit(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"""

# The connection was lost: while it was used, before, or because the server shuts down. The driver's own fault
# is what it says of a connection that broke between its steps.
_CUT: Final = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
UNREACHABLE: Final = (OSError, TimeoutError, *_CUT)
READ_TRIES: Final = 3  # a cut takes all of a pool's connections at once, and the pool notices one by one
_TRY_AGAIN: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)


class StoreUnreachable(OSError):
    """The database did not answer."""


class _Accounts:
    """The account ids of tables and wallets, which never change."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._wallets: dict[str, int] = {}
        self._tables: dict[str, tuple[int, int]] = {}

    async def wallets(self, user_ids: set[str]) -> dict[str, int]:
        missing = [user_id for user_id in user_ids if user_id not in self._wallets]
        if missing:
            rows = await self._pool.fetch(
                "SELECT owner, account_id FROM accounts WHERE kind = 'wallet' AND owner = ANY ($1)", missing
            )
            self._wallets.update((row[0], row[1]) for row in rows)
        return {user_id: self._wallets[user_id] for user_id in user_ids}

    async def of_table(self, table_id: str) -> tuple[int, int]:
        """Escrow and bank."""
        if table_id not in self._tables:
            row = await self._pool.fetchrow(
                "SELECT escrow_id, bank_id FROM tables WHERE table_id = $1", table_id
            )
            if row is None:
                raise UnknownTable
            self._tables[table_id] = (row[0], row[1])
        return self._tables[table_id]


class TableStore:
    """Tables in PostgreSQL, through the raw driver: this is the hot path."""

    def __init__(self, pool: asyncpg.Pool, shoes: ShoeBook, clock: Clock) -> None:
        self._pool = pool
        self._shoes = shoes
        self._clock = clock
        self._accounts = _Accounts(pool)

    async def load(self, table_id: str) -> Stored:
        """The table as it stands; raises UnknownTable, StoreUnreachable."""
        async with measure_db_operation("table_load"):
            row = await _reached(lambda: self._pool.fetchrow(_LOAD, table_id))
        if row is None:
            raise UnknownTable
        return Stored(
            table_id=table_id,
            version=row[0],
            state=decode_state(row[1]),
            deadline=_iso(row[2]),
            deadline_ms=row[3],
            read_at_ns=self._clock.monotonic_ns(),
        )

    async def dealer(self, stored: Stored) -> Dealer:
        """A dealer for one decision about this state."""
        return await _reached(lambda: self._shoes.dealer(stored.table_id, stored.state))

    async def recheck(self, request: Request, table_id: str) -> tuple[int, Replayed | None]:
        """The version now, and the ack if this command was carried out; raises CommandIdReused."""
        user_id = UUID(request.user_id) if request.user_id else None
        async with measure_db_operation("table_recheck"):
            row = await _reached(lambda: self._pool.fetchrow(_RECHECK, table_id, user_id, request.command_id))
        if row is None:
            raise UnknownTable
        return row[0], None if row[2] is None else _replay(request, row[1], row[2])

    async def owes_time(self, stored: Stored, user_ids: tuple[str, ...], timer_ms: int) -> bool:
        """Whether the house cut one of these players off while the timer, set for so long, was theirs."""
        return await _reached(lambda: owes_time(self._pool, stored, user_ids, timer_ms))

    async def commit(self, step: Step) -> Outcome:
        """One transaction; a lost connection answers Moved: the step is decided again from what is there."""
        try:
            arguments, flows = await self._arguments(step)
            async with measure_db_operation("table_commit", refusals=(asyncpg.CheckViolationError,)):
                row = await self._transact(step, arguments)
        except asyncpg.CheckViolationError:
            return Refused(error=InsufficientFunds(lacking(step.before.state, step.request.command)))
        except asyncpg.PostgresError as error:
            match getattr(error, "sqlstate", ""):
                case "MC001":
                    return await self._repeated(step.request)
                case "MC002":
                    return Refused(error=Suspended())
                case _ if isinstance(error, (*UNREACHABLE, *_TRY_AGAIN)):
                    log.warning(
                        "table.commit_lost", table_id=step.before.table_id, error=type(error).__name__
                    )
                    return Moved()
            raise
        except UNREACHABLE as error:
            log.warning("table.commit_lost", table_id=step.before.table_id, error=type(error).__name__)
            return Moved()
        return self._outcome(step, row, flows)

    async def _transact(self, step: Step, arguments: list[object]) -> asyncpg.Record:
        async with self._pool.acquire() as connection:
            if not needs_rows(step.events):
                return await connection.fetchrow(_COMMIT, *arguments)
            async with connection.transaction():
                row = await connection.fetchrow(_COMMIT, *arguments)
                if row is not None and row[0] == "committed":
                    await write_rows(connection, step, self._shoes.vault)
                return row

    def _outcome(self, step: Step, row: asyncpg.Record | None, flows: "_Flows") -> Outcome:
        if row is None:
            raise UnknownTable
        outcome, deadline, deadline_ms, ack, account_ids, balances, versions = row
        if outcome == "moved":
            return Moved()
        if outcome == "untimely":
            return Untimely(deadline_ms=deadline_ms)
        dealer = step.dealer
        if isinstance(dealer, LiveDealer) and dealer.prepared:
            self._shoes.forget(step.before.table_id)
        stored = Stored(
            table_id=step.before.table_id,
            version=step.before.version + 1,
            state=step.after,
            deadline=_iso(deadline),
            deadline_ms=deadline_ms,
            read_at_ns=self._clock.monotonic_ns(),
        )
        changed = flows.changes(
            dict(zip(account_ids or (), zip(balances or (), versions or (), strict=True), strict=True))
        )
        _log_bet(stored, step.request)
        return Committed(stored=stored, ack={} if ack is None else orjson.loads(ack), balances=changed)

    async def _repeated(self, request: Request) -> Replayed:
        row = await _reached(
            lambda: self._pool.fetchrow(
                "SELECT fingerprint, ack FROM commands WHERE user_id = $1 AND command_id = $2",
                UUID(request.user_id),
                request.command_id,
            )
        )
        return _replay(request, row[0], row[1])

    async def _arguments(self, step: Step) -> tuple[list[object], "_Flows"]:
        """What `floor_commit` takes, in its order."""
        request, before, after = step.request, step.before, step.after
        version = before.version + 1
        moved = movements(before.state, step.events)
        users = {movement.user_id for movement in moved if movement.user_id is not None}
        if request.user_id is not None:
            users.add(request.user_id)
        wallets = await _reached(lambda: self._accounts.wallets(users))
        escrow, bank = await _reached(lambda: self._accounts.of_table(before.table_id))
        flows = _Flows(moved, wallets, escrow, bank)
        ack = None
        if request.user_id is not None:
            ack = orjson.dumps(ack_of(request.command, request.user_id, after, version)).decode()
        timers = [event.ms for event in step.events if isinstance(event, TimerSet)]
        timer = None if not timers else -1 if timers[-1] is None else timers[-1]
        return [
            before.table_id,
            before.version,
            encode_state(after),
            after.phase.value,
            None if after.round_id is None else UUID(after.round_id),
            any(isinstance(event, RoundDealt) for event in step.events),
            step.guard.value,
            timer,
            None if request.user_id is None else UUID(request.user_id),
            None if request.user_id is None else wallets[request.user_id],
            request.command_id,
            request.fingerprint,
            ack,
            request.name,
            encode_events(step.events),
            *flows.arrays(f"table:{before.table_id}:{version}"),
        ], flows


class _Flows:
    """A step's movements of chips as transfers between the ledger's accounts."""

    def __init__(self, moved: tuple[Movement, ...], wallets: dict[str, int], escrow: int, bank: int) -> None:
        self._moved = moved
        self._wallets = wallets
        self._escrow = escrow
        self._bank = bank

    def _legs(self, movement: Movement) -> tuple[int, int]:
        """Debit and credit."""
        match movement.kind:
            case Flow.STAKE:
                return self._wallets[movement.user_id or ""], self._escrow
            case Flow.RETURN:
                return self._escrow, self._wallets[movement.user_id or ""]
            case Flow.TO_BANK:
                return self._escrow, self._bank
            case Flow.FROM_BANK:
                return self._bank, self._escrow

    def arrays(self, key: str) -> tuple[list[object], ...]:
        """Ids, keys, debits, credits, amounts and reasons, one entry a transfer."""
        legs = [self._legs(movement) for movement in self._moved]
        return (
            [new_id() for _ in legs],
            [f"{key}:{number}" for number in range(len(legs))],
            [debit for debit, _ in legs],
            [credit for _, credit in legs],
            [movement.amount for movement in self._moved],
            [movement.reason.value for movement in self._moved],
        )

    def changes(self, balances: dict[int, tuple[int, int]]) -> tuple[BalanceChange, ...]:
        """One change a player, with the last reason that moved the wallet."""
        reasons = {
            movement.user_id: movement.reason.value
            for movement in self._moved
            if movement.user_id is not None
        }
        return tuple(
            BalanceChange(
                user_id=user_id,
                balance=balances[self._wallets[user_id]][0],
                balance_version=balances[self._wallets[user_id]][1],
                reason=reason,
            )
            for user_id, reason in reasons.items()
        )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _log_bet(stored: Stored, request: Request) -> None:
    if isinstance(request.command, PlaceBet):
        log.info(
            "table.bet_placed",
            type="bet_placed",
            user_id=request.user_id,
            table_id=stored.table_id,
            round_id=stored.state.round_id,
            amount=request.command.amount,
        )


def _replay(request: Request, fingerprint: bytes, ack: str) -> Replayed:
    if fingerprint != request.fingerprint:
        raise CommandIdReused
    return Replayed(ack={**orjson.loads(ack), "replayed": True})


async def _reached(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask what changes nothing: again on another connection after a cut. Raises StoreUnreachable."""
    for _ in range(READ_TRIES - 1):
        with contextlib.suppress(*_CUT):
            return await ask()
    try:
        return await ask()
    except UNREACHABLE as fault:
        raise StoreUnreachable(str(fault) or type(fault).__name__) from fault
