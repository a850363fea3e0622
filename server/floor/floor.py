"""The floor: this process's running tables, and what the edges ask of them."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.commands import fingerprint
from games.blackjack.commands import Command, Vacate
from games.blackjack.state import TableConfig, TableState, decode_state, seat_of
from games.blackjack.terms import Move, Phase
from games.blackjack.view import TableSummary, TableView, summary
from games.loop import TableLoop
from games.ports import Request, Stored
from server.bells import is_cancelled
from server.errors import Forbidden, ServerRestarting, UnknownTable
from server.floor.advice import advise
from server.floor.broadcast import Broadcast, view_now
from server.floor.cutoffs import mark_cut_off
from server.floor.presence import RENEW_S, Presence
from server.floor.seeds import SeedVault
from server.floor.store import UNREACHABLE, TableStore
from server.floor.tables import create_table
from telemetry.clock import Clock
from telemetry.logs import get_logger
from telemetry.measure import measure_db_operation

SWEEP_S: Final = 1.0
HEAL_S: Final = 2.0
IDLE_NS: Final = (
    60_000_000_000  # an unwatched loop that nobody used for so long ends; the sweep starts it again
)
MARK_S: Final = 1.0  # what remembering whom it cuts off may take a process that goes down
FINISH_S: Final = 1.0  # and what the commands that it has taken
SUMMARIES_NS: Final = 500_000_000  # how old the lobby's list may be

_OVERDUE: Final = "SELECT table_id FROM tables WHERE deadline < clock_timestamp() - interval '1 second'"
_VERSIONS: Final = "SELECT table_id, version FROM tables WHERE table_id = ANY ($1)"
_ALL: Final = "SELECT table_id, state FROM tables ORDER BY bank_target, table_id"

log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Basic strategy for the player's turn, and what else is legal."""

    move: Move
    moves: tuple[Move, ...]


