"""The daily top-up of players who are nearly broke."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.ids import new_id
from economy.ledger import AccountKind, Balance
from economy.schema import accounts
from economy.store import START_CENTS, mint, wallet_of
from server.errors import LimitReached, NotFound
from server.schema import users
from telemetry.measure import measure_db_operation

BELOW: Final = 1_000  # cents


class TopUpRefused(LimitReached):
    """There is one top-up a day (UTC), for a balance below 1,000 cents."""

    def __init__(self, *, below: int | None = None, available_at: str | None = None) -> None:
        super().__init__()
        self.below = below
        self.available_at = available_at


async def top_up(connection: AsyncConnection, user_id: UUID) -> Balance:
    """Mint what is missing to the start money; raises TopUpRefused, NotFound. The database tells the day."""
    async with measure_db_operation("top_up"):
        await _lock(connection, user_id)
        row = (
            await connection.execute(
                select(users.c.topped_up_at, func.clock_timestamp().label("now")).where(
                    users.c.user_id == user_id
                )
            )
        ).one_or_none()
        if row is None:
            raise NotFound
        today = row.now.astimezone(UTC).date()
        if row.topped_up_at is not None and row.topped_up_at.astimezone(UTC).date() >= today:
            tomorrow = datetime.combine(today + timedelta(days=1), time(tzinfo=UTC))
            raise TopUpRefused(available_at=tomorrow.isoformat().replace("+00:00", "Z"))
        wallet = await wallet_of(connection, user_id)
        if wallet.balance >= BELOW:
            raise TopUpRefused(below=BELOW)
        await connection.execute(update(users).where(users.c.user_id == user_id).values(topped_up_at=row.now))
        # The row just written makes it once a day; the key need only be this one's own.
        key = f"top_up:{user_id}:{new_id()}"
        return await mint(
            connection, wallet.account_id, START_CENTS - wallet.balance, key=key, reason="top_up"
        )


async def _lock(connection: AsyncConnection, user_id: UUID) -> None:
    """Lock the mint and the wallet in the ledger's order: the balance that is read next stays."""
    mint_or_wallet = or_(
        accounts.c.kind == AccountKind.MINT.value,
        and_(accounts.c.kind == AccountKind.WALLET.value, accounts.c.owner == str(user_id)),
    )
    await connection.execute(
        select(accounts.c.account_id)
        .where(mint_or_wallet)
        .order_by(accounts.c.account_id)
        .with_for_update(key_share=True)
    )
