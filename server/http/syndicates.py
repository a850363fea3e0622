"""Syndicates: found, join, leave, pay in, and what they were paid."""

import unicodedata
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from economy import syndicates as economy
from economy.commands import once
from economy.faults import transact
from economy.ledger import Balance
from economy.money import Money
from economy.pages import Page
from economy.payouts import Payout
from economy.reports import payouts_of_syndicate
from economy.syndicates import Contribution, Member, Syndicate
from server.bells import MembershipChanged
from server.errors import InvalidPayload
from server.http.calls import NEWEST_FIRST, OLDEST_FIRST, Asked, Call, Nothing, Who, get, write
from server.http.payouts import CommandId
from server.http.ringing import balance_changed

_NAME_MIN: Final = 3
_NAME_MAX: Final = 40
_MOST_CENTS: Final = 10**12

Bps = Annotated[int, Meta(ge=1, le=10_000)]
Kept = Annotated[int, Meta(ge=0, le=_MOST_CENTS)]
SyndicateName = Annotated[str, Meta(min_length=_NAME_MIN, max_length=_NAME_MAX)]


class Found(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`dividend_bps`: the part of the treasury above `reserve` that one run pays, in 1/10,000; cents."""

    name: SyndicateName
    dividend_bps: Bps
    minimum_payout: Kept = 0
    reserve: Kept = 0


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different."""

    name: SyndicateName | None = None
    dividend_bps: Bps | None = None
    minimum_payout: Kept | None = None
    reserve: Kept | None = None


class Contribute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cents from the wallet into the treasury, for as many shares."""

    amount: Annotated[int, Meta(ge=1, le=_MOST_CENTS)]
    command_id: CommandId


async def list_syndicates(asked: Asked[Nothing]) -> Page[Syndicate]:
    """All syndicates, the oldest first."""
    page = asked.page()
    async with asked.services.engine.connect() as connection:
        return await economy.page(
            connection, user_id=asked.user.user_id, after=page.after_id(), limit=page.limit
        )


async def found(asked: Asked[Found]) -> Syndicate:
    """Found a syndicate; its founder is its owner and first member, with 0 shares."""
    body, user_id = asked.body, asked.user.user_id
    name = _checked_name(body.name)

    async def create(connection: AsyncConnection) -> Syndicate:
        return await economy.create(
            connection,
            user_id,
            name=name,
            dividend_bps=body.dividend_bps,
            minimum_payout=body.minimum_payout,
            reserve=body.reserve,
        )

    made = await transact(asked.services.engine, create)
    await _ring(asked, str(made.syndicate_id))
    return made


async def show(asked: Asked[Nothing]) -> Syndicate:
    """One syndicate."""
    async with asked.services.engine.connect() as connection:
        return await economy.get(connection, asked.path_id(), user_id=asked.user.user_id)


async def change(asked: Asked[Change]) -> Syndicate:
    """Change a syndicate; its owner only."""
    body, syndicate_id, user_id = asked.body, asked.path_id(), asked.user.user_id
    name = None if body.name is None else _checked_name(body.name)

    async def patch(connection: AsyncConnection) -> Syndicate:
        return await economy.patch(
            connection,
            user_id,
            syndicate_id,
            name=name,
            dividend_bps=body.dividend_bps,
            minimum_payout=body.minimum_payout,
            reserve=body.reserve,
        )

    return await transact(asked.services.engine, patch)


async def join(asked: Asked[Nothing]) -> Syndicate:
    """Become a member."""
    syndicate_id, user_id = asked.path_id(), asked.user.user_id
    joined = await transact(
        asked.services.engine, lambda connection: economy.join(connection, user_id, syndicate_id)
    )
    await _ring(asked, str(syndicate_id))
    return joined


async def leave(asked: Asked[Nothing]) -> None:
    """Stop being a member; the shares are given up."""
    syndicate_id, user_id = asked.path_id(), asked.user.user_id
    await transact(asked.services.engine, lambda connection: economy.leave(connection, user_id, syndicate_id))
    await _ring(asked, None)


async def contribute(asked: Asked[Contribute]) -> dict[str, Any]:
    """Pay into the treasury for shares; once for each command id."""
    body, syndicate_id, user_id = asked.body, asked.path_id(), asked.user.user_id

    async def pay(connection: AsyncConnection) -> dict[str, object]:
        paid = await economy.contribute(
            connection, user_id, syndicate_id, body.amount, command_id=body.command_id
        )
        facts: dict[str, object] = msgspec.to_builtins(paid)
        return facts

    payload = {"syndicate_id": str(syndicate_id), "amount": body.amount}
    ack = await once(asked.services.engine, user_id, body.command_id, "contribute", payload, pay)
    if "replayed" not in ack:
        paid = msgspec.convert(ack, Contribution)
        wallet = Balance(balance=Money(paid.balance), version=paid.balance_version)
        await asked.services.bells.ring(balance_changed(user_id, wallet, "contribution"))
    return ack


async def list_members(asked: Asked[Nothing]) -> Page[Member]:
    """A syndicate's members with their shares."""
    page = asked.page()
    async with asked.services.engine.connect() as connection:
        return await economy.members_of(connection, asked.path_id(), after=page.after_id(), limit=page.limit)


async def list_payouts(asked: Asked[Nothing]) -> Page[Payout]:
    """What runs paid a syndicate, newest first."""
    page, syndicate_id = asked.page(), asked.path_id()
    async with asked.services.engine.connect() as connection:
        await economy.get(connection, syndicate_id)
        return await payouts_of_syndicate(connection, syndicate_id, before=page.before_id(), limit=page.limit)


def _checked_name(raw: str) -> str:
    name = unicodedata.normalize("NFC", raw).strip()
    if not (_NAME_MIN <= len(name) <= _NAME_MAX and name.isprintable() and economy.name_key(name).strip()):
        raise InvalidPayload("name")
    return name


async def _ring(asked: Asked[Any], syndicate_id: str | None) -> None:
    await asked.services.bells.ring(
        MembershipChanged(user_id=str(asked.user.user_id), syndicate_id=syndicate_id)
    )


CALLS: Final[tuple[Call[Any], ...]] = (
    get("/api/syndicates", list_syndicates, Page[Syndicate], who=Who.PLAYER, query=OLDEST_FIRST),
    write("POST", "/api/syndicates", found, Found, Syndicate, who=Who.PLAYER, status=201),
    get("/api/syndicates/{id}", show, Syndicate, who=Who.PLAYER),
    write("PATCH", "/api/syndicates/{id}", change, Change, Syndicate, who=Who.PLAYER),
    write("POST", "/api/syndicates/{id}/join", join, Nothing, Syndicate, who=Who.PLAYER),
    write("POST", "/api/syndicates/{id}/leave", leave, Nothing, None, who=Who.PLAYER),
    write("POST", "/api/syndicates/{id}/contribute", contribute, Contribute, Contribution, who=Who.PLAYER),
    get("/api/syndicates/{id}/members", list_members, Page[Member], who=Who.PLAYER, query=OLDEST_FIRST),
    get("/api/syndicates/{id}/payouts", list_payouts, Page[Payout], who=Who.PLAYER, query=NEWEST_FIRST),
)
