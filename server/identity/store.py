"""Users and sessions in PostgreSQL. Every function takes a connection and none commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.pages import Page, page_of
from server.identity.names import Name, name_key
from server.schema import sessions, users
from telemetry.measure import measure_db_operation

SESSIONS_MAX: Final = 50  # of one user; a new one ends the oldest past it
_SWEPT: Final = 100  # expired sessions that a new one clears away

_USER: Final = (
    users.c.user_id,
    users.c.name,
    users.c.role,
    users.c.is_guest,
    users.c.suspended_at,
    users.c.muted_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may play, or an operator."""

    user_id: UUID
    name: str
    role: str  # player or admin
    is_guest: bool = False
    suspended: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A token that is good until `expires_at`."""

    user: User
    token_hash: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user with what proves who it is; a guest has no password."""

    user: User
    password_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What is written of a new user."""

    user_id: UUID
    name: Name
    role: str = "player"
    is_guest: bool = False
    password_hash: str | None = None
    email: str | None = None

    def user(self) -> User:
        """As everybody else sees it."""
        return User(user_id=self.user_id, name=self.name.text, role=self.role, is_guest=self.is_guest)


async def add_user(connection: AsyncConnection, new: NewUser) -> bool:
    """Write a new user; False when somebody else has the name."""
    async with measure_db_operation("user_add"):
        made = await connection.execute(
            insert(users)
            .values(
                user_id=new.user_id,
                name=new.name.text,
                name_key=new.name.key,
                role=new.role,
                is_guest=new.is_guest,
                password_hash=new.password_hash,
                email=new.email,
            )
            .on_conflict_do_nothing()
        )
        if made.rowcount == 1:
            return True
        # A repeat after a connection that was lost at its commit finds its own row.
        return bool(await connection.scalar(_id_of_key(new.name.key)) == new.user_id)


async def rename(connection: AsyncConnection, user_id: UUID, name: Name, password_hash: str) -> bool:
    """Make a guest an account of this name; False when somebody else has it."""
    holder = await connection.scalar(_id_of_key(name.key))
    if holder not in (None, user_id):
        return False
    await connection.execute(
        update(users)
        .where(users.c.user_id == user_id)
        .values(name=name.text, name_key=name.key, password_hash=password_hash, is_guest=False)
    )
    return True


async def credentials_of_name(connection: AsyncConnection, key: str) -> Credentials | None:
    """The user of this name key."""
    return await _credentials(connection, users.c.name_key == key)


async def credentials_of(
    connection: AsyncConnection, user_id: UUID, *, lock: bool = False
) -> Credentials | None:
    """The user of this id, locked against other changes if asked."""
    return await _credentials(connection, users.c.user_id == user_id, lock=lock)


async def set_password(connection: AsyncConnection, user_id: UUID, old: str | None, new: str) -> bool:
    """Write another password's hash; False when the old one is not there any longer."""
    changed = await connection.execute(
        update(users)
        .where(users.c.user_id == user_id, users.c.password_hash.in_((old, new)))
        .values(password_hash=new)
    )
    return changed.rowcount == 1


async def mark(connection: AsyncConnection, user_id: UUID, column: str, *, on: bool) -> User | None:
    """Set or clear `suspended_at` or `muted_at`; a mark that stands keeps its time. None: no such user."""
    now = func.coalesce(users.c[column], func.clock_timestamp()) if on else None
    row = (
        await connection.execute(
            update(users).where(users.c.user_id == user_id).values({column: now}).returning(*_USER)
        )
    ).one_or_none()
    return None if row is None else _user(row)


async def users_named(
    connection: AsyncConnection, *, name: str | None, after: str | None, limit: int
) -> Page[User]:
    """Users whose name begins so, whatever its case, in order of their name keys."""
    query = select(*_USER, users.c.name_key).order_by(users.c.name_key).limit(limit + 1)
    if name:
        query = query.where(users.c.name_key.startswith(name_key(name), autoescape=True))
    if after is not None:
        query = query.where(users.c.name_key > after)
    async with measure_db_operation("users_named"):
        rows = (await connection.execute(query)).all()
    keys = {row.user_id: row.name_key for row in rows}
    return page_of([_user(row) for row in rows], limit, lambda user: str(keys[user.user_id]))


async def open_session(
    connection: AsyncConnection, user_id: UUID, token_hash: bytes, ttl_s: int
) -> Sequence[bytes]:
    """Write a session; answers the hashes of those of the user's that had to end for it."""
    async with measure_db_operation("session_open"):
        await connection.execute(
            insert(sessions)
            .values(
                token_hash=token_hash,
                user_id=user_id,
                expires_at=func.clock_timestamp() + timedelta(seconds=ttl_s),
            )
            .on_conflict_do_nothing()
        )
        expired = (
            select(sessions.c.token_hash)
            .where(sessions.c.expires_at <= func.clock_timestamp())
            .limit(_SWEPT)
            .with_for_update(skip_locked=True)
        )
        await connection.execute(delete(sessions).where(sessions.c.token_hash.in_(expired)))
        surplus = (
            select(sessions.c.token_hash)
            .where(sessions.c.user_id == user_id)
            .order_by(sessions.c.created_at.desc())
            .offset(SESSIONS_MAX)
        )
        ended = await connection.scalars(
            delete(sessions).where(sessions.c.token_hash.in_(surplus)).returning(sessions.c.token_hash)
        )
    return ended.all()


async def find_session(connection: AsyncConnection, token_hash: bytes) -> Session | None:
    """The session of a token, while it has not expired."""
    query = (
        select(sessions.c.expires_at, *_USER)
        .join(users, users.c.user_id == sessions.c.user_id)
        .where(sessions.c.token_hash == token_hash, sessions.c.expires_at > func.clock_timestamp())
    )
    async with measure_db_operation("session_find"):
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return Session(user=_user(row), token_hash=token_hash, expires_at=row.expires_at)


async def end_session(connection: AsyncConnection, token_hash: bytes) -> UUID | None:
    """End one session; answers whose it was."""
    ended: UUID | None = await connection.scalar(
        delete(sessions).where(sessions.c.token_hash == token_hash).returning(sessions.c.user_id)
    )
    return ended


async def end_sessions(
    connection: AsyncConnection, user_id: UUID, *, but: bytes | None = None
) -> Sequence[bytes]:
    """End a user's sessions, all or all but one; answers the hashes of those that ended."""
    query = delete(sessions).where(sessions.c.user_id == user_id).returning(sessions.c.token_hash)
    if but is not None:
        query = query.where(sessions.c.token_hash != but)
    return (await connection.scalars(query)).all()


async def _credentials(
    connection: AsyncConnection, condition: ColumnElement[bool], *, lock: bool = False
) -> Credentials | None:
    query = select(*_USER, users.c.password_hash).where(condition)
    if lock:
        query = query.with_for_update(key_share=True)
    async with measure_db_operation("user_credentials"):
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else Credentials(user=_user(row), password_hash=row.password_hash)


def _id_of_key(key: str) -> Select[Any]:
    return select(users.c.user_id).where(users.c.name_key == key)


def _user(row: Row[*tuple[Any, ...]]) -> User:
    return User(
        user_id=row.user_id,
        name=row.name,
        role=row.role,
        is_guest=row.is_guest,
        suspended=row.suspended_at is not None,
        muted=row.muted_at is not None,
    )
