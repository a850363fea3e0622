"""Who follows a table, told to its watchers: soon after a change here, now and then for changes elsewhere."""

import asyncio
from typing import Final

from server.sockets.clients import Clients
from server.sockets.ports import FloorDesk
from server.sockets.push import Pusher
from telemetry.logs import get_logger

TELL_S: Final = 0.5  # how often changes are told
LINGER_S: Final = 1.1  # a little longer than the lease of a player whose last socket closed
LOOK_EVERY: Final = 10  # rounds after which every watched table is looked at

log = get_logger()


class Attendance:
    """Collects changes, so that a crowd that comes or goes is told as one."""

    def __init__(self, floor: FloorDesk, clients: Clients, pusher: Pusher) -> None:
        self._floor = floor
        self._clients = clients
        self._pusher = pusher
        self._changed: set[str] = set()
        self._told: dict[str, tuple[int, list[int]]] = {}
        self._round = 0

    def changed(self, table_id: str) -> None:
        """Somebody came to the table or left it."""
        self._changed.add(table_id)

    def left(self, table_id: str) -> None:
        """Somebody left it whose lease lingers a moment: tell who watches now, and who is here then."""
        self.changed(table_id)
        asyncio.get_running_loop().call_later(LINGER_S, self.changed, table_id)

    async def tell(self) -> None:
        """Tell what changed; call it every `TELL_S`."""
        changed, self._changed = self._changed, set()
        for table_id in changed:
            await self._tell(table_id, here_only=False)
        self._round += 1
        if self._round % LOOK_EVERY == 0:
            watched = self._clients.watched()
            for table_id in watched:
                await self._tell(table_id, here_only=True)
            for table_id in self._told.keys() - set(watched):
                del self._told[table_id]

    async def _tell(self, table_id: str, *, here_only: bool) -> None:
        """To everybody when it changed here; to the watchers here when it is news to them."""
        try:
            here = await self._floor.attendance(table_id)
            if here_only and self._told.get(table_id) == here:
                return
            self._told[table_id] = here
            await self._pusher.presence_changed(table_id, *here, local_only=here_only)
        except Exception as error:  # noqa: BLE001 - presence is a courtesy: the next round tells it
            log.warning("sockets.presence_untold", table_id=table_id, error=type(error).__name__)
