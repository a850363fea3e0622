"""The SQL of one payout: what is locked, what is read under the locks, and the one statement that pays.

Locks are taken in this order by everyone: the payout, the syndicate, then all accounts by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.errors import BooksBroken, NotFound
from economy.ids import new_id
from economy.money import Money
from economy.payouts import Planned, RunStatus, SkipReason, Terms
from economy.schema import payouts
from economy.shares import Holder, Part
from economy.syndicates import lock as lock_syndicate

# A row that another transaction holds is in good hands: whoever rings again finds it if that one fails.
# What is not finished is SCHEDULED; put that way, the planner goes by the id and not through all open rows.
_TAKE: Final = text(
    """SELECT p.payout_id, p.run_id, p.syndicate_id, r.status AS run_status, r.plan_id, l.paused
    FROM payouts p JOIN runs r ON r.run_id = p.run_id CROSS JOIN lane l
    WHERE p.payout_id = :payout_id AND p.finished_at IS NULL
    FOR UPDATE OF p SKIP LOCKED"""
)

_READ: Final = text(
    """SELECT
        (SELECT balance FROM accounts WHERE account_id = :treasury_id AND kind = 'treasury') AS treasury,
        m.user_ids, m.wallet_ids, m.shares, plan.amount AS planned, plan.shares_fingerprint
    FROM (
        SELECT array_agg(user_id) AS user_ids, array_agg(wallet_id) AS wallet_ids, array_agg(shares) AS shares
        FROM members WHERE syndicate_id = :syndicate_id AND shares > 0
    ) m LEFT JOIN plan_payouts plan ON plan.plan_id = CAST(:plan_id AS uuid)
        AND plan.syndicate_id = :syndicate_id"""
)

# All accounts are locked in id order before any of them changes, for each UPDATE joins the locked rows. A row
# that changed while it was waited for is read again: balances and seqs grow from what is there then.
_PAY: Final = text(
    """WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS at),
    due AS MATERIALIZED (
        SELECT wallet_id, amount, transfer_id,
            'payout:' || CAST(:payout_id AS uuid) || ':' || wallet_id AS key
        FROM unnest(CAST(:wallets AS bigint[]), CAST(:amounts AS bigint[]), CAST(:transfer_ids AS uuid[]))
            AS d (wallet_id, amount, transfer_id)
    ),
    locked AS MATERIALIZED (
        SELECT account_id FROM accounts
        WHERE account_id = ANY (CAST(:wallets AS bigint[]) || CAST(:treasury_id AS bigint))
        ORDER BY account_id FOR NO KEY UPDATE
    ),
    credited AS (
        UPDATE accounts a SET balance = a.balance + d.amount, version = a.version + 1,
            dividend_seq = a.dividend_seq + 1
        FROM due d JOIN locked l ON l.account_id = d.wallet_id
        WHERE a.account_id = d.wallet_id AND a.kind = 'wallet'
        RETURNING a.account_id, a.balance, a.version, a.dividend_seq, d.amount, d.transfer_id, d.key
    ),
    debited AS (
        UPDATE accounts a SET balance = a.balance - CAST(:total AS bigint), version = a.version + 1
        FROM locked l WHERE a.account_id = CAST(:treasury_id AS bigint) AND l.account_id = a.account_id
        RETURNING a.account_id, a.balance, a.version
    ),
    keys AS (INSERT INTO transfer_keys (key) SELECT key FROM due RETURNING key),
    written AS (
        INSERT INTO transfers (transfer_id, key, at, debit, credit, amount, reason, debit_balance,
            debit_version, credit_balance, credit_version, seq, payout_id)
        SELECT c.transfer_id, c.key, m.at, t.account_id, c.account_id, c.amount, 'dividend', t.balance,
            t.version, c.balance, c.version, c.dividend_seq, CAST(:payout_id AS uuid)
        FROM credited c CROSS JOIN debited t CROSS JOIN moment m
        RETURNING amount
    ),
    grown AS (
        UPDATE members SET shares = shares + pending_shares, pending_shares = 0
        WHERE syndicate_id = CAST(:syndicate_id AS uuid) AND pending_shares > 0
    ),
    counted AS (
        UPDATE syndicates SET payouts_made = payouts_made + 1
        WHERE syndicate_id = CAST(:syndicate_id AS uuid)
    ),
    paid AS (
        UPDATE payouts p SET status = 'PAID', amount = CAST(:total AS bigint),
            members = cardinality(CAST(:wallets AS bigint[])), finished_at = m.at,
            treasury_version = t.version
        FROM debited t CROSS JOIN moment m
        WHERE p.payout_id = CAST(:payout_id AS uuid) AND p.finished_at IS NULL
        RETURNING p.payout_id
    ),
    told AS (
        INSERT INTO outbox (stream, event, payload)
        SELECT 'syndicate:' || CAST(:syndicate_id AS uuid), 'syndicate_paid', jsonb_build_object(
            'payout_id', CAST(:payout_id AS uuid), 'run_id', CAST(:run_id AS uuid),
            'syndicate_id', CAST(:syndicate_id AS uuid), 'total', CAST(:total AS bigint),
            'members', cardinality(CAST(:wallets AS bigint[])), 'treasury', t.balance,
            'paid_at', to_char(m.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
        FROM debited t CROSS JOIN moment m
    )
    SELECT (SELECT count(*) FROM written)::integer AS transfers,
        (SELECT coalesce(sum(amount), 0) FROM written)::bigint AS amount,
        (SELECT count(*) FROM keys)::integer AS keys, (SELECT count(*) FROM paid)::integer AS payouts"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A payout whose row is locked, waiting to be paid."""

    payout_id: UUID
    run_id: UUID
    syndicate_id: UUID
    plan_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A syndicate's money and shares as its payout finds them, under the syndicate's lock."""

    treasury_id: int
    treasury: Money
    terms: Terms
    holders: tuple[Holder, ...]
    planned: Planned | None


class LanePaused(Exception):
    """An operator paused the lane: nothing is paid until it is resumed."""


async def take(connection: AsyncConnection, payout_id: UUID) -> Taken | None:
    """Lock a payout that is to be paid; None when it is finished, cancelled or in other hands.

    Raises `LanePaused`.
    """
    row = (await connection.execute(_TAKE, {"payout_id": payout_id})).one_or_none()
    if row is None or row.run_status != RunStatus.RUNNING:
        return None
    if row.paused:
        raise LanePaused
    return Taken(
        payout_id=row.payout_id, run_id=row.run_id, syndicate_id=row.syndicate_id, plan_id=row.plan_id
    )


async def open_purse(connection: AsyncConnection, taken: Taken) -> Purse:
    """Lock the syndicate and read what it has; raises `BooksBroken`.

    The treasury's balance is not locked yet, but only a payout takes from it, and this one holds the
    syndicate: what is read can only grow.
    """
    try:
        syndicate = await lock_syndicate(connection, taken.syndicate_id)
    except NotFound:
        raise BooksBroken(f"syndicate {taken.syndicate_id} is not there") from None
    row = (
        await connection.execute(
            _READ,
            {
                "treasury_id": syndicate["treasury_id"],
                "syndicate_id": taken.syndicate_id,
                "plan_id": taken.plan_id,
            },
        )
    ).one()
    if row.treasury is None:
        raise BooksBroken(f"syndicate {taken.syndicate_id} has no treasury")
    if taken.plan_id is not None and row.planned is None:
        raise BooksBroken(f"plan {taken.plan_id} says nothing about syndicate {taken.syndicate_id}")
    return Purse(
        treasury_id=syndicate["treasury_id"],
        treasury=Money(row.treasury),
        terms=Terms(
            dividend_bps=syndicate["dividend_bps"],
            minimum_payout=syndicate["minimum_payout"],
            reserve=syndicate["reserve"],
        ),
        holders=tuple(
            Holder(user_id=user_id, wallet_id=wallet_id, shares=shares)
            for user_id, wallet_id, shares in zip(
                row.user_ids or (), row.wallet_ids or (), row.shares or (), strict=True
            )
        ),
        planned=None
        if row.planned is None
        else Planned(amount=Money(row.planned), shares_fingerprint=row.shares_fingerprint),
    )


async def pay(connection: AsyncConnection, taken: Taken, purse: Purse, parts: Sequence[Part]) -> Money:
    """Pay the parts out of the treasury in one statement; answers the total, raises `BooksBroken`."""
    total = Money(sum(part.amount for part in parts))
    row = (
        await connection.execute(
            _PAY,
            {
                "payout_id": taken.payout_id,
                "run_id": taken.run_id,
                "syndicate_id": taken.syndicate_id,
                "treasury_id": purse.treasury_id,
                "wallets": [part.wallet_id for part in parts],
                "amounts": [part.amount for part in parts],
                "transfer_ids": [new_id() for _ in parts],
                "total": total,
            },
        )
    ).one()
    if (row.transfers, row.amount, row.keys, row.payouts) != (len(parts), total, len(parts), 1):
        raise BooksBroken(f"{row.transfers} of {len(parts)} members of {taken.syndicate_id} can be paid")
    return total


async def skip(connection: AsyncConnection, taken: Taken, reason: SkipReason) -> None:
    """Note that this payout pays nothing, and why."""
    await connection.execute(
        update(payouts)
        .where(payouts.c.payout_id == taken.payout_id)
        .values(status="SKIPPED", reason=reason.value, finished_at=func.clock_timestamp())
    )
