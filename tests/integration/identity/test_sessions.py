"""Sessions on real PostgreSQL: how long they last, and what ends them."""

import asyncio

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from server.bells import SessionsEnded
from server.errors import InvalidCredentials
from server.identity import store
from server.identity.passwords import Passwords
from server.identity.service import Identity
from server.identity.tokens import new_token, token_hash
from tests.fakes import RungBells

PASSWORD = "correct horse"


async def test_a_token_opens_its_users_session_until_it_expires(
    identity: Identity, connection: asyncpg.Connection
) -> None:
    user, token = await identity.register("Moe", PASSWORD)
    session = await identity.authenticate(token)
    assert session is not None
    assert session.user == user
    assert session.token_hash == token_hash(token)
    await connection.execute("UPDATE sessions SET expires_at = clock_timestamp()")
    assert await identity.authenticate(token) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "\udc80", "x" * 5_000, "'; DROP TABLE users; --"])
async def test_what_is_no_token_opens_nothing(identity: Identity, token: str) -> None:
    await identity.register("Moe", PASSWORD)
    assert await identity.authenticate(token) is None


async def test_a_logout_ends_one_session_and_tells_its_sockets(identity: Identity, bells: RungBells) -> None:
    user, here = await identity.register("Moe", PASSWORD)
    _, there = await identity.login("Moe", PASSWORD)
    await identity.logout(here)
    assert bells.rung == [SessionsEnded(user_id=str(user.user_id), token_hashes=(token_hash(here).hex(),))]
    assert await identity.authenticate(here) is None
    assert await identity.authenticate(there) is not None
    await identity.logout(here)
    assert len(bells.rung) == 1


async def test_a_logout_everywhere_ends_all_of_the_users_sessions_and_nobody_elses(
    identity: Identity, bells: RungBells
) -> None:
    user, here = await identity.register("Moe", PASSWORD)
    _, there = await identity.login("Moe", PASSWORD)
    _, other = await identity.guest()
    await identity.logout_everywhere(user.user_id)
    assert bells.rung == [SessionsEnded(user_id=str(user.user_id), token_hashes=None)]
    assert await identity.authenticate(here) is None
    assert await identity.authenticate(there) is None
    assert await identity.authenticate(other) is not None


async def test_past_the_limit_the_oldest_session_ends_and_its_sockets_hear_it(
    identity: Identity, bells: RungBells
) -> None:
    user, first = await identity.register("Moe", PASSWORD)
    for _ in range(store.SESSIONS_MAX - 1):
        await identity.login("Moe", PASSWORD)
    assert await identity.authenticate(first) is not None
    await identity.login("Moe", PASSWORD)
    assert await identity.authenticate(first) is None
    assert bells.rung == [SessionsEnded(user_id=str(user.user_id), token_hashes=(token_hash(first).hex(),))]


async def test_a_new_session_clears_expired_ones_away(
    identity: Identity, connection: asyncpg.Connection
) -> None:
    for _ in range(3):
        await identity.guest()
    await connection.execute("UPDATE sessions SET expires_at = clock_timestamp()")
    await identity.guest()
    assert await connection.fetchval("SELECT count(*) FROM sessions") == 1


async def test_a_session_that_is_opened_twice_is_one(engine: AsyncEngine, identity: Identity) -> None:
    user, _ = await identity.register("Moe", PASSWORD)
    hashed = token_hash(new_token())
    for _ in range(2):
        async with engine.begin() as connection:
            await store.open_session(connection, user.user_id, hashed, 60)


async def test_a_login_with_the_old_password_does_not_survive_its_change(
    engine: AsyncEngine, bells: RungBells, identity: Identity, passwords: Passwords
) -> None:
    """The old password was proven before the change and the session would have begun after it."""

    class SlowPasswords:
        """Proves a password, then waits until it was changed."""

        def __init__(self) -> None:
            self.proven, self.go_on = asyncio.Event(), asyncio.Event()

        async def verify(self, password_hash: str | None, password: str) -> bool:
            """As the real one, and later."""
            is_right = await passwords.verify(password_hash, password)
            self.proven.set()
            await self.go_on.wait()
            return is_right

        is_outdated = staticmethod(passwords.is_outdated)

    _, token = await identity.register("Moe", PASSWORD)
    session = await identity.authenticate(token)
    assert session is not None
    slow = SlowPasswords()
    late = Identity(engine, bells, slow, session_ttl_s=60)  # type: ignore[arg-type] # what a login needs of it
    login = asyncio.ensure_future(late.login("Moe", PASSWORD))
    await slow.proven.wait()
    await identity.change_password(session, PASSWORD, "battery staple")
    slow.go_on.set()
    with pytest.raises(InvalidCredentials):
        await login
