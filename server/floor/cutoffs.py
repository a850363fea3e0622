"""Whom we cut off: players whose connection this house closed on them, and until when that counts.

A process that goes down marks the players who are connected to it. Until `RETURN_S` later a timer that starts
or runs does not count against them: whoever fires its deadline sets it again, in full (`games.timers`). So a
timer is set again once, or while the players may still be on their way back. Marks are leases on the
database's clock; players can make none.
"""

from collections.abc import Sequence
from typing import Final

import asyncpg

from games.ports import Stored
from telemetry.measure import measure_db_operation

RETURN_S: Final = 6.0  # from the process's decision to end until its players are back elsewhere, at most

_MARK: Final = """
INSERT INTO leases AS held (name, holder, epoch, expires_at)
SELECT 'cut_off:' || user_id, $2, 1, clock_timestamp() + make_interval(secs => $3)
FROM unnest($1::text[]) AS cut (user_id) ORDER BY user_id
ON CONFLICT (name) DO UPDATE SET
    holder = excluded.holder, epoch = held.epoch + 1, expires_at = excluded.expires_at"""

# No timer runs for an hour.
_FORGET: Final = """
DELETE FROM leases WHERE name LIKE 'cut\\_off:%' AND expires_at < clock_timestamp() - interval '1 hour'"""

_OWES: Final = """
SELECT EXISTS (
    SELECT 1 FROM tables t JOIN leases l ON l.name = ANY ($3)
    WHERE t.table_id = $1 AND t.version = $2
        AND t.deadline - make_interval(secs => $4 / 1000.0) < l.expires_at)"""


async def mark_cut_off(pool: asyncpg.Pool, user_ids: Sequence[str], *, process: str) -> None:
    """The process is about to close the connections of these players."""
    async with measure_db_operation("cut_offs_mark"), pool.acquire() as connection:
        await connection.execute(_FORGET)
        await connection.execute(_MARK, list(user_ids), process, RETURN_S)


async def owes_time(pool: asyncpg.Pool, stored: Stored, user_ids: Sequence[str], timer_ms: int) -> bool:
    """Whether the table's timer started before one of these players, cut off by us, can be back."""
    names = [f"cut_off:{user_id}" for user_id in user_ids]
    async with measure_db_operation("cut_offs_look"):
        return bool(await pool.fetchval(_OWES, stored.table_id, stored.version, names, timer_ms))
