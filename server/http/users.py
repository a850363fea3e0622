"""People, numbers and the trail, for operators."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.commands import once
from economy.ledger import Balance
from economy.money import Money
from economy.pages import Page
from economy.store import mint, wallet_of
from server.http.calls import NEWEST_FIRST, OLDEST_FIRST, Asked, Call, Nothing, Who, get, write
from server.http.payouts import CommandId
from server.http.reading import printable, text_in
from server.http.ringing import balance_changed
from server.identity.store import User
from server.identity.trail import Action, actions, write_action
from telemetry.snapshots import OperationStats

_MOST_CENTS: Final = 10**12

Reason = Annotated[str, Meta(min_length=1, max_length=200)]


class Credit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New chips for a player, in cents, and why."""

    amount: Annotated[int, Meta(ge=1, le=_MOST_CENTS)]
    reason: Reason
    command_id: CommandId


class Act(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, for the trail."""

    reason: Annotated[str, Meta(max_length=200)] = ""


class Credited(msgspec.Struct, frozen=True, kw_only=True):
    """The player's wallet after the credit."""

    user_id: UUID
    amount: int
    balance: int
    balance_version: int


async def list_users(asked: Asked[Nothing]) -> Page[User]:
    """Users whose names begin so, or all, in order of their names."""
    page, name = asked.page(), text_in(asked.request.query, "name")
    return await asked.services.identity.find(name, after=page.after, limit=page.limit)


async def credit(asked: Asked[Credit]) -> dict[str, Any]:
    """Give a player new chips; once for each command id."""
    body, user_id, admin = asked.body, asked.path_id(), asked.user.user_id
    reason = printable(body.reason, "reason")

    async def give(connection: AsyncConnection) -> dict[str, object]:
        wallet = await wallet_of(connection, user_id)
        key = f"credit:{admin}:{body.command_id}"
        after = await mint(connection, wallet.account_id, body.amount, key=key, reason="credit")
        facts = {"amount": body.amount, "reason": reason, "command_id": body.command_id}
        await write_action(connection, admin, "credit_user", str(user_id), facts)
        credited = Credited(
            user_id=user_id, amount=body.amount, balance=after.balance, balance_version=after.version
        )
        ack: dict[str, object] = msgspec.to_builtins(credited)
        return ack

    payload = {"user_id": str(user_id), "amount": body.amount, "reason": reason}
    ack = await once(asked.services.engine, admin, body.command_id, "credit", payload, give)
    if "replayed" not in ack:
        made = msgspec.convert(ack, Credited)
        wallet = Balance(balance=Money(made.balance), version=made.balance_version)
        await asked.services.bells.ring(balance_changed(user_id, wallet, "credit"))
    return ack


async def suspend(asked: Asked[Act]) -> User:
    """Shut a user out; a hand in play is settled by the timeout rules."""
    reason = printable(asked.body.reason, "reason")
    return await asked.services.identity.suspend(asked.path_id(), by=asked.user.user_id, reason=reason)


async def unsuspend(asked: Asked[Act]) -> User:
    """Let a user in again."""
    reason = printable(asked.body.reason, "reason")
    return await asked.services.identity.unsuspend(asked.path_id(), by=asked.user.user_id, reason=reason)


async def mute(asked: Asked[Act]) -> User:
    """Take a user's right to chat."""
    reason = printable(asked.body.reason, "reason")
    return await asked.services.identity.mute(asked.path_id(), by=asked.user.user_id, reason=reason)


async def unmute(asked: Asked[Act]) -> User:
    """Give a user the right to chat back."""
    reason = printable(asked.body.reason, "reason")
    return await asked.services.identity.unmute(asked.path_id(), by=asked.user.user_id, reason=reason)


async def list_actions(asked: Asked[Nothing]) -> Page[Action]:
    """What operators did, newest first."""
    page = asked.page()
    async with asked.services.engine.connect() as connection:
        return await actions(connection, before=page.before_id(), limit=page.limit)


async def metrics(asked: Asked[Nothing]) -> list[OperationStats]:
    """Every operation's numbers, merged over all processes."""
    return list(await asked.services.metrics.operations())


_USER: Final = "/api/admin/users/{id}"
_USERS_QUERY: Final = (*OLDEST_FIRST, "name")

CALLS: Final[tuple[Call[Any], ...]] = (
    get("/api/admin/users", list_users, Page[User], who=Who.ADMIN, query=_USERS_QUERY),
    write("POST", f"{_USER}/credit", credit, Credit, Credited, who=Who.ADMIN),
    write("POST", f"{_USER}/suspend", suspend, Act, User, who=Who.ADMIN),
    write("POST", f"{_USER}/unsuspend", unsuspend, Act, User, who=Who.ADMIN),
    write("POST", f"{_USER}/mute", mute, Act, User, who=Who.ADMIN),
    write("POST", f"{_USER}/unmute", unmute, Act, User, who=Who.ADMIN),
    get("/api/admin/actions", list_actions, Page[Action], who=Who.ADMIN, query=NEWEST_FIRST),
    get("/api/admin/metrics", metrics, list[OperationStats], who=Who.ADMIN),
)
