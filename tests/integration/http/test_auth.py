"""Registering, signing in and out over HTTP."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from server.bells import BalanceChanged, SessionsEnded
from server.identity.limits import GUEST, LOGIN_NAME
from server.identity.tokens import token_hash
from server.settings import Settings
from tests.integration.http.house import PASSWORD, House, is_uuid, open_house, rung


@pytest.fixture
async def limited(settings: Settings) -> AsyncIterator[House]:
    """A house that limits how often one may try."""
    async with open_house(msgspec.structs.replace(settings, rate_limits=True)) as opened:
        yield opened


async def test_a_new_player_is_signed_in_and_has_money(house: House) -> None:
    answer = await house.call(
        "POST", "/api/auth/register", {"name": "Moe", "password": PASSWORD, "email": "moe@example.com"}
    )
    assert answer.status == 201
    user = answer.body["user"]
    assert is_uuid(user["user_id"])
    assert (user["name"], user["role"], user["is_guest"]) == ("Moe", "player", False)
    me = await house.call("GET", "/api/me", token=answer.body["token"])
    assert (me.status, me.headers["Cache-Control"]) == (200, "no-store")
    assert me.body == {"user": user, "balance": 100_000, "balance_version": 1, "syndicate": None}


async def test_a_guest_plays_at_once(house: House) -> None:
    guest = await house.guest()
    me = await guest.get("/api/me")
    assert me.body["user"]["is_guest"]
    assert me.body["user"]["role"] == "player"
    assert me.body["balance"] == 100_000
    assert (await guest.get("/api/transfers")).body["items"][0]["reason"] == "start"


async def test_the_cookie_is_for_the_server_only_and_for_tls_only(house: House) -> None:
    answer = await house.call("POST", "/api/auth/guest", {})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"casino_session={answer.body['token']};")
    for attribute in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/"):
        assert attribute in cookie


async def test_in_development_the_cookie_goes_without_tls(settings: Settings) -> None:
    async with open_house(msgspec.structs.replace(settings, environment="development")) as house:
        answer = await house.call("POST", "/api/auth/guest", {})
        assert "Secure" not in answer.headers["Set-Cookie"]


async def test_a_cookie_reads_and_from_the_casinos_own_pages_it_writes(house: House) -> None:
    token = (await house.guest()).token
    cookie = {"Cookie": f"casino_session={token}"}
    own = {"Host": "127.0.0.1", "Origin": "https://127.0.0.1"}
    assert (await house.call("GET", "/api/me", headers=cookie)).status == 200
    for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        refused = await house.call("POST", "/api/auth/logout", headers={**cookie, **origin})
        assert (refused.status, refused.code) == (403, "forbidden")
    allowed = {"Origin": "https://casino.example"}
    assert (await house.call("POST", "/api/me/top-up", headers={**cookie, **allowed})).status == 409
    gone = await house.call("POST", "/api/auth/logout", headers={**cookie, **own})
    assert gone.status == 204
    assert 'casino_session="";' in gone.headers["Set-Cookie"]
    assert (await house.call("GET", "/api/me", headers=cookie)).status == 401


async def test_a_foreign_page_can_not_even_sign_a_visitor_in(house: House) -> None:
    answer = await house.call("POST", "/api/auth/guest", {}, headers={"Origin": "https://evil.example"})
    assert (answer.status, answer.code) == (403, "forbidden")


REFUSED = {
    "short name": ({"name": "ab", "password": PASSWORD}, "name"),
    "long name": ({"name": "x" * 21, "password": PASSWORD}, "name"),
    "hidden characters": ({"name": "Mo\u200be", "password": PASSWORD}, "name"),
    "endless name": ({"name": "x" * 10_000, "password": PASSWORD}, "name"),
    "short password": ({"name": "Moe", "password": "1234567"}, "password"),
    "long password": ({"name": "Moe", "password": "x" * 129}, "password"),
    "no password": ({"name": "Moe"}, "password"),
    "a number": ({"name": 12345, "password": PASSWORD}, "name"),
    "no address": ({"name": "Moe", "password": PASSWORD, "email": "moe"}, "email"),
    "NUL in an address": ({"name": "Moe", "password": PASSWORD, "email": "m\x00@x.y"}, "email"),
}


@pytest.mark.parametrize(("body", "field"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_wrong_registration_says_which_field(house: House, body: object, field: str) -> None:
    answer = await house.call("POST", "/api/auth/register", body)
    assert answer.refusal == (422, "invalid_payload", field)


async def test_a_taken_name_is_a_conflict(house: House) -> None:
    await house.player("Moe")
    answer = await house.call("POST", "/api/auth/register", {"name": "MOE", "password": PASSWORD})
    assert (answer.status, answer.code) == (409, "name_taken")


async def test_one_logs_in_with_name_and_password(house: House) -> None:
    moe = await house.player("Moe")
    answer = await house.call("POST", "/api/auth/login", {"name": "moe", "password": PASSWORD})
    assert (answer.status, answer.body["user"]["user_id"]) == (200, moe.user_id)
    assert answer.body["token"] != moe.token


@pytest.mark.parametrize(
    ("name", "password"), [("Moe", "wrong horse"), ("Nobody", PASSWORD), ("\u0000", "x"), ("Moe", "")]
)
async def test_a_wrong_login_does_not_say_what_is_wrong(house: House, name: str, password: str) -> None:
    await house.player("Moe")
    answer = await house.call("POST", "/api/auth/login", {"name": name, "password": password})
    assert answer.refusal == (401, "invalid_credentials", None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic bW9lOm1vZQ=="},
        {"Cookie": "casino_session=nonsense"},
        {"Cookie": "casino_session="},
    ],
)
async def test_without_a_good_token_one_is_nobody(house: House, headers: dict[str, str]) -> None:
    for path in ("/api/me", "/api/transfers", "/api/rounds", "/api/syndicates", "/api/admin/metrics"):
        answer = await house.call("GET", path, headers=headers)
        assert (answer.status, answer.code) == (401, "unauthorized")


async def test_the_ends_of_sessions_are_rung(house: House) -> None:
    moe = await house.player("Moe")
    body = {"name": "Moe", "password": PASSWORD}
    other = (await house.call("POST", "/api/auth/login", body)).body["token"]
    change = await moe.post("/api/auth/password", {"old": PASSWORD, "new": "battery staple"})
    assert change.status == 204
    assert await rung(house, SessionsEnded) == SessionsEnded(
        user_id=moe.user_id, token_hashes=(token_hash(other).hex(),)
    )
    assert (await house.call("GET", "/api/me", token=other)).status == 401
    assert (await moe.post("/api/auth/logout-everywhere")).status == 204
    assert await rung(house, SessionsEnded) == SessionsEnded(user_id=moe.user_id)
    assert (await moe.get("/api/me")).status == 401


async def test_a_password_is_changed_with_the_old_one_only(house: House) -> None:
    moe = await house.player("Moe")
    wrong = await moe.post("/api/auth/password", {"old": "wrong horse", "new": "battery staple"})
    assert (wrong.status, wrong.code) == (401, "invalid_credentials")
    short = await moe.post("/api/auth/password", {"old": PASSWORD, "new": "short"})
    assert short.refusal == (422, "invalid_payload", "new")
    guest = await house.guest()
    none = await guest.post("/api/auth/password", {"old": PASSWORD, "new": "battery staple"})
    assert (none.status, none.code) == (403, "forbidden")


async def test_a_guest_becomes_an_account_and_stays_signed_in(house: House) -> None:
    guest = await house.guest()
    answer = await guest.post("/api/auth/upgrade", {"name": "Moe", "password": PASSWORD})
    assert (answer.status, answer.body["user"]["name"]) == (200, "Moe")
    assert (await guest.get("/api/me")).body["user"] == answer.body["user"]
    again = await guest.post("/api/auth/upgrade", {"name": "Barney", "password": PASSWORD})
    assert (again.status, again.code) == (403, "forbidden")


async def test_a_top_up_is_refused_while_there_is_money_and_told_when_there_was_none(house: House) -> None:
    guest = await house.guest()
    refused = await guest.post("/api/me/top-up")
    assert (refused.status, refused.code) == (409, "limit_reached")
    await lose(house, guest.user_id, 99_001)
    answer = await guest.post("/api/me/top-up")
    assert (answer.status, answer.body["balance"]) == (200, 100_000)
    told = await rung(house, BalanceChanged)
    assert told == BalanceChanged(
        user_id=guest.user_id,
        payload={
            "balance": 100_000,
            "balance_version": answer.body["balance_version"],
            "reason": "top_up",
        },
    )
    assert (await guest.post("/api/me/top-up")).code == "limit_reached"


async def lose(house: House, user_id: str, amount: int) -> None:
    """Let a player lose money to the house."""
    await house.pool.execute("INSERT INTO accounts (kind, owner) VALUES ('house', '')")
    await house.pool.execute(
        """SELECT post_transfers(ARRAY[gen_random_uuid()], ARRAY['lost'],
            ARRAY[(SELECT account_id FROM accounts WHERE owner = $1)],
            ARRAY[(SELECT account_id FROM accounts WHERE kind = 'house')],
            ARRAY[$2::bigint], ARRAY['settled'], NULL, NULL)""",
        user_id,
        amount,
    )


async def test_guesses_are_limited_and_right_ones_do_not_count(limited: House) -> None:
    await limited.player("Moe")
    right, wrong = {"name": "Moe", "password": PASSWORD}, {"name": "Moe", "password": "wrong horse"}
    for _ in range(LOGIN_NAME.burst + 5):
        assert (await limited.call("POST", "/api/auth/login", right)).status == 200
    codes = [(await limited.call("POST", "/api/auth/login", wrong)).code for _ in range(LOGIN_NAME.burst + 1)]
    assert codes == ["invalid_credentials"] * LOGIN_NAME.burst + ["rate_limited"]
    answer = await limited.call("POST", "/api/auth/login", right)
    assert answer.status == 429
    assert answer.body["error"]["retry_after_ms"] == LOGIN_NAME.every_ms
    assert answer.headers["Retry-After"] == str(LOGIN_NAME.every_ms // 1_000)


async def test_a_forwarded_address_of_nobody_trusted_is_not_believed(limited: House) -> None:
    statuses = [
        (await limited.call("POST", "/api/auth/guest", {}, headers=forwarded)).status
        for number in range(GUEST.burst + 1)
        for forwarded in ({"X-Forwarded-For": f"198.51.100.{number}"},)
    ]
    assert statuses == [201] * GUEST.burst + [429]


async def test_behind_a_trusted_proxy_each_client_has_its_own_limit(settings: Settings) -> None:
    behind = msgspec.structs.replace(settings, rate_limits=True, trusted_proxies=("127.0.0.0/8",))
    async with open_house(behind) as house:
        for number in range(GUEST.burst + 1):
            forwarded = {"X-Forwarded-For": f"198.51.100.{number}"}
            assert (await house.call("POST", "/api/auth/guest", {}, headers=forwarded)).status == 201
