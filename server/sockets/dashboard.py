"""What operators see: what is open when they come, then what comes; nothing while nobody watches."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from server.sockets.board import AlertBoard
from server.sockets.ports import PayoutDesk
from server.sockets.push import Pusher
from telemetry.alerts import Alerts, iso
from telemetry.clock import Clock
from telemetry.snapshots import Snapshot, merge_snapshots

REFRESH_S: Final = 2.0

Gather = Callable[[], Awaitable[Sequence[Snapshot]]]


class Dashboard:
    """The room `dashboard` of this process; every process tells its own operators."""

    def __init__(
        self,
        *,
        pusher: Pusher,
        gather: Gather,
        board: AlertBoard,
        alerts: Alerts,
        payouts: PayoutDesk,
        clock: Clock,
    ) -> None:
        self._pusher = pusher
        self.gather = gather
        self._board = board
        self._alerts = alerts
        self._payouts = payouts
        self._clock = clock
        self._watchers: set[str] = set()
        self._queue: dict[str, object] | None = None  # as last told

    @property
    def is_watched(self) -> bool:
        """Whether an operator watches here."""
        return bool(self._watchers)

    def came(self, sid: str) -> None:
        """An operator watches."""
        self._watchers.add(sid)

    def left(self, sid: str) -> None:
        """An operator watches no longer."""
        self._watchers.discard(sid)

    async def opening(self) -> list[tuple[str, dict[str, object]]]:
        """What is open now: events for one who has just come."""
        snapshots = await self.gather()
        events: list[tuple[str, dict[str, object]]] = [
            ("metrics_updated", self._at(_metrics(snapshots))),
            ("queue_updated", self._at(await self._payouts.queue())),
        ]
        progress = await self._payouts.progress()
        if progress is not None:
            events.append(("run_progressed", self._at(progress)))
        alerts = {
            str(alert.get("alert_id")): alert
            for alert in await self._board.open({snapshot.process.process for snapshot in snapshots})
        }
        own = {
            alert.alert_id: alert.payload() for alert in self._alerts.open_alerts()
        }  # known without Valkey
        events.extend(("alert_raised", self._at(alert)) for alert in (own | alerts).values())
        return events

    async def refresh(self) -> None:
        """Tell the numbers again, if somebody watches; call it every `REFRESH_S`."""
        if not self.is_watched:
            self._queue = None
            return
        await self.tell("metrics_updated", _metrics(await self.gather()))
        queue = await self._payouts.queue()
        if queue != self._queue:
            self._queue = queue
            await self.tell("queue_updated", queue)

    async def tell(self, event: str, payload: dict[str, Any]) -> None:
        """Something came; told if somebody watches."""
        if self.is_watched:
            await self._pusher.dashboard(event, self._at(payload))

    def _at(self, payload: dict[str, Any]) -> dict[str, object]:
        return {"at": iso(self._clock.now()), **payload}


def _metrics(snapshots: Sequence[Snapshot]) -> dict[str, object]:
    """The payload of `metrics_updated`: every process, and the numbers of all of them together."""
    return {
        "processes": [msgspec.to_builtins(snapshot.process) for snapshot in snapshots],
        "operations": msgspec.to_builtins(merge_snapshots(snapshots)),
    }
