"""What settled stakes earn their players' syndicates, and the money that keeps the tables' banks full.

Both run beside play, a short transaction for each table and syndicate or each bank. They read `round_seats`
and `tables`, which the floor writes: a seat row carries the player's syndicate at settlement.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy.errors import BooksBroken
from economy.faults import transact
from economy.ledger import AccountKind, transfer
from economy.payouts import BPS_WHOLE
from economy.schema import accounts, accruals, syndicates
from economy.store import open_account, post
from telemetry.measure import measure_db_operation

_PAIRS: Final = text(
    """SELECT DISTINCT table_id, syndicate_id FROM round_seats
    WHERE syndicate_id IS NOT NULL AND accrued_at IS NULL ORDER BY table_id, syndicate_id"""
)
_LOCK: Final = text(
    """SELECT units, carry FROM accruals WHERE table_id = :table_id AND syndicate_id = :syndicate_id
    FOR NO KEY UPDATE"""
)
_SWEEP: Final = text(
    """WITH swept AS (
        UPDATE round_seats SET accrued_at = clock_timestamp()
        WHERE table_id = :table_id AND syndicate_id = :syndicate_id AND accrued_at IS NULL RETURNING staked)
    SELECT coalesce(sum(staked), 0)::bigint FROM swept"""
)
_NOTE: Final = text(
    """UPDATE accruals SET units = :units, carry = :carry
    WHERE table_id = :table_id AND syndicate_id = :syndicate_id"""
)
_LOW_BANKS: Final = text(
    """SELECT a.account_id, a.version, t.bank_target - a.balance AS missing
    FROM tables t JOIN accounts a ON a.account_id = t.bank_id
    WHERE a.balance < t.bank_target / 2 ORDER BY a.account_id"""
)


_ONE_FILLER: Final = text("SELECT pg_advisory_xact_lock(hashtext('economy.fill_banks'))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep moved: transfers, and their sum in cents."""

    transfers: int
    amount: int


async def sweep(engine: AsyncEngine, syndicate_bps: int) -> Swept:
    """Bring what settled stakes have earned into the treasuries: one transfer a table and syndicate.

    `syndicate_bps`/10,000 of each stake, fractions of a cent carried to the next sweep.
    """
    async with engine.connect() as connection, measure_db_operation("accrual_pairs"):
        pairs = (await connection.execute(_PAIRS)).all()
    amounts = []
    for table_id, syndicate_id in pairs:

        async def one(
            connection: AsyncConnection, table_id: str = table_id, syndicate_id: UUID = syndicate_id
        ) -> int:
            return await _sweep_one(connection, table_id, syndicate_id, syndicate_bps)

        async with measure_db_operation("accrual_sweep"):
            amounts.append(await transact(engine, one))
    return Swept(transfers=sum(1 for amount in amounts if amount), amount=sum(amounts))


async def _sweep_one(
    connection: AsyncConnection, table_id: str, syndicate_id: UUID, syndicate_bps: int
) -> int:
    """One pair, behind the lock of its accrual row: a second sweep at the same time finds nothing left."""
    pair = {"table_id": table_id, "syndicate_id": syndicate_id}
    await connection.execute(insert(accruals).values(**pair).on_conflict_do_nothing())
    before = (await connection.execute(_LOCK, pair)).one()
    earned = int(await connection.scalar(_SWEEP, pair) or 0) * syndicate_bps
    if earned == 0:
        return 0
    amount, carry = divmod(int(before.carry) + earned, BPS_WHOLE)
    units = before.units + earned
    await connection.execute(_NOTE, {**pair, "units": units, "carry": carry})
    if amount:
        bank_id = await open_account(connection, AccountKind.BANK, table_id)
        treasury_id = await connection.scalar(
            select(syndicates.c.treasury_id).where(syndicates.c.syndicate_id == syndicate_id)
        )
        if treasury_id is None:
            raise BooksBroken(f"stakes earn for syndicate {syndicate_id}, which is not there")
        key = f"accrual:{table_id}:{syndicate_id}:{units}"
        moved = transfer(key=key, debit=bank_id, credit=treasury_id, amount=amount, reason="accrual")
        await post(connection, (moved,))
    return amount


async def fill_banks(engine: AsyncEngine) -> int:
    """Fill every table's bank that is below half of its target up to it; answers how many were filled.

    The house gives what it has; what it lacks is minted to it first. One filler goes after the other, and
    the key names the bank's version: a repeat of a fill whose commit got lost moves nothing.
    """

    async def fill(connection: AsyncConnection) -> int:
        await connection.execute(_ONE_FILLER)
        async with measure_db_operation("banks_low"):
            low = (await connection.execute(_LOW_BANKS)).all()
        if not low:
            return 0
        house_id = await open_account(connection, AccountKind.HOUSE, "")
        mint_id = await open_account(connection, AccountKind.MINT, "")
        in_house = await connection.scalar(
            select(accounts.c.balance).where(accounts.c.account_id == house_id)
        )
        made = []
        left = max(0, in_house or 0)
        for bank in low:
            key = f"bank_fill:{bank.account_id}:{bank.version}"
            lacking = max(0, bank.missing - left)
            left = max(0, left - bank.missing)
            if lacking:
                made.append(
                    transfer(key=f"{key}:mint", debit=mint_id, credit=house_id, amount=lacking, reason="mint")
                )
            made.append(
                transfer(
                    key=key, debit=house_id, credit=bank.account_id, amount=bank.missing, reason="bank_fill"
                )
            )
        await post(connection, made)
        return len(low)

    return await transact(engine, fill)
