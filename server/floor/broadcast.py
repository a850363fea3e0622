"""From a commit to the watchers: takes note at once, tells in its own time, and loses no balance."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol

from games.blackjack.view import TableView, view
from games.ports import BalanceChange, Stored
from telemetry.clock import Clock
from telemetry.logs import get_logger
from telemetry.measure import measure_duration

BALANCES_LIMIT: Final = (
    100_000  # past this the oldest are dropped: a client learns its balance with every ack anyway
)

log = get_logger()


class Pushes(Protocol):
    """What the socket edge can send."""

    async def table_changed(self, table_id: str, table: TableView, *, local_only: bool = False) -> None:
        """A table's new view to its room."""
        ...

    async def balance_changed(self, user_id: str, payload: dict[str, object]) -> None:
        """A player's new balance to all of the player's sockets."""
        ...

    def balances_missed(self, user_ids: Iterable[str]) -> None:
        """These players may not have been told their balances."""
        ...


def view_now(stored: Stored, clock: Clock) -> TableView:
    """The table's view with the time that is left by now."""
    left = stored.deadline_ms
    if left is not None:
        left = max(0, left - (clock.monotonic_ns() - stored.read_at_ns) // 1_000_000)
    return view(stored.state, version=stored.version, deadline=stored.deadline, deadline_ms=left)


class Broadcast:
    """The tables' audience: one task, so views of one table leave in the order of their versions."""

    def __init__(self, pushes: Pushes, clock: Clock) -> None:
        self._pushes = pushes
        self._clock = clock
        self._views: dict[str, tuple[Stored, bool]] = {}
        self._balances: deque[BalanceChange] = deque(maxlen=BALANCES_LIMIT)
        self._wake = asyncio.Event()

    def publish(self, stored: Stored, balances: tuple[BalanceChange, ...]) -> None:
        """Take note of a commit of this process; every process's watchers will be told."""
        self._views[stored.table_id] = (stored, False)
        self._balances.extend(balances)
        self._wake.set()

    def refresh(self, stored: Stored) -> None:
        """Take note that this process's own watchers may have missed a view, and its players a balance."""
        self._pushes.balances_missed(seat.user_id for seat in stored.state.seats if seat.user_id)
        waiting = self._views.get(stored.table_id)
        if waiting is None or waiting[0].version < stored.version:
            self._views[stored.table_id] = (stored, waiting is None or waiting[1])
            self._wake.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._balances:
                change = self._balances.popleft()
                await self._tell_balance(change)
            while self._views:
                table_id = next(iter(self._views))
                stored, local_only = self._views.pop(table_id)
                await self._tell_view(stored, local_only=local_only)

    async def _tell_balance(self, change: BalanceChange) -> None:
        payload: dict[str, object] = {
            "balance": change.balance,
            "balance_version": change.balance_version,
            "reason": change.reason,
        }
        try:
            await self._pushes.balance_changed(change.user_id, payload)
        except Exception:
            log.exception("broadcast.balance_lost", user_id=change.user_id)

    async def _tell_view(self, stored: Stored, *, local_only: bool) -> None:
        try:
            async with measure_duration("redis:publish"):
                table = view_now(stored, self._clock)
                await self._pushes.table_changed(stored.table_id, table, local_only=local_only)
        except Exception:
            log.exception("broadcast.view_lost", table_id=stored.table_id)
