"""Accounts and transfers in PostgreSQL. Every function takes a connection and none commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.errors import BooksBroken, InsufficientFunds, NotFound
from economy.faults import constraint
from economy.ledger import AccountKind, Balance, Transfer, Wallet, check_keys, transfer
from economy.money import Money
from economy.pages import LIMIT, Page, page_of
from economy.schema import accounts, commands
from telemetry.measure import measure_db_operation

START_CENTS: Final = Money(100_000)  # what a new player gets, and what a top-up goes back to

_POST: Final = text(
    """SELECT o_account, o_balance, o_version FROM post_transfers(
        CAST(:ids AS uuid[]), CAST(:keys AS text[]), CAST(:debits AS bigint[]), CAST(:credits AS bigint[]),
        CAST(:amounts AS bigint[]), CAST(:reasons AS text[]),
        CAST(:round_id AS uuid), CAST(:payout_id AS uuid))"""
)

# Both legs have an index by (account, version). A transaction notes the balance that it leaves: what it was
# after each of its transfers is reckoned back from there, so those before the cursor are read along.
_STATEMENT: Final = text(
    """WITH legs AS (
        (SELECT transfer_id, debit_version AS version, NULL::bigint AS dividend_seq, -amount AS amount,
                debit_balance AS left_with, reason, at, round_id, payout_id
         FROM transfers WHERE debit = :account AND debit_version <= :version
         ORDER BY debit_version DESC FETCH FIRST :read ROWS WITH TIES)
        UNION ALL
        (SELECT transfer_id, credit_version, seq, amount, credit_balance, reason, at, round_id, payout_id
         FROM transfers WHERE credit = :account AND credit_version <= :version
         ORDER BY credit_version DESC FETCH FIRST :read ROWS WITH TIES)
    ), lines AS (
        SELECT *, row_number() OVER (ORDER BY version DESC, at DESC, transfer_id DESC) AS place,
            left_with + amount - sum(amount) OVER (
                PARTITION BY version ORDER BY at DESC, transfer_id DESC) AS balance
        FROM legs
    )
    SELECT transfer_id, version, dividend_seq, amount, balance::bigint, reason, at, round_id, payout_id
    FROM lines WHERE place > coalesce((SELECT place FROM lines WHERE transfer_id = :transfer_id), 0)
    ORDER BY place LIMIT :rows"""
)

_TOGETHER: Final = 32  # more transfers than one transaction makes of a wallet

_NEWEST: Final = (2**63 - 1, UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One transfer as its player sees it: `amount` is signed, `balance` is what the wallet held after it.

    `seq` is the wallet's version; transfers of one transaction share it. `dividend_seq` is what a dividend
    is confirmed by.
    """

    transfer_id: UUID
    seq: int
    amount: int
    balance: int
    reason: str
    at: datetime
    round_id: UUID | None
    payout_id: UUID | None
    dividend_seq: int | None


async def open_account(connection: AsyncConnection, kind: AccountKind | str, owner: str) -> int:
    """The id of the account of this kind and owner, opened if there is none."""
    made = await connection.scalar(
        insert(accounts)
        .values(kind=str(kind), owner=owner)
        .on_conflict_do_nothing()
        .returning(accounts.c.account_id)
    )
    if made is not None:
        return int(made)
    found = await connection.scalar(
        select(accounts.c.account_id).where(accounts.c.kind == str(kind), accounts.c.owner == owner)
    )
    if found is None:
        raise BooksBroken(f"the account {kind} of {owner!r} is there and is not")
    return int(found)


async def wallet_of(connection: AsyncConnection, user_id: UUID) -> Wallet:
    """The player's wallet; raises `NotFound`."""
    async with measure_db_operation("wallet_of"):
        row = (
            await connection.execute(
                select(
                    accounts.c.account_id,
                    accounts.c.balance,
                    accounts.c.version,
                    accounts.c.dividend_seq,
                    accounts.c.confirmed_through,
                ).where(accounts.c.kind == AccountKind.WALLET.value, accounts.c.owner == str(user_id))
            )
        ).one_or_none()
    if row is None:
        raise NotFound("There is no such player.")
    return Wallet(
        account_id=row.account_id,
        balance=Money(row.balance),
        version=row.version,
        dividend_seq=row.dividend_seq,
        confirmed_through=row.confirmed_through,
    )


