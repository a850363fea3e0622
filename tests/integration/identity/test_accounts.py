"""Accounts, guests and passwords on real PostgreSQL."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from server.bells import SessionsEnded
from server.errors import (
    Forbidden,
    InvalidCredentials,
    InvalidPayload,
    LimitReached,
    NameTaken,
    NotFound,
    Suspended,
)
from server.identity.passwords import Cost, Passwords
from server.identity.service import Identity, create_admin
from tests.fakes import RungBells

PASSWORD = "correct horse"


async def money(connection: asyncpg.Connection) -> dict[str, int]:
    """Every account's balance by kind and owner."""
    rows = await connection.fetch("SELECT kind || ':' || owner, balance FROM accounts")
    return dict(map(tuple, rows))


async def spend(connection: asyncpg.Connection, user_id: UUID, amount: int) -> None:
    """Let the player lose so much to the house."""
    await connection.execute("INSERT INTO accounts (kind, owner) VALUES ('house', '') ON CONFLICT DO NOTHING")
    await connection.execute(
        """SELECT post_transfers(ARRAY[gen_random_uuid()], ARRAY[gen_random_uuid()::text],
            ARRAY[(SELECT account_id FROM accounts WHERE kind = 'wallet' AND owner = $1)],
            ARRAY[(SELECT account_id FROM accounts WHERE kind = 'house')],
            ARRAY[$2::bigint], ARRAY['settled'], NULL, NULL)""",
        str(user_id),
        amount,
    )


async def test_a_new_player_starts_with_money_from_the_mint(
    identity: Identity, connection: asyncpg.Connection
) -> None:
    user, _ = await identity.register("Moe Szyslak", PASSWORD, "moe@example.com")
    assert (user.name, user.role, user.is_guest) == ("Moe Szyslak", "player", False)
    assert await money(connection) == {"mint:": -100_000, f"wallet:{user.user_id}": 100_000}


async def test_the_password_and_the_token_are_stored_as_hashes_only(
    identity: Identity, connection: asyncpg.Connection
) -> None:
    _, token = await identity.register("Moe", PASSWORD)
    row = await connection.fetchrow("SELECT u.*, s.* FROM users u JOIN sessions s USING (user_id)")
    assert row["password_hash"].startswith("$argon2id$")
    assert PASSWORD not in str(dict(row))
    assert token not in str(dict(row))
    assert token.encode() not in row["token_hash"]


@pytest.mark.parametrize("other", ["Moe", "moe", "MOE", "Ｍｏｅ"])
async def test_a_name_is_taken_in_every_case_and_form(identity: Identity, other: str) -> None:
    await identity.register("Moe", PASSWORD)
    with pytest.raises(NameTaken):
        await identity.register(other, PASSWORD)


