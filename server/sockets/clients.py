"""Who is connected to this process, found by user, session, table and syndicate."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from server.sockets.cursors import Cursor
from server.sockets.limits import SocketLimits, TokenBucket
from telemetry.clock import Clock


@dataclass(slots=True, kw_only=True)
class Client:
    """One socket of a signed-in user in one namespace."""

    sid: str
    namespace: str
    user_id: str
    name: str
    role: str
    token_hash: str  # hex
    expires_at: datetime
    commands: TokenBucket
    chat: TokenBucket
    tables: set[str] = field(default_factory=set)  # watched
    cursor: Cursor | None = None  # once it is welcome
    balance_version: int = 0  # of the newest balance that it was told

    def note_balance(self, version: int) -> None:
        """It was told a balance."""
        self.balance_version = max(self.balance_version, version)


def buckets(clock: Clock, limits: SocketLimits) -> tuple[TokenBucket, TokenBucket]:
    """What a socket may ask for, and say."""
    return TokenBucket(clock, limits.commands), TokenBucket(clock, limits.chat)


class Clients:
    """The sockets of this process."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Client] = {}
        self._by_user: defaultdict[str, dict[str, Client]] = defaultdict(dict)
        self._by_table: defaultdict[str, set[str]] = defaultdict(set)
        self._syndicates: dict[str, str | None] = {}  # user -> syndicate, of users who are here
        self._members: defaultdict[str, set[str]] = defaultdict(set)  # syndicate -> users who are here

    def __len__(self) -> int:
        return len(self._by_sid)

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._by_sid.values()))

    def get(self, sid: str) -> Client | None:
        """The client with this id, while it is here."""
        return self._by_sid.get(sid)

    def add(self, client: Client) -> None:
        """Take note of a client that came."""
        self._by_sid[client.sid] = client
        self._by_user[client.user_id][client.sid] = client

    def remove(self, sid: str) -> Client | None:
        """Forget a client that left."""
        client = self._by_sid.pop(sid, None)
        if client is None:
            return None
        for table_id in list(client.tables):
            self.unwatch(client, table_id)
        of_user = self._by_user[client.user_id]
        del of_user[sid]
        if not of_user:
            del self._by_user[client.user_id]
            self.belongs(client.user_id, None)
            self._syndicates.pop(client.user_id, None)
        return client

    def users(self) -> list[str]:
        """Every user who is here."""
        return list(self._by_user)

    def of_user(self, user_id: str) -> list[Client]:
        """All sockets of a user."""
        return list(self._by_user[user_id].values()) if user_id in self._by_user else []

    def of_session(self, user_id: str, token_hashes: Iterable[str] | None) -> list[Client]:
        """A user's sockets of these sessions, or of all."""
        ended = None if token_hashes is None else frozenset(token_hashes)
        return [client for client in self.of_user(user_id) if ended is None or client.token_hash in ended]

    def expired(self, now: datetime) -> list[Client]:
        """Sockets whose session has run out."""
        return [client for client in self._by_sid.values() if client.expires_at <= now]

    def watch(self, client: Client, table_id: str) -> None:
        """The client follows a table."""
        client.tables.add(table_id)
        self._by_table[table_id].add(client.sid)

    def unwatch(self, client: Client, table_id: str) -> None:
        """The client follows a table no longer."""
        client.tables.discard(table_id)
        self._by_table[table_id].discard(client.sid)
        if not self._by_table[table_id]:
            del self._by_table[table_id]

    def watched(self) -> list[str]:
        """The tables that somebody here follows."""
        return list(self._by_table)

    def belongs(self, user_id: str, syndicate_id: str | None) -> None:
        """A user who is here belongs to this syndicate, or to none."""
        before = self._syndicates.get(user_id)
        if before is not None:
            self._members[before].discard(user_id)
            if not self._members[before]:
                del self._members[before]
        self._syndicates[user_id] = syndicate_id
        if syndicate_id is not None:
            self._members[syndicate_id].add(user_id)

    def members(self, syndicate_id: str) -> list[str]:
        """The syndicate's members who are here."""
        return list(self._members.get(syndicate_id, ()))
