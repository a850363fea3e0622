"""What the server tells its clients, each event by the name and to the room that it has."""

from collections.abc import Callable, Iterable
from typing import Final, Literal

import msgspec

from games.blackjack.view import TableView
from server.sockets.fanout import EmptyRoomError, PushManager
from server.sockets.transport import SocketServer

PLAYERS: Final = "/"
ADMINS: Final = "/admin"
DASHBOARD: Final = "dashboard"


def table_room(table_id: str) -> str:
    """Where a table's watchers are."""
    return f"table:{table_id}"


def user_room(user_id: str) -> str:
    """Where a player's sockets are."""
    if not user_id:
        raise EmptyRoomError
    return f"user:{user_id}"


def plain(value: object) -> object:
    """The value in JSON's own types; raises TypeError for what JSON cannot hold."""
    return msgspec.to_builtins(value, str_keys=True)


class Pusher:
    """Sends events to rooms, on this process and through Valkey on the others; never waits for either."""

    def __init__(self, server: SocketServer) -> None:
        self.server = server
        self._fanout: PushManager = server.manager
        self._missed: set[str] = set()  # users

    def balances_missed(self, user_ids: Iterable[str]) -> None:
        """These players may not have been told their balances: somebody should look."""
        self._missed.update(user_ids)

    def take_missed(self) -> set[str]:
        """Those whose balances may not have been told, since it was asked last."""
        missed, self._missed = self._missed, set()
        return missed

    async def table_changed(self, table_id: str, table: TableView, *, local_only: bool = False) -> None:
        """A table's new view to its watchers."""
        await self._emit(PLAYERS, "table_changed", plain(table), table_room(table_id), here=local_only)

    async def presence_changed(
        self, table_id: str, watchers: int, connected: list[int], *, local_only: bool = False
    ) -> None:
        """Who follows a table, to its watchers."""
        facts = {"table_id": table_id, "watchers": watchers, "connected": connected}
        await self._emit(PLAYERS, "presence_changed", facts, table_room(table_id), here=local_only)

    async def said(self, table_id: str, user_id: str, name: str, text: str, at: str) -> None:
        """What somebody said, to the table's watchers."""
        facts = {"table_id": table_id, "user_id": user_id, "name": name, "text": text, "at": at}
        await self._emit(PLAYERS, "said", facts, table_room(table_id))

    async def balance_changed(
        self, user_id: str, payload: dict[str, object], *, local_only: bool = False
    ) -> None:
        """A player's new balance to all of the player's sockets."""
        await self._emit(PLAYERS, "balance_changed", plain(payload), user_room(user_id), here=local_only)

    async def syndicate_paid(self, user_ids: list[str], payload: dict[str, object]) -> None:
        """A syndicate's payout to those of its members who are here; the other processes tell theirs."""
        facts = plain(payload)
        for user_id in user_ids:
            await self._emit(PLAYERS, "syndicate_paid", facts, user_room(user_id), here=True)

    async def dashboard(self, event: str, payload: object) -> None:
        """Something for the operators who watch here; every process tells its own."""
        await self._emit(ADMINS, event, plain(payload), DASHBOARD, here=True)

    def server_restarting(self, reconnect_after_ms: Callable[[], int]) -> None:
        """This process goes down: every socket here is told, each to come back at a moment of its own."""
        for connection in list(self.server.connections.values()):
            facts = {"reconnect_after_ms": reconnect_after_ms()}
            for namespace in list(connection.namespaces):
                self.server.tell_connection(connection, namespace, "server_restarting", facts)

    async def _emit(
        self, namespace: Literal["/", "/admin"], event: str, payload: object, room: str, *, here: bool = False
    ) -> None:
        if here:
            self._fanout.deliver(namespace, room, event, payload)
        else:
            await self._fanout.emit(event, payload, namespace=namespace, room=room)
