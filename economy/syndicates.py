"""Syndicates: who is in them, with how many shares, and what goes into their treasuries.

Whoever reads or changes the members or shares of a syndicate in order to write holds the syndicate's row
FOR NO KEY UPDATE, and takes it before any account: joining, leaving, contributing and being paid go one after
the other within a syndicate, and beside each other between syndicates.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.errors import AlreadyMember, Forbidden, LimitReached, NameTaken, NotFound
from economy.faults import constraint
from economy.ids import new_id
from economy.ledger import AccountKind, transfer
from economy.pages import LIMIT, Page, page_of
from economy.schema import members, syndicates
from economy.store import open_account, post, wallet_of
from telemetry.measure import measure_db_operation

MEMBERS_MAX: Final = 10_000  # a payout stays one transaction, of a tenth of a second at most

_ZERO_ID: Final = UUID(int=0)

_SELECT: Final = """
SELECT s.syndicate_id, s.name, s.owner_id, s.dividend_bps, s.minimum_payout, s.reserve, t.balance AS treasury,
    everyone.members, everyone.shares, mine.shares AS my_shares, mine.pending_shares AS my_pending_shares
FROM syndicates s
JOIN accounts t ON t.account_id = s.treasury_id
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS members, coalesce(sum(m.shares), 0)::bigint AS shares
    FROM members m WHERE m.syndicate_id = s.syndicate_id
) everyone
LEFT JOIN members mine ON mine.syndicate_id = s.syndicate_id AND mine.user_id = CAST(:user_id AS uuid)
"""
_ONE: Final = text(_SELECT + "WHERE s.syndicate_id = :syndicate_id")
_OF_USER: Final = text(_SELECT + "WHERE mine.user_id IS NOT NULL")
_PAGE: Final = text(_SELECT + "WHERE s.syndicate_id > :after ORDER BY s.syndicate_id LIMIT :rows")

# The names are the edge's; a player without one (there is none) would still be listed.
_MEMBERS: Final = text(
    """SELECT m.user_id, u.name, m.shares, m.pending_shares, m.joined_at
    FROM members m LEFT JOIN users u ON u.user_id = m.user_id
    WHERE m.syndicate_id = :syndicate_id AND m.user_id > :after ORDER BY m.user_id LIMIT :rows"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Syndicate:
    """A syndicate as it stands; `my_shares` are the asking player's, None for one who is not in it."""

    syndicate_id: UUID
    name: str
    owner_id: UUID
    dividend_bps: int
    minimum_payout: int
    reserve: int
    treasury: int
    members: int
    shares: int
    my_shares: int | None
    my_pending_shares: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A player in a syndicate."""

    user_id: UUID
    name: str | None
    shares: int
    pending_shares: int
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What a contribution left behind."""

    balance: int
    balance_version: int
    treasury: int
    shares: int
    pending_shares: int


def name_key(name: str) -> str:
    """What makes two names the same: NFKC and case folding."""
    return unicodedata.normalize("NFKC", name).casefold()


async def create(
    connection: AsyncConnection,
    user_id: UUID,
    *,
    name: str,
    dividend_bps: int,
    minimum_payout: int = 0,
    reserve: int = 0,
) -> Syndicate:
    """Found a syndicate, its founder a member with 0 shares; raises `NameTaken`, `AlreadyMember`."""
    syndicate_id = new_id()
    treasury_id = await open_account(connection, AccountKind.TREASURY, str(syndicate_id))
    try:
        await connection.execute(
            insert(syndicates).values(
                syndicate_id=syndicate_id,
                name=name,
                name_key=name_key(name),
                owner_id=user_id,
                treasury_id=treasury_id,
                dividend_bps=dividend_bps,
                minimum_payout=minimum_payout,
                reserve=reserve,
            )
        )
    except IntegrityError as error:
        if constraint(error) == "syndicates_name_unique":
            raise NameTaken from None
        raise
    await _add_member(connection, user_id, syndicate_id)
    return await get(connection, syndicate_id, user_id=user_id)


async def join(connection: AsyncConnection, user_id: UUID, syndicate_id: UUID) -> Syndicate:
    """Become a member with 0 shares; raises `NotFound`, `AlreadyMember`, `LimitReached`."""
    await lock(connection, syndicate_id)
    count = await connection.scalar(
        select(func.count()).select_from(members).where(members.c.syndicate_id == syndicate_id)
    )
    if count is not None and count >= MEMBERS_MAX:
        raise LimitReached(f"A syndicate has at most {MEMBERS_MAX:,} members.")
    await _add_member(connection, user_id, syndicate_id)
    return await get(connection, syndicate_id, user_id=user_id)


async def leave(connection: AsyncConnection, user_id: UUID, syndicate_id: UUID) -> None:
    """Stop being a member and give the shares up; raises `NotFound` for one who is none."""
    await lock(connection, syndicate_id)
    gone = await connection.execute(
        delete(members).where(members.c.user_id == user_id, members.c.syndicate_id == syndicate_id)
    )
    if gone.rowcount == 0:
        raise NotFound("You are not in this syndicate.")


