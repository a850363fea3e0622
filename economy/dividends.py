"""A player's dividends in order of seq, and how far the player has confirmed them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.errors import NotSent
from economy.store import wallet_of
from telemetry.measure import measure_db_operation

AHEAD_MAX: Final = 100  # dividends sent beyond the last confirmation

_AFTER: Final = text(
    """SELECT t.seq, t.payout_id, p.run_id, t.transfer_id, p.syndicate_id, s.name AS syndicate_name, t.amount,
        t.credit_balance AS balance, t.at AS paid_at
    FROM accounts a
    JOIN transfers t ON t.credit = a.account_id AND t.seq > :after
    JOIN payouts p ON p.payout_id = t.payout_id
    JOIN syndicates s ON s.syndicate_id = p.syndicate_id
    WHERE a.kind = 'wallet' AND a.owner = :owner ORDER BY t.seq LIMIT :rows"""
)

# One statement decides under the wallet's lock: nothing is confirmed that was not sent, and never backwards.
_CONFIRM: Final = text(
    """UPDATE accounts SET confirmed_through = greatest(confirmed_through, CAST(:through AS bigint))
    WHERE kind = 'wallet' AND owner = :owner
        AND CAST(:through AS bigint) BETWEEN 1 AND least(dividend_seq, confirmed_through + :ahead)
    RETURNING confirmed_through, dividend_seq - confirmed_through AS unconfirmed"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend:
    """What one payout brought one player, as `payout_completed` tells it."""

    seq: int
    payout_id: UUID
    run_id: UUID
    transfer_id: UUID
    syndicate_id: UUID
    syndicate_name: str
    amount: int
    balance: int
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """How far a player has confirmed, and how many dividends are left to confirm."""

    confirmed_through: int
    unconfirmed: int


async def unconfirmed(
    connection: AsyncConnection, user_id: UUID, *, after: int, limit: int = AHEAD_MAX
) -> tuple[Dividend, ...]:
    """The player's dividends with a seq beyond `after`, in order of seq and without gaps."""
    async with measure_db_operation("dividends_unconfirmed"):
        rows = await connection.execute(_AFTER, {"owner": str(user_id), "after": after, "rows": limit})
    return tuple(Dividend(**row) for row in rows.mappings())


async def position(connection: AsyncConnection, user_id: UUID) -> Confirmed:
    """How far the player has confirmed; raises `NotFound`."""
    wallet = await wallet_of(connection, user_id)
    return Confirmed(
        confirmed_through=wallet.confirmed_through,
        unconfirmed=wallet.dividend_seq - wallet.confirmed_through,
    )


async def confirm(connection: AsyncConnection, user_id: UUID, through: int) -> Confirmed:
    """Confirm all dividends up to a seq; an older one changes nothing. Raises `NotSent`, `NotFound`."""
    async with measure_db_operation("dividends_confirm"):
        row = (
            await connection.execute(
                _CONFIRM, {"owner": str(user_id), "through": through, "ahead": AHEAD_MAX}
            )
        ).one_or_none()
    if row is None:
        await wallet_of(connection, user_id)
        raise NotSent("through")
    return Confirmed(confirmed_through=row.confirmed_through, unconfirmed=row.unconfirmed)
