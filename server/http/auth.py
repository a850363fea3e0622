"""Registering, signing in and out, and who one is."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from economy.store import wallet_of
from economy.syndicates import Syndicate, syndicate_of
from server.http.calls import Asked, Call, Nothing, Reply, Who, get, write
from server.http.ringing import balance_changed
from server.identity.names import name_key
from server.identity.store import User
from server.services import Services

_Password = Annotated[str, Meta(max_length=1_024)]  # how long one may be is said in words, not here
_NameText = Annotated[str, Meta(max_length=200)]
Email = Annotated[
    str, Meta(max_length=254, pattern=r"^[!-?A-~]+@[!-?A-~]+\Z")
]  # printable ASCII around one @


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """A name of 3 to 20 characters and a password of 8 to 128."""

    name: _NameText
    password: _Password
    email: Email | None = None


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """What one registered with."""

    name: _NameText
    password: _Password


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True):
    """The password that is, and the one that is to be."""

    old: _Password
    new: _Password


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest will sign in with."""

    name: _NameText
    password: _Password


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user as others may see one."""

    user_id: UUID
    name: str
    role: str
    is_guest: bool


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session."""

    token: str
    user: Person


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The caller."""

    user: Person
    balance: int
    balance_version: int
    syndicate: Syndicate | None


def person(user: User) -> Person:
    """The user as others may see one."""
    return Person(user_id=user.user_id, name=user.name, role=user.role, is_guest=user.is_guest)


async def register(asked: Asked[Register]) -> Reply:
    """Make an account and sign in."""
    asked.services.sign_in_limits.register(asked.address)
    body = asked.body
    return _signed_in(*await asked.services.identity.register(body.name, body.password, body.email))


async def guest(asked: Asked[Nothing]) -> Reply:
    """Play at once, under a made-up name."""
    asked.services.sign_in_limits.guest(asked.address)
    return _signed_in(*await asked.services.identity.guest())


async def login(asked: Asked[Login]) -> Reply:
    """Sign in."""
    limits, key = asked.services.sign_in_limits, f"name:{name_key(asked.body.name)}"
    limits.login(asked.address, key)
    user, token = await asked.services.identity.login(asked.body.name, asked.body.password)
    limits.succeeded(asked.address, key)
    return _signed_in(user, token)


async def logout(asked: Asked[Nothing]) -> Reply:
    """End this session."""
    await asked.services.identity.logout(asked.token)
    return Reply(value=None, token=None)


async def logout_everywhere(asked: Asked[Nothing]) -> Reply:
    """End every session of the caller."""
    await asked.services.identity.logout_everywhere(asked.user.user_id)
    return Reply(value=None, token=None)


async def change_password(asked: Asked[ChangePassword]) -> None:
    """Change the password; the caller's other sessions end."""
    limits, key = asked.services.sign_in_limits, f"user:{asked.user.user_id}"
    limits.login(asked.address, key)
    await asked.services.identity.change_password(asked.signed_in, asked.body.old, asked.body.new)
    limits.succeeded(asked.address, key)


async def upgrade(asked: Asked[Upgrade]) -> SignedIn:
    """Make the calling guest an account; the session stays."""
    asked.services.sign_in_limits.register(asked.address)
    user = await asked.services.identity.upgrade(asked.user.user_id, asked.body.name, asked.body.password)
    return SignedIn(token=asked.token, user=person(user))


async def me(asked: Asked[Nothing]) -> Me:
    """Who the caller is, what the caller has, and the caller's syndicate."""
    return await _me(asked.services, asked.user)


async def top_up(asked: Asked[Nothing]) -> Me:
    """Go back to the start money, once a day, when nearly broke."""
    services, user = asked.services, asked.user
    wallet = await services.identity.top_up(user.user_id)
    await services.bells.ring(balance_changed(user.user_id, wallet, "top_up"))
    return await _me(services, user)


async def _me(services: Services, user: User) -> Me:
    async with services.engine.connect() as connection:
        wallet = await wallet_of(connection, user.user_id)
        syndicate = await syndicate_of(connection, user.user_id)
    return Me(user=person(user), balance=wallet.balance, balance_version=wallet.version, syndicate=syndicate)


def _signed_in(user: User, token: str) -> Reply:
    return Reply(value=SignedIn(token=token, user=person(user)), token=token)


CALLS: Final[tuple[Call[Any], ...]] = (
    write("POST", "/api/auth/register", register, Register, SignedIn, who=Who.ANYBODY, status=201),
    write("POST", "/api/auth/login", login, Login, SignedIn, who=Who.ANYBODY),
    write("POST", "/api/auth/guest", guest, Nothing, SignedIn, who=Who.ANYBODY, status=201),
    write("POST", "/api/auth/logout", logout, Nothing, None, who=Who.PLAYER),
    write("POST", "/api/auth/logout-everywhere", logout_everywhere, Nothing, None, who=Who.PLAYER),
    write("POST", "/api/auth/password", change_password, ChangePassword, None, who=Who.PLAYER),
    write("POST", "/api/auth/upgrade", upgrade, Upgrade, SignedIn, who=Who.PLAYER),
    get("/api/me", me, Me, who=Who.PLAYER),
    write("POST", "/api/me/top-up", top_up, Nothing, Me, who=Who.PLAYER),
)