async def contribute(
    connection: AsyncConnection, user_id: UUID, syndicate_id: UUID, amount: int, *, command_id: str
) -> Contribution:
    """Move money from the wallet into the treasury, for as many shares.

    They count at once until the syndicate's first payout; later ones wait for one payout to pass. Raises
    `NotFound`, `Forbidden` for one who is no member, `InsufficientFunds`.
    """
    syndicate = await lock(connection, syndicate_id)
    column = members.c.shares if syndicate["payouts_made"] == 0 else members.c.pending_shares
    member = (
        await connection.execute(
            update(members)
            .where(members.c.user_id == user_id, members.c.syndicate_id == syndicate_id)
            .values({column: column + amount})
            .returning(members.c.shares, members.c.pending_shares)
        )
    ).one_or_none()
    if member is None:
        raise Forbidden("Join the syndicate first.")
    wallet = await wallet_of(connection, user_id)
    moved = transfer(
        key=f"contribute:{user_id}:{command_id}",
        debit=wallet.account_id,
        credit=syndicate["treasury_id"],
        amount=amount,
        reason="contribution",
    )
    after = await post(connection, (moved,))
    return Contribution(
        balance=after[wallet.account_id].balance,
        balance_version=after[wallet.account_id].version,
        treasury=after[syndicate["treasury_id"]].balance,
        shares=member.shares,
        pending_shares=member.pending_shares,
    )


async def patch(
    connection: AsyncConnection,
    user_id: UUID,
    syndicate_id: UUID,
    *,
    name: str | None = None,
    dividend_bps: int | None = None,
    minimum_payout: int | None = None,
    reserve: int | None = None,
) -> Syndicate:
    """Change what is given, by the owner only; raises `NotFound`, `Forbidden`, `NameTaken`."""
    syndicate = await lock(connection, syndicate_id)
    if syndicate["owner_id"] != user_id:
        raise Forbidden("Only the owner of a syndicate may change it.")
    given: Mapping[str, object] = {
        "name": name,
        "name_key": None if name is None else name_key(name),
        "dividend_bps": dividend_bps,
        "minimum_payout": minimum_payout,
        "reserve": reserve,
    }
    changes = {column: value for column, value in given.items() if value is not None}
    if changes:
        try:
            await connection.execute(
                update(syndicates).where(syndicates.c.syndicate_id == syndicate_id).values(changes)
            )
        except IntegrityError as error:
            if constraint(error) == "syndicates_name_unique":
                raise NameTaken from None
            raise
    return await get(connection, syndicate_id, user_id=user_id)


async def get(connection: AsyncConnection, syndicate_id: UUID, *, user_id: UUID | None = None) -> Syndicate:
    """The syndicate; raises `NotFound`."""
    async with measure_db_operation("syndicate"):
        found = await connection.execute(_ONE, {"syndicate_id": syndicate_id, "user_id": user_id})
        row = found.mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such syndicate.")
    return _syndicate(row)


async def syndicate_of(connection: AsyncConnection, user_id: UUID) -> Syndicate | None:
    """The syndicate that the player is in."""
    async with measure_db_operation("syndicate_of"):
        row = (await connection.execute(_OF_USER, {"user_id": user_id})).mappings().one_or_none()
    return None if row is None else _syndicate(row)


async def page(
    connection: AsyncConnection,
    *,
    user_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = LIMIT,
) -> Page[Syndicate]:
    """All syndicates, the oldest first."""
    async with measure_db_operation("syndicates"):
        rows = await connection.execute(
            _PAGE, {"user_id": user_id, "after": after or _ZERO_ID, "rows": limit + 1}
        )
    return page_of(
        [_syndicate(row) for row in rows.mappings()], limit, lambda syndicate: str(syndicate.syndicate_id)
    )


async def members_of(
    connection: AsyncConnection, syndicate_id: UUID, *, after: UUID | None = None, limit: int = LIMIT
) -> Page[Member]:
    """A syndicate's members with their shares; raises `NotFound`."""
    await get(connection, syndicate_id)
    async with measure_db_operation("syndicate_members"):
        rows = await connection.execute(
            _MEMBERS, {"syndicate_id": syndicate_id, "after": after or _ZERO_ID, "rows": limit + 1}
        )
    return page_of([Member(**row) for row in rows.mappings()], limit, lambda member: str(member.user_id))


async def member_ids(connection: AsyncConnection, syndicate_id: UUID) -> tuple[UUID, ...]:
    """The players of a syndicate, at most `MEMBERS_MAX`."""
    found = await connection.scalars(select(members.c.user_id).where(members.c.syndicate_id == syndicate_id))
    return tuple(found)


async def lock(connection: AsyncConnection, syndicate_id: UUID) -> RowMapping:
    """The syndicate's row, held until the transaction's end; raises `NotFound`."""
    row = (
        (
            await connection.execute(
                select(syndicates)
                .where(syndicates.c.syndicate_id == syndicate_id)
                .with_for_update(key_share=True)
            )
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound("There is no such syndicate.")
    return row


async def _add_member(connection: AsyncConnection, user_id: UUID, syndicate_id: UUID) -> None:
    wallet = await wallet_of(connection, user_id)
    made = await connection.execute(
        insert(members)
        .values(user_id=user_id, syndicate_id=syndicate_id, wallet_id=wallet.account_id)
        .on_conflict_do_nothing()
    )
    if made.rowcount == 0:
        raise AlreadyMember


def _syndicate(row: RowMapping) -> Syndicate:
    return Syndicate(**row)