async def test_of_many_who_want_one_name_at_once_one_gets_it_and_nobody_else_gets_money(
    identity: Identity, connection: asyncpg.Connection
) -> None:
    outcomes = await asyncio.gather(
        *(identity.register("Moe", PASSWORD) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 7
    assert await connection.fetchval("SELECT count(*) FROM users") == 1
    assert sorted((await money(connection)).values()) == [-100_000, 100_000]


@pytest.mark.parametrize(
    ("name", "password", "field"), [("ab", PASSWORD, "name"), ("Moe", "short", "password")]
)
async def test_a_refused_registration_leaves_nothing(
    identity: Identity, connection: asyncpg.Connection, name: str, password: str, field: str
) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        await identity.register(name, password)
    assert refusal.value.field == field
    assert await connection.fetchval("SELECT count(*) FROM users") == 0


async def test_guests_come_with_names_of_their_own_and_with_money(
    identity: Identity, connection: asyncpg.Connection
) -> None:
    guests = [await identity.guest() for _ in range(5)]
    assert len({user.name for user, _ in guests}) == 5
    assert all(user.is_guest and user.role == "player" for user, _ in guests)
    assert (await money(connection))["mint:"] == -500_000


async def test_a_player_logs_in_by_name_in_any_case(identity: Identity) -> None:
    registered, first = await identity.register("Moe", PASSWORD)
    user, second = await identity.login("mOE", PASSWORD)
    assert user == registered
    assert first != second


@pytest.mark.parametrize(("name", "password"), [("Moe", "wrong horse"), ("Nobody", PASSWORD), ("\x00", "")])
async def test_a_wrong_name_and_a_wrong_password_are_refused_alike(
    identity: Identity, name: str, password: str
) -> None:
    await identity.register("Moe", PASSWORD)
    with pytest.raises(InvalidCredentials):
        await identity.login(name, password)


async def test_nobody_logs_in_as_a_guest(identity: Identity) -> None:
    user, _ = await identity.guest()
    for password in ("", PASSWORD, "nobody has this password"):
        with pytest.raises(InvalidCredentials):
            await identity.login(user.name, password)


async def test_a_hash_of_another_cost_is_made_again_at_the_next_login(
    identity: Identity, engine: AsyncEngine, bells: RungBells, connection: asyncpg.Connection
) -> None:
    await identity.register("Moe", PASSWORD)
    dearer = Identity(engine, bells, Passwords(cost=Cost(memory_kib=16, iterations=1)), session_ttl_s=60)
    await dearer.login("Moe", PASSWORD)
    assert "m=16," in await connection.fetchval("SELECT password_hash FROM users")
    await dearer.login("Moe", PASSWORD)


async def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(
    identity: Identity, bells: RungBells
) -> None:
    user, here = await identity.register("Moe", PASSWORD)
    _, there = await identity.login("Moe", PASSWORD)
    session, other = await identity.authenticate(here), await identity.authenticate(there)
    assert session is not None
    assert other is not None
    await identity.change_password(session, PASSWORD, "battery staple")
    assert bells.rung == [SessionsEnded(user_id=str(user.user_id), token_hashes=(other.token_hash.hex(),))]
    assert await identity.authenticate(here) is not None
    assert await identity.authenticate(there) is None
    with pytest.raises(InvalidCredentials):
        await identity.login("Moe", PASSWORD)
    await identity.login("Moe", "battery staple")


async def test_a_password_is_changed_by_who_knows_it_only(identity: Identity, bells: RungBells) -> None:
    _, token = await identity.register("Moe", PASSWORD)
    session = await identity.authenticate(token)
    assert session is not None
    with pytest.raises(InvalidCredentials):
        await identity.change_password(session, "wrong horse", "battery staple")
    with pytest.raises(InvalidPayload) as refusal:
        await identity.change_password(session, PASSWORD, "short")
    assert refusal.value.field == "new"
    assert bells.rung == []
    await identity.login("Moe", PASSWORD)


async def test_of_two_changes_from_one_password_at_once_one_counts(identity: Identity) -> None:
    _, token = await identity.register("Moe", PASSWORD)
    session = await identity.authenticate(token)
    assert session is not None
    outcomes = await asyncio.gather(
        *(identity.change_password(session, PASSWORD, f"battery staple {n}") for n in range(4)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes].count(InvalidCredentials) == 3
    await identity.login("Moe", f"battery staple {outcomes.index(None)}")


async def test_a_guest_becomes_an_account_with_all_that_it_has(
    identity: Identity, connection: asyncpg.Connection
) -> None:
    guest, token = await identity.guest()
    user = await identity.upgrade(guest.user_id, "Moe", PASSWORD)
    assert (user.user_id, user.name, user.is_guest) == (guest.user_id, "Moe", False)
    session = await identity.authenticate(token)
    assert session is not None
    assert session.user == user
    assert (await identity.login("moe", PASSWORD))[0] == user
    assert (await money(connection))[f"wallet:{user.user_id}"] == 100_000


async def test_an_upgrade_is_for_guests_and_for_free_names(identity: Identity) -> None:
    moe, _ = await identity.register("Moe", PASSWORD)
    guest, _ = await identity.guest()
    with pytest.raises(Forbidden):
        await identity.upgrade(moe.user_id, "Barney", PASSWORD)
    with pytest.raises(NameTaken):
        await identity.upgrade(guest.user_id, "MOE", PASSWORD)


async def test_of_two_guests_who_want_one_name_at_once_one_gets_it(identity: Identity) -> None:
    guests = [(await identity.guest())[0] for _ in range(4)]
    outcomes = await asyncio.gather(
        *(identity.upgrade(guest.user_id, "Moe", PASSWORD) for guest in guests), return_exceptions=True
    )
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 3


async def test_a_nearly_broke_player_is_topped_up_once_a_day(
    identity: Identity, connection: asyncpg.Connection
) -> None:
    user, _ = await identity.register("Moe", PASSWORD)
    with pytest.raises(LimitReached) as refusal:
        await identity.top_up(user.user_id)
    assert refusal.value.facts() == {"below": 1_000}
    await spend(connection, user.user_id, 99_001)
    after = await identity.top_up(user.user_id)
    assert (after.balance, after.version) == (100_000, 3)
    await spend(connection, user.user_id, 100_000)
    with pytest.raises(LimitReached) as refusal:
        await identity.top_up(user.user_id)
    assert set(refusal.value.facts()) == {"available_at"}
    await connection.execute("UPDATE users SET topped_up_at = topped_up_at - interval '1 day'")
    assert (await identity.top_up(user.user_id)).balance == 100_000
    assert sum((await money(connection)).values()) == 0


async def test_of_many_top_ups_at_once_one_counts(identity: Identity, connection: asyncpg.Connection) -> None:
    user, _ = await identity.register("Moe", PASSWORD)
    await spend(connection, user.user_id, 99_500)
    outcomes = await asyncio.gather(
        *(identity.top_up(user.user_id) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 7
    assert (await money(connection))[f"wallet:{user.user_id}"] == 100_000


async def test_a_suspended_user_is_shut_out_until_let_in_again(
    identity: Identity, bells: RungBells, connection: asyncpg.Connection
) -> None:
    user, token = await identity.register("Moe", PASSWORD)
    admin = await create_admin_of(identity)
    suspended = await identity.suspend(user.user_id, by=admin, reason="cheats")
    assert suspended.suspended
    assert bells.rung == [SessionsEnded(user_id=str(user.user_id), token_hashes=None)]
    assert await identity.authenticate(token) is None
    with pytest.raises(Suspended):
        await identity.login("Moe", PASSWORD)
    with pytest.raises(InvalidCredentials):
        await identity.login("Moe", "wrong horse")
    await identity.unsuspend(user.user_id, by=admin, reason="sorry")
    await identity.login("Moe", PASSWORD)
    rows = await connection.fetch(
        "SELECT action, target, admin_id, facts FROM admin_actions ORDER BY action_id"
    )
    trail = [tuple(row)[:3] for row in rows if row["action"] != "create_admin"]
    assert sorted(trail) == [
        ("suspend_user", str(user.user_id), admin),
        ("unsuspend_user", str(user.user_id), admin),
    ]


async def create_admin_of(identity: Identity) -> UUID:
    """An operator's id."""
    user = await create_admin(identity._engine, "Operator", PASSWORD)
    return user.user_id


async def test_operators_mute_and_find_players(identity: Identity) -> None:
    admin = await create_admin_of(identity)
    moe, _ = await identity.register("Moe", PASSWORD)
    await identity.register("Moe_2", PASSWORD)
    await identity.register("Barney", PASSWORD)
    assert (await identity.mute(moe.user_id, by=admin, reason="")).muted
    assert not (await identity.unmute(moe.user_id, by=admin, reason="")).muted
    found = await identity.find("MOE", after=None, limit=1)
    assert [user.name for user in found.items] == ["Moe"]
    rest = await identity.find("MOE", after=found.next, limit=10)
    assert ([user.name for user in rest.items], rest.next) == (["Moe_2"], None)
    assert (await identity.find("moe%", after=None, limit=10)).items == ()
    assert len((await identity.find(None, after=None, limit=10)).items) == 4


async def test_operators_act_on_users_that_are_there_and_not_on_themselves(identity: Identity) -> None:
    admin = await create_admin_of(identity)
    with pytest.raises(Forbidden):
        await identity.suspend(admin, by=admin, reason="")
    with pytest.raises(NotFound):
        await identity.mute(UUID(int=7), by=admin, reason="")


async def test_an_operator_is_made_from_the_command_line_and_on_record(
    identity: Identity, engine: AsyncEngine, connection: asyncpg.Connection
) -> None:
    made = await create_admin(engine, "admin", PASSWORD)
    assert made.role == "admin"
    assert (await identity.login("admin", PASSWORD))[0] == made
    row = await connection.fetchrow("SELECT action, target, admin_id FROM admin_actions")
    assert tuple(row) == ("create_admin", str(made.user_id), None)
    with pytest.raises(NameTaken):
        await create_admin(engine, "ADMIN", PASSWORD)


async def test_a_bot_signs_in_again_without_its_password(identity: Identity) -> None:
    first, _ = await identity.sign_in_bot("Bot Ada", "a password of the day")
    again, token = await identity.sign_in_bot("Bot Ada", "a password of another day")
    assert again == first
    assert await identity.authenticate(token) is not None
