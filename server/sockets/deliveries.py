"""Dividends delivered to this process's sockets: after a welcome, after a payout, after a confirmation."""

from collections.abc import Iterable
from dataclasses import asdict

from server.sockets.clients import Client, Clients
from server.sockets.cursors import Cursor, advance
from server.sockets.ports import Books, Dividend
from server.sockets.push import PLAYERS, Pusher
from server.sockets.transport import SocketServer
from telemetry.logs import get_logger

log = get_logger()


class Deliveries:
    """Moves the cursors of this process's sockets."""

    def __init__(self, server: SocketServer, clients: Clients, pusher: Pusher, books: Books) -> None:
        self._server = server
        self._clients = clients
        self._pusher = pusher
        self._books = books

    async def advance(self, clients: Iterable[Client]) -> None:
        """Send these sockets the dividends that are next for them: one query, none when no window has room.

        Never raises: what could not be read now is sent when somebody looks again.
        """
        owners: dict[int, Client] = {}
        cursors: dict[str, list[Cursor]] = {}
        for client in clients:
            if client.cursor is not None:
                owners[id(client.cursor)] = client
                cursors.setdefault(client.user_id, []).append(client.cursor)

        def send(cursor: Cursor, dividend: Dividend) -> None:
            self._send(owners[id(cursor)], cursor, dividend)

        try:
            await advance(cursors, self._books.dividends, send)
        except Exception:
            log.exception("sockets.dividends_unread", users=len(cursors))

    async def paid(self, payload: dict[str, object]) -> None:
        """A syndicate was paid: tell its members here, and send them their dividends. No member, no query."""
        members = self._clients.members(str(payload["syndicate_id"]))
        if not members:
            return
        await self.advance([client for user_id in members for client in self._clients.of_user(user_id)])
        await self._pusher.syndicate_paid(members, payload)

    async def confirmed(self, user_id: str, through: int) -> None:
        """A player confirmed; what was waiting for room follows."""
        clients = self._clients.of_user(user_id)
        opened = [
            client for client in clients if client.cursor is not None and client.cursor.confirm(through)
        ]
        await self.advance(opened)

    def _send(self, client: Client, cursor: Cursor, dividend: Dividend) -> None:
        facts = asdict(dividend)
        del facts["user_id"]
        version = facts.pop("balance_version")
        self._server.tell(client.sid, PLAYERS, "payout_completed", facts)
        if dividend.seq > cursor.known_seq:
            balance = {"balance": dividend.balance, "balance_version": version, "reason": "dividend"}
            self._server.tell(client.sid, PLAYERS, "balance_changed", balance)
            client.note_balance(version)
