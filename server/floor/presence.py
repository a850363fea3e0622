"""Who is connected and how many watch: leases in Valkey that every web process renews, no part of any state.

`presence:user:USER` is a hash of processes with the moment (ms, Valkey's clock) until which the user counts
as here through each; the latest one counts. A process with a socket of theirs renews its own; when its last
socket of theirs goes, its lease runs out after `LINGER_MS`: time to load a page again.
`presence:watchers:TABLE` is a hash of processes with their number of sockets and the lease's end.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from telemetry.logs import get_logger

LEASE_MS: Final = 7_000
LINGER_MS: Final = 1_000
RENEW_S: Final = 2.0
PATIENCE_S: Final = 1.0  # how long Valkey may take; then who is here can't be looked up
AWAY_S: Final = 1.0  # after a failure Valkey is not asked for so long
CALLS_MAX: Final = 16  # at once: each takes a connection, and a crowd that comes back is large
CHUNK: Final = 500  # users in one call: Valkey does nothing else meanwhile

log = get_logger()

_CLOCK: Final = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000); "
_KEPT_MS: Final = 86_400_000  # no seat is held for a day

# KEYS: the users' hashes. ARGV: process, lease.
_RENEW: Final = (
    _CLOCK
    + "for i = 1, #KEYS do redis.call('HSET', KEYS[i], ARGV[1], now + ARGV[2]) "
    + f"redis.call('PEXPIRE', KEYS[i], {_KEPT_MS}) end"
)

# KEYS: the users' hashes. ARGV: lease of the unknown, hold.
# Answers for each: 1 here, 0 gone, -1 gone for longer than the hold. Drops leases over but for the last.
_LOOK_UP: Final = (
    _CLOCK
    + "local found = {} "
    + "for i = 1, #KEYS do local all = redis.call('HGETALL', KEYS[i]); local till = 0; local last "
    + "for j = 1, #all, 2 do local ends = tonumber(all[j + 1]) "
    + "if ends > till then if last and till <= now then redis.call('HDEL', KEYS[i], last) end "
    + "till = ends; last = all[j] elseif ends <= now then redis.call('HDEL', KEYS[i], all[j]) end end "
    + "if not last then till = now + ARGV[1]; redis.call('HSET', KEYS[i], '', till) "
    + f"redis.call('PEXPIRE', KEYS[i], {_KEPT_MS}) end "
    + "if till > now then found[i] = 1 "
    + "elseif till + ARGV[2] > now then found[i] = 0 else found[i] = -1 end end "
    + "return found"
)

# KEYS: the hash. ARGV: process, its number of sockets, lease. Answers the number over all processes.
_COUNT: Final = (
    _CLOCK
    + "if tonumber(ARGV[2]) > 0 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. (now + ARGV[3])) "
    + "else redis.call('HDEL', KEYS[1], ARGV[1]) end "
    + "local sum = 0; local all = redis.call('HGETALL', KEYS[1]) "
    + "for i = 1, #all, 2 do local n, till = string.match(all[i + 1], '(%d+):(%d+)') "
    + "if tonumber(till) > now then sum = sum + n else redis.call('HDEL', KEYS[1], all[i]) end end "
    + "redis.call('PEXPIRE', KEYS[1], 60000) return sum"
)


class Presence:
    """This process's sockets, and through Valkey everybody's."""

    def __init__(self, redis: Redis, process: str) -> None:
        self._redis = redis
        self.process = process
        self.when_gone: Callable[[str], None] = lambda _user_id: (
            None
        )  # a user's last socket here has lingered
        self._users: Counter[str] = Counter()  # sockets a user
        self._watching: defaultdict[str, set[str]] = defaultdict(set)  # sockets a table
        self._counts: dict[str, int] = {}  # watchers a table over all processes, as last heard
        self._away_until = 0.0  # loop time
        self._gate = asyncio.Semaphore(CALLS_MAX)
        self._renew = redis.register_script(_RENEW)
        self._look_up = redis.register_script(_LOOK_UP)
        self._count = redis.register_script(_COUNT)

    async def connected_socket(self, user_id: str) -> None:
        """A socket of this user opened here."""
        self._users[user_id] += 1
        await self._lease([user_id], LEASE_MS)

    async def disconnected_socket(self, user_id: str) -> None:
        """A socket of this user closed here; after the last one this process's lease runs out."""
        self._users[user_id] -= 1
        if self._users[user_id] <= 0:
            del self._users[user_id]
            await self._lease([user_id], LINGER_MS)
            if user_id in self._users:  # back already, and whose lease was written last nobody knows
                await self._lease([user_id], LEASE_MS)
            asyncio.get_running_loop().call_later(LINGER_MS / 1000, self._is_gone, user_id)

    def _is_gone(self, user_id: str) -> None:
        if user_id not in self._users:
            self.when_gone(user_id)

    def users(self) -> tuple[str, ...]:
        """The users who have a socket here."""
        return tuple(self._users)

    async def watch(self, sid: str, table_id: str) -> None:
        """A socket here watches the table."""
        if sid not in self._watching[table_id]:
            self._watching[table_id].add(sid)
            await self._tell(table_id)

    async def unwatch(self, sid: str, table_id: str) -> None:
        """A socket here watches the table no longer."""
        sids = self._watching.get(table_id)
        if sids is not None and sid in sids:
            sids.discard(sid)
            await self._tell(table_id)
            if not sids:
                self._watching.pop(table_id, None)

    def is_watched(self, table_id: str) -> bool:
        """Whether a socket of this process watches the table."""
        return bool(self._watching.get(table_id))

    def watched(self) -> tuple[str, ...]:
        """The tables that sockets of this process watch."""
        return tuple(table_id for table_id, sids in self._watching.items() if sids)

    def watchers(self, table_id: str) -> int:
        """How many sockets watch the table, over all processes, as far as this one has heard."""
        return max(self._counts.get(table_id, 0), len(self._watching.get(table_id, ())))

    async def renew(self) -> None:
        """Renew every lease of this process."""
        await self._lease(list(self._users), LEASE_MS)
        for table_id in self.watched():
            await self._tell(table_id)

    async def connected(self, table_id: str, user_ids: tuple[str, ...]) -> frozenset[str]:
        """Those who are here; who can't be looked up counts as here."""
        del table_id
        found = await self._states(user_ids, hold_ms=0)
        return frozenset(user_id for user_id, state in found.items() if state == 1)

    async def overdue(self, user_ids: tuple[str, ...], hold_ms: int) -> frozenset[str]:
        """Those who have been gone for longer than their seat is held."""
        found = await self._states(user_ids, hold_ms=hold_ms)
        return frozenset(user_id for user_id, state in found.items() if state == -1)

    async def _states(self, user_ids: tuple[str, ...], *, hold_ms: int) -> dict[str, int]:
        others = [user_id for user_id in user_ids if user_id not in self._users]
        states = dict.fromkeys(user_ids, 1)
        if others:
            answers = await self._ask(self._look_up, _keys(others), [LEASE_MS, hold_ms])
            if answers is not None:
                states.update(zip(others, answers, strict=True))
        return states

    async def _lease(self, user_ids: Sequence[str], lease_ms: int) -> None:
        for start in range(0, len(user_ids), CHUNK):
            keys = _keys(user_ids[start : start + CHUNK])
            await self._ask(self._renew, keys, [self.process, lease_ms])

    async def _tell(self, table_id: str) -> None:
        here = len(self._watching.get(table_id, ()))
        keys, args = [f"presence:watchers:{table_id}"], [self.process, here, LEASE_MS]
        count = await self._ask(self._count, keys, args)
        self._counts[table_id] = here if count is None else count

    async def _ask(self, script: AsyncScript, keys: list[str], args: list[Any]) -> Any:
        """The script's answer; None when Valkey is away, or was a moment ago: nobody waits for it again."""
        now = asyncio.get_running_loop().time
        async with self._gate:
            if now() < self._away_until:
                return None
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await script(keys=keys, args=args)
            except (RedisError, OSError) as fault:
                self._away_until = now() + AWAY_S
                log.warning("presence.valkey_away", error=type(fault).__name__)
                return None


def _keys(user_ids: Sequence[str]) -> list[str]:
    return [f"presence:user:{user_id}" for user_id in user_ids]