class Floor:
    """Every process serves every table; a loop runs here while its table is watched, used or overdue."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        engine: AsyncEngine,
        store: TableStore,
        vault: SeedVault,
        presence: Presence,
        broadcast: Broadcast,
        clock: Clock,
        stagger_ms: int,
    ) -> None:
        self._pool = pool
        self._engine = engine
        self._store = store
        self._vault = vault
        self.presence = presence
        presence.when_gone = self._is_gone
        self._broadcast = broadcast
        self._clock = clock
        self._stagger_ms = stagger_ms
        self._loops: dict[str, TableLoop] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._is_draining = False
        self._in_hand = 0  # players' commands
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._summaries: tuple[int, tuple[TableState, ...]] = (0, ())

    async def run(self) -> None:
        """Keep the tables running until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            group.create_task(self._broadcast.run(), name="broadcast")
            group.create_task(self._every(SWEEP_S, self._sweep), name="sweep")
            group.create_task(self._every(HEAL_S, self._heal), name="heal")
            group.create_task(self._every(RENEW_S, self._renew), name="renew")

    def drain(self) -> None:
        """Take no more commands: another process will."""
        self._is_draining = True

    async def let_go(self) -> None:
        """Remember which players this process cuts off, and let the commands in hand end; within 2 s."""
        if self._group is not None:
            marking = self._group.create_task(self._mark_cut_off(), name="cut-offs")
            await asyncio.wait([marking], timeout=MARK_S)  # asyncpg can't be trusted to let go by then
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                await self._is_idle.wait()

    async def _mark_cut_off(self) -> None:
        users = self.presence.users()
        try:
            await mark_cut_off(self._pool, users, process=self.presence.process)
        except (*UNREACHABLE, asyncpg.PostgresError) as fault:
            log.warning("floor.cut_offs_unmarked", users=len(users), error=type(fault).__name__)

    async def play(
        self,
        user_id: str,
        table_id: str,
        command: Command,
        *,
        name: str,
        command_id: str,
        payload: Mapping[str, object],
    ) -> dict[str, object]:
        """Carry out a player's command; the ack without `ok`, after the commit. Raises the refusal."""
        loop = await self._loop(table_id)
        request = Request(
            command=command,
            name=name,
            user_id=user_id,
            command_id=command_id,
            fingerprint=fingerprint(name, payload),
        )
        self._in_hand += 1
        self._is_idle.clear()
        try:
            return await loop.submit(request)
        finally:
            self._in_hand -= 1
            if self._in_hand == 0:
                self._is_idle.set()

    async def operate(self, table_id: str, command: Command) -> None:
        """Carry out an operator's command; raises the refusal."""
        loop = await self._loop(table_id)
        await loop.submit(Request(command=command, name=type(command).__name__.lower()))

    async def create_table(self, config: TableConfig) -> None:
        """Make a table; raises NameTaken."""
        async with self._engine.begin() as connection:
            await create_table(connection, self._vault, config)
        self._summaries = (0, ())

    async def view(self, table_id: str) -> TableView:
        """What anybody may see of the table now; raises UnknownTable."""
        return view_now(await self._store.load(table_id), self._clock)

    async def summaries(self) -> list[TableSummary]:
        """Every table in a line, lowest limits first."""
        read_at, states = self._summaries
        now = self._clock.monotonic_ns()
        if not states or now - read_at > SUMMARIES_NS:
            async with measure_db_operation("tables_list"):
                states = tuple(decode_state(row[1]) for row in await self._pool.fetch(_ALL))
            self._summaries = (now, states)
        return [summary(state, watchers=self.presence.watchers(state.config.table_id)) for state in states]

    async def advise(self, user_id: str, table_id: str) -> Advice:
        """Basic strategy for the player's turn; raises Forbidden at a table without hints."""
        stored = await self._store.load(table_id)
        if not stored.state.config.hints:
            raise Forbidden("This table gives no hints.")
        move, moves = advise(stored.state, user_id)
        return Advice(move=move, moves=moves)

    async def watch(self, sid: str, table_id: str) -> TableView:
        """A socket here watches the table from now on; answers its view. Raises UnknownTable."""
        await self._loop(table_id)
        await self.presence.watch(sid, table_id)
        return await self.view(table_id)

    async def unwatch(self, sid: str, table_id: str) -> None:
        """A socket here watches the table no longer."""
        await self.presence.unwatch(sid, table_id)

    async def attendance(self, table_id: str) -> tuple[int, list[int]]:
        """How many watch the table, and the seats whose players are connected."""
        stored = await self._stored(table_id)
        seated = {seat.user_id: number for number, seat in enumerate(stored.state.seats, 1) if seat.user_id}
        here = await self.presence.connected(table_id, tuple(seated))
        return self.presence.watchers(table_id), sorted(seated[user_id] for user_id in here)

    async def _stored(self, table_id: str) -> Stored:
        loop = self._loops.get(table_id)
        return (loop.stored if loop is not None else None) or await self._store.load(table_id)

    async def _loop(self, table_id: str) -> TableLoop:
        if self._is_draining or self._group is None:
            raise ServerRestarting
        loop = self._loops.get(table_id)
        if loop is None:
            if await self._pool.fetchval("SELECT 1 FROM tables WHERE table_id = $1", table_id) is None:
                raise UnknownTable
            loop = self._loops.get(table_id) or self._start(table_id)
        return loop

    def _start(self, table_id: str) -> TableLoop:
        assert self._group is not None  # noqa: S101 - `_loop` and the sweep run inside it
        loop = self._loops[table_id] = TableLoop(
            table_id,
            store=self._store,
            audience=self._broadcast,
            attendance=self.presence,
            clock=self._clock,
            stagger_ms=self._stagger_ms,
        )
        self._tasks[table_id] = self._group.create_task(self._guarded(loop), name=f"table {table_id}")
        return loop

    async def _guarded(self, loop: TableLoop) -> None:
        """A bug in one table's loop ends that loop and no other; the next use starts it afresh."""
        try:
            await loop.run()
        except Exception:
            log.exception("table.loop_failed", table_id=loop.table_id)
        finally:
            if self._loops.get(loop.table_id) is loop:
                del self._loops[loop.table_id], self._tasks[loop.table_id]

    async def _every(self, seconds: float, do: "_Chore") -> None:
        while not is_cancelled():
            await asyncio.sleep(seconds)
            try:
                await do()
            except UNREACHABLE as fault:
                log.warning("floor.chore_failed", chore=do.__name__, error=f"{type(fault).__name__}: {fault}")
            except Exception:
                log.exception("floor.chore_failed", chore=do.__name__)

    async def _sweep(self) -> None:
        """Take up tables that are a second overdue and that no loop here runs; let unused loops go."""
        async with measure_db_operation("tables_overdue"):
            overdue = [row[0] for row in await self._pool.fetch(_OVERDUE)]
        for table_id in overdue:
            if table_id not in self._loops and not self._is_draining:
                self._start(table_id)
        idle_since = self._clock.monotonic_ns() - IDLE_NS
        for table_id, loop in list(self._loops.items()):
            if (
                loop.used_at_ns < idle_since
                and not self.presence.is_watched(table_id)
                and not loop.has_deadline
            ):
                self._tasks[table_id].cancel()

    async def _heal(self) -> None:
        """Compare the loops' versions with the database: what another process did may not have been heard."""
        if not self._loops:
            return
        async with measure_db_operation("tables_versions"):
            rows = await self._pool.fetch(_VERSIONS, list(self._loops))
        for table_id, version in rows:
            loop = self._loops.get(table_id)
            if loop is not None and loop.version < version:
                loop.look_again()

    async def _renew(self) -> None:
        """Renew this process's leases; then see who has gone and for how long."""
        await self.presence.renew()
        for table_id, loop in list(self._loops.items()):
            if loop.stored is not None and loop.stored.state.phase is not Phase.CLOSED:
                await self._look_after_seats(table_id, loop, loop.stored.state)

    def _is_gone(self, user_id: str) -> None:
        """A player's last socket here is gone: perhaps every seat that is left has bet."""
        for loop in self._loops.values():
            if loop.stored is not None and seat_of(loop.stored.state, user_id):
                loop.seats_changed()

    async def _look_after_seats(self, table_id: str, loop: TableLoop, state: TableState) -> None:
        version = loop.version
        seated = tuple(seat.user_id for seat in state.seats if seat.user_id and not seat.is_leaving)
        if not seated:
            return
        for user_id in await self.presence.overdue(seated, state.config.seat_hold_ms):
            vacate = Request(command=Vacate(user_id=user_id), name="vacate", at_version=version)
            with contextlib.suppress(Exception):  # refused: somebody else vacated the seat
                await loop.submit(vacate)
            if loop.version != version + 1:
                break  # somebody was quicker: who is gone is looked up again in a moment
            version = loop.version
            log.info("table.seat_vacated", table_id=table_id, user_id=user_id, seat=seat_of(state, user_id))
        if state.phase is Phase.BETTING:
            loop.seats_changed()


class _Chore(Protocol):
    __name__: str

    async def __call__(self) -> None: ...
