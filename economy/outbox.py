"""Events that leave the economy: written in the transaction that they tell about, published after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.schema import outbox
from telemetry.measure import measure_db_operation

BATCH: Final = 100
_KEPT: Final = "7 days"  # published rows, for whoever asks what was told

# Only the holder of the lease may say that something was published.
_MARK: Final = text(
    """UPDATE outbox SET published_at = clock_timestamp()
    WHERE outbox_id = ANY (CAST(:ids AS bigint[])) AND published_at IS NULL AND EXISTS (
        SELECT 1 FROM leases WHERE name = :lease AND epoch = :epoch AND expires_at > clock_timestamp())"""
)

_PRUNE: Final = text(
    f"""DELETE FROM outbox WHERE outbox_id IN (
        SELECT outbox_id FROM outbox
        WHERE published_at < clock_timestamp() - interval '{_KEPT}' ORDER BY outbox_id LIMIT :rows)"""  # noqa: S608 - a constant
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEvent:
    """Something that happened. `outbox_id` grows within a stream; 0 marks a report that is in no outbox."""

    outbox_id: int
    stream: str
    event: str
    payload: dict[str, object]


async def tell(connection: AsyncConnection, stream: str, event: str, payload: dict[str, object]) -> None:
    """Write an event, to be published once this transaction is committed; the payload must be JSON."""
    await connection.execute(insert(outbox).values(stream=stream, event=event, payload=payload))


async def unpublished(connection: AsyncConnection, *, limit: int = BATCH) -> tuple[OutboxEvent, ...]:
    """The oldest events that nobody has published.

    Ids are given under the lock of what a stream is about, so within a stream their order is commit order.
    """
    async with measure_db_operation("outbox_unpublished"):
        rows = await connection.execute(
            select(outbox.c.outbox_id, outbox.c.stream, outbox.c.event, outbox.c.payload)
            .where(outbox.c.published_at.is_(None))
            .order_by(outbox.c.outbox_id)
            .limit(limit)
        )
    return tuple(OutboxEvent(**row) for row in rows.mappings())


async def mark_published(connection: AsyncConnection, ids: Sequence[int], *, lease: str, epoch: int) -> int:
    """Note that events were published, if the lease is held in this epoch; answers how many were noted."""
    marked = await connection.execute(_MARK, {"ids": list(ids), "lease": lease, "epoch": epoch})
    return marked.rowcount


async def prune(connection: AsyncConnection, *, rows: int = 10_000) -> int:
    """Delete published events that are older than a week, at most `rows` of them."""
    return (await connection.execute(_PRUNE, {"rows": rows})).rowcount
