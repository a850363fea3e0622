"""What operators see: what is open when they come, then what comes; nothing while nobody watches."""

from typing import Any, Final

from server.sockets.picture import Picture
from server.sockets.ports import PayoutDesk
from server.sockets.push import Pusher
from telemetry.alerts import iso
from telemetry.clock import Clock
from telemetry.logs import get_logger

REFRESH_S: Final = 2.0

log = get_logger()


class Dashboard:
    """The room `dashboard` of this process; every process tells its own operators."""

    def __init__(self, *, pusher: Pusher, picture: Picture, payouts: PayoutDesk, clock: Clock) -> None:
        self._pusher = pusher
        self._picture = picture
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
        events: list[tuple[str, dict[str, object]]] = [
            ("metrics_updated", self._at(await self._picture.metrics())),
            ("queue_updated", self._at(await self._payouts.queue())),
        ]
        progress = await self._payouts.progress()
        if progress is not None:
            events.append(("run_progressed", self._at(progress)))
        events.extend(("alert_raised", self._at(alert)) for alert in await self._picture.alerts())
        return events

    async def refresh(self) -> None:
        """Tell the numbers again, if somebody watches; call it every `REFRESH_S`."""
        if not self.is_watched:
            self._queue = None
            return
        await self.tell("metrics_updated", await self._picture.metrics())
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