async def post(
    connection: AsyncConnection,
    transfers: Sequence[Transfer],
    *,
    round_id: UUID | None = None,
    payout_id: UUID | None = None,
) -> dict[int, Balance]:
    """Move the money of all transfers or of none; answers every named account as it stands afterwards.

    A transfer whose key was used before moves nothing. Raises `InsufficientFunds`, after which the
    transaction can only be rolled back.
    """
    check_keys(transfers)
    arguments = {
        "ids": [transfer.transfer_id for transfer in transfers],
        "keys": [transfer.key for transfer in transfers],
        "debits": [transfer.debit for transfer in transfers],
        "credits": [transfer.credit for transfer in transfers],
        "amounts": [transfer.amount for transfer in transfers],
        "reasons": [transfer.reason for transfer in transfers],
        "round_id": round_id,
        "payout_id": payout_id,
    }
    try:
        async with measure_db_operation("post_transfers", refusals=(IntegrityError,)):
            rows = (await connection.execute(_POST, arguments)).all()
    except IntegrityError as error:
        if constraint(error) == "accounts_balance_not_negative":
            raise InsufficientFunds from None
        raise
    return {row.o_account: Balance(balance=Money(row.o_balance), version=row.o_version) for row in rows}


async def mint(
    connection: AsyncConnection, account_id: int, amount: int, *, key: str, reason: str
) -> Balance:
    """Bring new chips into play: mint → account, once under its key. Answers the account afterwards."""
    source = await open_account(connection, AccountKind.MINT, "")
    made = transfer(key=key, debit=source, credit=account_id, amount=amount, reason=reason)
    return (await post(connection, (made,)))[account_id]


async def open_wallet(connection: AsyncConnection, user_id: UUID) -> Balance:
    """A new player's wallet with the start money in it, from the mint."""
    account_id = await open_account(connection, AccountKind.WALLET, str(user_id))
    return await mint(connection, account_id, START_CENTS, key=f"start:{user_id}", reason="start")


async def statement(
    connection: AsyncConnection, user_id: UUID, *, before: str | None = None, limit: int = LIMIT
) -> Page[StatementLine]:
    """The player's transfers, newest first; `before` is the `next` of an earlier page, else `ValueError`."""
    wallet = await wallet_of(connection, user_id)
    version, transfer_id = _cursor(before)
    async with measure_db_operation("statement"):
        rows = await connection.execute(
            _STATEMENT,
            {
                "account": wallet.account_id,
                "version": version,
                "transfer_id": transfer_id,
                "rows": limit + 1,
                "read": limit + _TOGETHER,
            },
        )
    lines = [
        StatementLine(
            transfer_id=row.transfer_id,
            seq=row.version,
            amount=row.amount,
            balance=row.balance,
            reason=row.reason,
            at=row.at,
            round_id=row.round_id,
            payout_id=row.payout_id,
            dividend_seq=row.dividend_seq,
        )
        for row in rows
    ]
    return page_of(lines, limit, lambda line: f"{line.seq}.{line.transfer_id}")


async def find_command(
    connection: AsyncConnection, user_id: UUID, command_id: str
) -> tuple[bytes, dict[str, object]] | None:
    """The fingerprint and the ack of a command that was carried out."""
    row = (
        await connection.execute(
            select(commands.c.fingerprint, commands.c.ack).where(
                commands.c.user_id == user_id, commands.c.command_id == command_id
            )
        )
    ).one_or_none()
    return None if row is None else (row.fingerprint, row.ack)


async def record_command(
    connection: AsyncConnection, user_id: UUID, command_id: str, fingerprint: bytes, ack: dict[str, object]
) -> bool:
    """Record a command with its ack; False when its id was used before (then nothing is written)."""
    made = await connection.execute(
        insert(commands)
        .values(user_id=user_id, command_id=command_id, fingerprint=fingerprint, ack=ack)
        .on_conflict_do_nothing()
    )
    return made.rowcount == 1


def _cursor(before: str | None) -> tuple[int, UUID]:
    if before is None:
        return _NEWEST
    version, _, transfer_id = before.partition(".")
    return int(version), UUID(transfer_id)
