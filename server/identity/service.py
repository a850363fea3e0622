"""Who is who: accounts, guests and sessions."""

import secrets
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy.faults import transact
from economy.ids import new_id
from economy.ledger import Balance
from economy.pages import Page
from economy.store import open_wallet
from server.bells import Bell, SessionsEnded
from server.errors import Forbidden, InvalidCredentials, NameTaken, NotFound, Suspended
from server.identity import store
from server.identity.guests import guest_name
from server.identity.names import Name, checked_name, name_key
from server.identity.passwords import Passwords, checked_password
from server.identity.store import Credentials, NewUser, Session, User
from server.identity.tokens import is_plausible, new_token, token_hash
from server.identity.topups import top_up
from server.identity.trail import write_action
from telemetry.logs import get_logger

_GUEST_TRIES: Final = 20

log = get_logger()


class Bellringer(Protocol):
    """Tells the other processes."""

    async def ring(self, bell: Bell) -> object:
        """Ring; never raises."""
        ...


class Identity:
    """Accounts and sessions; whatever ends a session rings for its sockets."""

    def __init__(
        self, engine: AsyncEngine, bells: Bellringer, passwords: Passwords, *, session_ttl_s: int
    ) -> None:
        self._engine = engine
        self._bells = bells
        self._passwords = passwords
        self._session_ttl_s = session_ttl_s

    async def register(self, name: str, password: str, email: str | None = None) -> tuple[User, str]:
        """A new player with the start money, signed in. Raises InvalidPayload, NameTaken, RateLimited."""
        checked = checked_name(name)
        password_hash = await self._passwords.hash(checked_password(password))
        new = NewUser(user_id=new_id(), name=checked, password_hash=password_hash, email=email)
        return await self._enter(new, "identity.player_registered")

    async def guest(self) -> tuple[User, str]:
        """A new guest with a made-up name and the start money, signed in."""
        for _ in range(_GUEST_TRIES):
            new = NewUser(user_id=new_id(), name=_made_up_name(), is_guest=True)
            try:
                return await self._enter(new, "identity.guest_entered")
            except NameTaken:
                continue
        raise NameTaken("Every name that was tried is taken.")

    async def login(self, name: str, password: str) -> tuple[User, str]:
        """Sign in. Raises InvalidCredentials (a wrong name takes as long as a wrong password), Suspended."""
        found = None
        if name.isprintable():  # PostgreSQL takes no NUL, and nobody has such a name
            async with self._engine.connect() as connection:
                found = await store.credentials_of_name(connection, name_key(name))
        known = await self._proven(found, password)
        if known.user.suspended:
            log.info(
                "identity.login_refused", type="auth", user_id=str(known.user.user_id), reason="suspended"
            )
            raise Suspended
        token = await self._sign_in(known.user, await self._renewed(known, password))
        log.info("identity.login_succeeded", type="auth", user_id=str(known.user.user_id))
        return known.user, token

    async def sign_in_bot(self, name: str, password: str) -> tuple[User, str]:
        """A bot's fresh session, without asking for its password; registered with this one when it is new."""
        async with self._engine.connect() as connection:
            found = await store.credentials_of_name(connection, name_key(name))
        if found is None:
            return await self.register(name, password)
        return found.user, await self._sign_in(found.user, found.password_hash)

    async def authenticate(self, token: str) -> Session | None:
        """The session that the token opens, if it opens one."""
        if not is_plausible(token):
            return None
        async with self._engine.connect() as connection:
            session = await store.find_session(connection, token_hash(token))
        return None if session is None or session.user.suspended else session

    async def logout(self, token: str) -> None:
        """End the token's session, if there is one."""
        hashed = token_hash(token)
        async with self._engine.begin() as connection:
            user_id = await store.end_session(connection, hashed)
        if user_id is not None:
            await self._ended(user_id, (hashed,))

    async def logout_everywhere(self, user_id: UUID) -> None:
        """End every session of the user."""
        async with self._engine.begin() as connection:
            await store.end_sessions(connection, user_id)
        await self._ended(user_id, None)

    async def change_password(self, session: Session, old: str, new: str) -> None:
        """Change it and end the other sessions. Raises InvalidCredentials, InvalidPayload, Forbidden."""
        checked_password(new, "new")
        user_id = session.user.user_id
        async with self._engine.connect() as connection:
            found = await store.credentials_of(connection, user_id)
        if found is not None and found.user.is_guest:
            raise Forbidden("A guest has no password.")
        known = await self._proven(found, old)
        password_hash = await self._passwords.hash(new)

        async def change(connection: AsyncConnection) -> tuple[bytes, ...]:
            if not await store.set_password(connection, user_id, known.password_hash, password_hash):
                raise InvalidCredentials  # changed meanwhile by somebody who knew it too
            return tuple(await store.end_sessions(connection, user_id, but=session.token_hash))

        ended = await transact(self._engine, change)
        log.info("identity.password_changed", type="auth", user_id=str(user_id))
        if ended:
            await self._ended(user_id, ended)

    async def upgrade(self, user_id: UUID, name: str, password: str) -> User:
        """Make a guest an account; money and sessions stay. Raises Forbidden, InvalidPayload, NameTaken."""
        checked = checked_name(name)
        password_hash = await self._passwords.hash(checked_password(password))

        async def change(connection: AsyncConnection) -> User:
            current = await store.credentials_of(connection, user_id, lock=True)
            if current is None:
                raise NotFound
            if not current.user.is_guest and current.password_hash != password_hash:
                raise Forbidden("Only a guest can be upgraded.")
            if not await store.rename(connection, user_id, checked, password_hash):
                raise NameTaken
            return User(user_id=user_id, name=checked.text, role=current.user.role, muted=current.user.muted)

        try:
            user = await transact(self._engine, change)
        except IntegrityError:  # somebody else took the name between the look and the write
            raise NameTaken from None
        log.info("identity.guest_upgraded", type="auth", user_id=str(user_id))
        return user

    async def top_up(self, user_id: UUID) -> Balance:
        """Once a day, for a player who is nearly broke: back to the start money. Raises LimitReached."""
        return await transact(self._engine, lambda connection: top_up(connection, user_id))

    async def find(self, name: str | None, *, after: str | None, limit: int) -> Page[User]:
        """Users whose names begin so."""
        async with self._engine.connect() as connection:
            return await store.users_named(connection, name=name, after=after, limit=limit)

    async def suspend(self, user_id: UUID, *, by: UUID, reason: str) -> User:
        """Shut a user out: every session ends. Raises Forbidden for oneself, NotFound."""
        if user_id == by:
            raise Forbidden("You can't suspend yourself.")
        user = await self._mark(user_id, "suspended_at", on=True, act="suspend_user", by=by, reason=reason)
        await self._ended(user_id, None)
        return user

    async def unsuspend(self, user_id: UUID, *, by: UUID, reason: str) -> User:
        """Let a user in again. Raises NotFound."""
        return await self._mark(user_id, "suspended_at", on=False, act="unsuspend_user", by=by, reason=reason)

    async def mute(self, user_id: UUID, *, by: UUID, reason: str) -> User:
        """Take a user's right to chat. Raises NotFound."""
        return await self._mark(user_id, "muted_at", on=True, act="mute_user", by=by, reason=reason)

    async def unmute(self, user_id: UUID, *, by: UUID, reason: str) -> User:
        """Give it back. Raises NotFound."""
        return await self._mark(user_id, "muted_at", on=False, act="unmute_user", by=by, reason=reason)

    async def _mark(self, user_id: UUID, column: str, *, on: bool, act: str, by: UUID, reason: str) -> User:
        async def change(connection: AsyncConnection) -> User:
            user = await store.mark(connection, user_id, column, on=on)
            if user is None:
                raise NotFound("There is no such player.")
            if user.suspended:
                await store.end_sessions(connection, user_id)
            await write_action(connection, by, act, str(user_id), {"reason": reason})
            return user

        return await transact(self._engine, change)

    async def _enter(self, new: NewUser, event: str) -> tuple[User, str]:
        token = new_token()

        async def enter(connection: AsyncConnection) -> None:
            await _add(connection, new)
            await store.open_session(connection, new.user_id, token_hash(token), self._session_ttl_s)

        await transact(self._engine, enter)
        log.info(event, type="auth", user_id=str(new.user_id))
        return new.user(), token

    async def _sign_in(self, user: User, password_hash: str | None) -> str:
        token = new_token()

        async def enter(connection: AsyncConnection) -> tuple[bytes, ...]:
            current = await store.credentials_of(connection, user.user_id, lock=True)
            if current is None or current.password_hash != password_hash:
                raise InvalidCredentials  # changed since it was proven, and that ended the sessions
            hashed = token_hash(token)
            return tuple(await store.open_session(connection, user.user_id, hashed, self._session_ttl_s))

        ended = await transact(self._engine, enter)
        if ended:
            await self._ended(user.user_id, ended)
        return token

    async def _proven(self, found: Credentials | None, password: str) -> Credentials:
        password_hash = None if found is None else found.password_hash
        is_right = await self._passwords.verify(password_hash, password)
        if found is None or not is_right:
            user_id = None if found is None else str(found.user.user_id)
            log.info("identity.login_refused", type="auth", user_id=user_id, reason="invalid_credentials")
            raise InvalidCredentials
        return found

    async def _renewed(self, known: Credentials, password: str) -> str | None:
        """The hash that stands for the password now: made again where it was made at another cost."""
        old = known.password_hash
        if old is None or not self._passwords.is_outdated(old):
            return old
        new = await self._passwords.hash(password)
        async with self._engine.begin() as connection:
            return new if await store.set_password(connection, known.user.user_id, old, new) else old

    async def _ended(self, user_id: UUID, token_hashes: tuple[bytes, ...] | None) -> None:
        hashes = None if token_hashes is None else tuple(hashed.hex() for hashed in token_hashes)
        await self._bells.ring(SessionsEnded(user_id=str(user_id), token_hashes=hashes))


async def create_admin(engine: AsyncEngine, name: str, password: str) -> User:
    """A new operator, from the command line. Raises InvalidPayload, NameTaken."""
    checked = checked_name(name)
    passwords = Passwords(threads=1)
    try:
        password_hash = await passwords.hash(checked_password(password))
    finally:
        passwords.close()
    new = NewUser(user_id=new_id(), name=checked, role="admin", password_hash=password_hash)

    async def create(connection: AsyncConnection) -> None:
        await _add(connection, new)
        await write_action(connection, None, "create_admin", str(new.user_id), {"name": checked.text})

    await transact(engine, create)
    return new.user()


async def _add(connection: AsyncConnection, new: NewUser) -> None:
    if not await store.add_user(connection, new):
        raise NameTaken
    await open_wallet(connection, new.user_id)


def _made_up_name() -> Name:
    return checked_name(guest_name(secrets.randbelow))
