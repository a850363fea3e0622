"""A worker's hold on payouts: taking them in hand, giving them back, counting what failed. None commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.payouts import PayoutStatus
from economy.schema import payouts
from telemetry.measure import measure_db_operation

_CLAIM_PAGE: Final = text(
    """WITH page AS MATERIALIZED (
        SELECT payout_id FROM payouts
        WHERE run_id = :run_id AND page = :page AND status = 'SCHEDULED' AND retry_at IS NULL
        FOR UPDATE SKIP LOCKED)
    UPDATE payouts p SET claimed_at = clock_timestamp() FROM page WHERE p.payout_id = page.payout_id
    RETURNING p.payout_id, p.attempts"""
)
_CLAIM_ONE: Final = text(
    """WITH one AS MATERIALIZED (
        SELECT payout_id FROM payouts WHERE payout_id = :payout_id AND finished_at IS NULL
        FOR UPDATE SKIP LOCKED)
    UPDATE payouts p SET claimed_at = clock_timestamp() FROM one WHERE p.payout_id = one.payout_id
    RETURNING p.payout_id, p.attempts"""
)
_FAIL: Final = text(
    """WITH failed AS (
        UPDATE payouts SET attempts = attempts + 1, error = :error, claimed_at = NULL,
            status = CASE WHEN :final THEN 'FAILED' ELSE 'SCHEDULED' END,
            finished_at = CASE WHEN :final THEN clock_timestamp() END,
            retry_at = CASE WHEN NOT :final
                THEN clock_timestamp() + make_interval(secs => :wait_ms / 1000.0) END
        WHERE payout_id = :payout_id AND finished_at IS NULL AND attempts = :attempts
        RETURNING payout_id, run_id, syndicate_id, status, attempts, error, retry_at
    ), told AS (
        INSERT INTO outbox (stream, event, payload)
        SELECT 'admin', 'payout_failed', jsonb_build_object('payout_id', payout_id, 'run_id', run_id,
            'syndicate_id', syndicate_id, 'attempts', attempts, 'error', error)
        FROM failed WHERE status = 'FAILED'
    )
    SELECT run_id, syndicate_id, status, attempts, retry_at FROM failed"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A payout in this worker's hands, with the failures that it has seen."""

    payout_id: UUID
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a failure led to: FAILED, or SCHEDULED again for `retry_at`."""

    run_id: UUID
    syndicate_id: UUID
    status: PayoutStatus
    attempts: int
    retry_at: datetime | None


async def claim_page(connection: AsyncConnection, run_id: UUID, page: int) -> tuple[Claim, ...]:
    """Take the page's payouts that are still to be paid and that did not fail, in order of their ids."""
    async with measure_db_operation("claim_page"):
        rows = await connection.execute(_CLAIM_PAGE, {"run_id": run_id, "page": page})
    claims = [Claim(payout_id=row.payout_id, attempts=row.attempts) for row in rows]
    return tuple(sorted(claims, key=lambda claim: claim.payout_id))


async def claim_one(connection: AsyncConnection, payout_id: UUID) -> tuple[Claim, ...]:
    """Take one payout, if it is still to be paid."""
    rows = await connection.execute(_CLAIM_ONE, {"payout_id": payout_id})
    return tuple(Claim(payout_id=row.payout_id, attempts=row.attempts) for row in rows)


async def release(connection: AsyncConnection, payout_ids: Sequence[UUID]) -> None:
    """Give payouts back that were taken and not begun."""
    await connection.execute(
        update(payouts)
        .where(payouts.c.payout_id.in_(payout_ids), payouts.c.finished_at.is_(None))
        .values(claimed_at=None)
    )


async def fail(
    connection: AsyncConnection, claim: Claim, *, error: str, is_final: bool, wait_ms: int
) -> Failure | None:
    """Count a real failure: FAILED when it is final, else to be tried again after the wait.

    None when the payout has moved on meanwhile: another worker paid it, or counted a failure of its own.
    """
    row = (
        await connection.execute(
            _FAIL,
            {
                "payout_id": claim.payout_id,
                "attempts": claim.attempts,
                "error": error,
                "final": is_final,
                "wait_ms": wait_ms,
            },
        )
    ).one_or_none()
    if row is None:
        return None
    return Failure(
        run_id=row.run_id,
        syndicate_id=row.syndicate_id,
        status=PayoutStatus(row.status),
        attempts=row.attempts,
        retry_at=row.retry_at,
    )
