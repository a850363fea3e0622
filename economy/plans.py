"""Dry runs: what a run would pay, to the cent, stored so that a run can be bound to it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.ids import new_id
from economy.money import Money
from economy.payouts import SkipReason, Terms, decide
from economy.schema import plan_payouts, plans
from economy.shares import Holder, fingerprint
from telemetry.measure import measure_db_operation

ROWS: Final = 200  # syndicates read at once
_LIFETIME: Final = text("clock_timestamp() + interval '1 day'")

# What the sweep before a run would bring into the treasuries: the whole cents of carry and unswept stakes.
_PENDING: Final = text(
    """SELECT syndicate_id, sum((coalesce(a.carry, 0) + s.staked * :bps) / 10000)::bigint AS amount
    FROM (
        SELECT table_id, syndicate_id, sum(staked)::bigint AS staked FROM round_seats
        WHERE syndicate_id IS NOT NULL AND accrued_at IS NULL GROUP BY table_id, syndicate_id
    ) s LEFT JOIN accruals a USING (table_id, syndicate_id)
    GROUP BY syndicate_id"""
)

_SYNDICATES: Final = text(
    """SELECT s.syndicate_id, s.dividend_bps, s.minimum_payout, s.reserve, t.balance AS treasury,
        m.user_ids, m.wallet_ids, m.shares
    FROM (
        SELECT * FROM syndicates WHERE syndicate_id > :after ORDER BY syndicate_id LIMIT :rows
    ) s
    JOIN accounts t ON t.account_id = s.treasury_id
    CROSS JOIN LATERAL (
        SELECT array_agg(user_id) AS user_ids, array_agg(wallet_id) AS wallet_ids, array_agg(shares) AS shares
        FROM members WHERE syndicate_id = s.syndicate_id AND shares > 0
    ) m ORDER BY s.syndicate_id"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would pay: how many syndicates and members, how much, and how many would get nothing."""

    plan_id: UUID
    syndicates: int
    members: int
    total: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """What a plan says about one syndicate."""

    syndicate_id: UUID
    amount: int
    members: int
    shares_fingerprint: bytes


async def make_plan(
    connection: AsyncConnection, *, syndicate_bps: int, created_by: UUID | None = None
) -> Plan:
    """Reckon what a run would pay now and store it, good for one run within a day; moves nothing."""
    plan_id = new_id()
    await connection.execute(
        insert(plans).values(plan_id=plan_id, created_by=created_by, expires_at=_LIFETIME)
    )
    pending = await _pending(connection, syndicate_bps)
    payable = members = total = skipped = 0
    after = UUID(int=0)
    while True:
        async with measure_db_operation("plan_syndicates"):
            found = await connection.execute(_SYNDICATES, {"after": after, "rows": ROWS})
        rows = found.mappings().all()
        planned = [line for row in rows if (line := _line(row, plan_id, pending)) is not None]
        if planned:
            await connection.execute(
                insert(plan_payouts), [{"plan_id": plan_id, **asdict(line)} for line in planned]
            )
        payable += len(planned)
        skipped += len(rows) - len(planned)
        members += sum(line.members for line in planned)
        total += sum(line.amount for line in planned)
        if len(rows) < ROWS:
            break
        after = rows[-1]["syndicate_id"]
    return Plan(plan_id=plan_id, syndicates=payable, members=members, total=total, skipped=skipped)


async def forget_plans(connection: AsyncConnection) -> None:
    """Delete plans that no run used, a week after they expired."""
    await connection.execute(
        text(
            """WITH old AS (
                DELETE FROM plans
                WHERE used_by_run IS NULL AND expires_at < clock_timestamp() - interval '7 days'
                RETURNING plan_id)
            DELETE FROM plan_payouts p USING old WHERE p.plan_id = old.plan_id"""
        )
    )


async def _pending(connection: AsyncConnection, syndicate_bps: int) -> Mapping[UUID, int]:
    rows = await connection.execute(_PENDING, {"bps": syndicate_bps})
    return {row.syndicate_id: row.amount for row in rows}


def _line(row: RowMapping, plan_id: UUID, pending: Mapping[UUID, int]) -> _Line | None:
    holders = [
        Holder(user_id=user_id, wallet_id=wallet_id, shares=shares)
        for user_id, wallet_id, shares in zip(
            row["user_ids"] or (), row["wallet_ids"] or (), row["shares"] or (), strict=True
        )
    ]
    terms = Terms(
        dividend_bps=row["dividend_bps"], minimum_payout=row["minimum_payout"], reserve=row["reserve"]
    )
    treasury = Money(row["treasury"] + pending.get(row["syndicate_id"], 0))
    parts = decide(treasury, terms, holders, run_id=plan_id)
    if isinstance(parts, SkipReason):
        return None
    return _Line(
        syndicate_id=row["syndicate_id"],
        amount=sum(part.amount for part in parts),
        members=len(parts),
        shares_fingerprint=fingerprint(holders),
    )
