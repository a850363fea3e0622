"""What the clients here were told last: no view goes back, and a balance that they missed is told later."""

from collections.abc import Mapping
from typing import Any, Final

from server.sockets.clients import Client, Clients
from server.sockets.ports import Books
from server.sockets.push import PLAYERS, Pusher, table_room

LOOK_S: Final = 1.0  # how often; what is missing at two looks was lost, and is not on its way


class Told:
    """Sees every push to a room here, and looks up the wallets whose push may have been lost."""

    def __init__(self, clients: Clients, pusher: Pusher, books: Books) -> None:
        self._clients = clients
        self._pusher = pusher
        self._books = books
        self._views: dict[str, int] = {}  # version by room
        self._behind: dict[str, int] = {}  # wallet's version by user, as the last look found it

    def is_news(self, event: str, room: str, payload: Any) -> bool:
        """Whether the room may be told; a view older than one that it was shown is not.

        Pushes of two processes come in any order.
        """
        if event == "table_changed":
            if payload["version"] < self._views.get(room, 0):
                return False
            self._views[room] = payload["version"]
        elif event == "balance_changed":
            for client in self._clients.of_user(room.partition(":")[2]):
                client.note_balance(payload["balance_version"])
        return True

    async def look(self) -> None:
        """Tell what was missing at the last look and is missing still; see who else may miss something."""
        missed = {
            user_id: (min(client.balance_version for client in clients), version)
            for user_id, version in self._behind.items()
            if (clients := self._behind_of(user_id, version))
        }
        if missed:
            await self._tell(missed)
        suspects = [user_id for user_id in self._pusher.take_missed() if self._clients.of_user(user_id)]
        try:
            self._behind = await self._books.wallet_versions(suspects) if suspects else {}
        except Exception:
            self._pusher.balances_missed(suspects)
            raise
        watched = {table_room(table_id) for table_id in self._clients.watched()}
        self._views = {room: version for room, version in self._views.items() if room in watched}

    async def _tell(self, missed: Mapping[str, tuple[int, int]]) -> None:
        for change in await self._books.balance_changes(missed):
            payload = {
                "balance": change.balance,
                "balance_version": change.balance_version,
                "reason": change.reason,
            }
            for client in self._behind_of(change.user_id, change.balance_version):
                self._pusher.server.tell(client.sid, PLAYERS, "balance_changed", payload)
                client.note_balance(change.balance_version)
        for user_id, (_, version) in missed.items():
            for client in self._clients.of_user(user_id):
                client.note_balance(version)

    def _behind_of(self, user_id: str, version: int) -> list[Client]:
        """Those of the user's clients that were told none so new; one that waits for its welcome is not."""
        return [client for client in self._clients.of_user(user_id) if 0 < client.balance_version < version]
