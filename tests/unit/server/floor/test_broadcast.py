"""What watchers are told, and who of them, when commits and second looks come together."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import pytest

from economy.money import Money
from games.blackjack.state import TableConfig, new_table
from games.blackjack.view import TableView
from games.ports import Stored
from server.floor.broadcast import Broadcast
from tests.fakes import ManualClock

CONFIG = TableConfig(table_id="test-1", name="Test", min_bet=Money(100), max_bet=Money(10_000), seats=3)


class Told:
    """Keeps what was sent, and says when."""

    def __init__(self) -> None:
        self.views: asyncio.Queue[tuple[int, bool]] = asyncio.Queue()

    async def table_changed(self, table_id: str, table: TableView, *, local_only: bool = False) -> None:
        """A view: its version, and whether only this process's watchers are told."""
        del table_id
        self.views.put_nowait((table.version, local_only))

    async def balance_changed(self, user_id: str, payload: dict[str, object]) -> None:
        """Nobody asks."""

    def balances_missed(self, user_ids: Iterable[str]) -> None:
        """Nobody asks."""


@pytest.mark.parametrize(
    ("committed", "looked_up", "told"),
    [
        (None, 5, (5, True)),
        (5, 5, (5, False)),
        (5, 6, (6, False)),  # the other processes were to hear of 5, so they hear of 6
        (6, 5, (6, False)),
    ],
)
async def test_the_newest_view_is_told_and_a_commit_to_every_process(
    committed: int | None, looked_up: int, told: tuple[int, bool]
) -> None:
    state = new_table(CONFIG, commitment="c1", next_commitment="c2")
    stored = Stored(table_id="test-1", version=0, state=state, deadline=None, deadline_ms=None, read_at_ns=0)
    pushes = Told()
    broadcast = Broadcast(pushes, ManualClock())
    if committed is not None:
        broadcast.publish(replace(stored, version=committed), ())
    broadcast.refresh(replace(stored, version=looked_up))
    running = asyncio.create_task(broadcast.run())
    try:
        assert await pushes.views.get() == told
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert pushes.views.empty()
