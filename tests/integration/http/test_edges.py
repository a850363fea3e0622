"""What every call has in common: bad bodies, unknown paths, ids, faults, probes and documents."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from server.bells import valkey_client
from server.database import create_engine
from server.http.app import setup_probes
from server.http.middleware import around
from server.http.probes import Probes, health_probes, with_token
from tests.integration.http.house import House, is_uuid

BODIES = {
    "no JSON": (b"amount=5", 400, None),
    "cut off": (b'{"amount": 5', 400, None),
    "NaN": (b'{"amount": NaN, "command_id": "abcdefgh"}', 400, None),
    "no UTF-8": (b'{"command_id": "\xff"}', 400, None),
    "deep": (b"[" * 9_000, 400, None),
    "an array": (b"[]", 422, None),
    "null": (b"null", 422, None),
    "a float": (b'{"amount": 5.0, "command_id": "abcdefgh"}', 422, "amount"),
    "true": (b'{"amount": true, "command_id": "abcdefgh"}', 422, "amount"),
    "a text": (b'{"amount": "5", "command_id": "abcdefgh"}', 422, "amount"),
    "an exponent": (b'{"amount": 1e2, "command_id": "abcdefgh"}', 422, "amount"),
    "zero": (b'{"amount": 0, "command_id": "abcdefgh"}', 422, "amount"),
    "negative": (b'{"amount": -1, "command_id": "abcdefgh"}', 422, "amount"),
    "23 digits": (b'{"amount": 99999999999999999999999, "command_id": "abcdefgh"}', 422, "amount"),
    "a short id": (b'{"amount": 5, "command_id": "abc"}', 422, "command_id"),
    "a strange id": (b'{"amount": 5, "command_id": "abcdefgh\\n"}', 422, "command_id"),
    "no id": (b'{"amount": 5}', 422, "command_id"),
    "one key too many": (b'{"amount": 5, "command_id": "abcdefgh", "more": 1}', 422, "more"),
    "too large": (b'{"amount": 5, "more": "' + b"x" * 20_000 + b'"}', 413, None),
}


@pytest.fixture
async def faulty() -> web.Application:
    """An application whose only call fails."""

    async def fail(_request: web.Request) -> web.Response:
        raise RuntimeError("the secret is 4711")

    async def lose(_request: web.Request) -> web.Response:
        raise asyncpg.ConnectionDoesNotExistError("gone")

    app = web.Application(middlewares=[around])
    app.router.add_get("/api/fail", fail)
    app.router.add_get("/api/lose", lose)
    return app


@pytest.mark.parametrize(("raw", "status", "field"), BODIES.values(), ids=BODIES.keys())
async def test_a_bad_body_is_refused_before_anything_happens(
    house: House, raw: bytes, status: int, field: str | None
) -> None:
    guest = await house.guest()
    path = "/api/syndicates/018f4e9a-7b00-7000-8000-00000000abcd/contribute"
    answer = await house.call("POST", path, raw=raw, token=guest.token)
    assert answer.refusal == (status, "invalid_payload", field)
    assert await house.balance(guest.user_id) == 100_000


async def test_a_body_without_a_length_is_cut_at_the_limit(house: House) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_024

    response = await house.client.post("/api/auth/login", data=endless())
    assert response.status == 413


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api"),
        ("GET", "/api/"),
        ("GET", "/api/nonsense"),
        ("POST", "/api/nonsense"),
        ("GET", "/api/me/"),
        ("GET", "/api//me"),
        ("GET", "/api/rounds/nonsense"),
        ("GET", "/api/rounds/018f4e9a-7b00-7000-8000-00000000abcd"),
        ("GET", "/api/shoes/nonsense"),
        ("GET", "/api/shoes/" + "0" * 64),
        ("GET", "/api/shoes/%00"),
        ("GET", "/nonsense"),
    ],
)
async def test_what_is_not_there_is_not_found(house: House, method: str, path: str) -> None:
    answer = await house.call(method, path)
    assert (answer.status, answer.code) == (404, "not_found")


async def test_an_unknown_table_has_its_own_code(house: House) -> None:
    for path in ("/api/tables/nonsense", "/api/tables/%00", "/api/tables/%F0%9F%82%A1"):
        answer = await house.call("GET", path)
        assert (answer.status, answer.code) == (404, "unknown_table")


async def test_a_wrong_method_hears_the_right_ones(house: House) -> None:
    answer = await house.call("DELETE", "/api/me")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


async def test_what_can_be_read_has_a_head(house: House) -> None:
    response = await house.client.head("/api/tables")
    assert response.status == 200
    assert await response.read() == b""


async def test_every_answer_has_the_id_that_its_log_lines_have(house: House) -> None:
    given = await house.call("GET", "/api/tables", headers={"X-Request-Id": "request-0001"})
    assert given.headers["X-Request-Id"] == "request-0001"
    for strange in ("short", "with space and more", "x" * 100):
        answer = await house.call("GET", "/api/tables", headers={"X-Request-Id": strange})
        assert is_uuid(answer.headers["X-Request-Id"])


async def test_a_fault_shows_nothing_but_its_reference(faulty: web.Application) -> None:
    async with TestClient(TestServer(faulty)) as client:
        response = await client.get("/api/fail")
        answer = await response.json()
    assert response.status == 500
    reference = response.headers["X-Request-Id"]
    assert (answer["error"]["code"], answer["error"]["reference"]) == ("internal", reference)
    assert set(answer["error"]) == {"code", "message", "reference"}
    assert "4711" not in str(answer)


async def test_a_lost_database_is_a_fault_that_passes(faulty: web.Application) -> None:
    async with TestClient(TestServer(faulty)) as client:
        response = await client.get("/api/lose")
        assert (response.status, (await response.json())["error"]["code"]) == (503, "internal")


async def test_calls_are_measured_under_the_names_of_their_routes(house: House) -> None:
    admin = await house.admin()
    await house.call("GET", "/api/tables/one")
    await house.call("GET", "/api/tables/two")
    await house.call("GET", "/api/nonsense")
    stats = {each["operation"]: each for each in (await admin.get("/api/admin/metrics")).body}
    table = stats["http:GET /api/tables/{id}"]
    assert (table["count"], table["errors"], table["refused"]) == (2, 0, 2)
    assert stats["http:unrouted"]["count"] == 1
    assert not [name for name in stats if "nonsense" in name or "one" in name.rpartition("/")[2]]


async def test_the_process_is_alive_and_ready(house: House) -> None:
    assert (await house.call("GET", "/healthz")).status == 200
    ready = await house.call("GET", "/readyz")
    assert (ready.status, ready.body["status"]) == (200, "ready")
    assert ready.body["checks"] == {"database": True, "redis": True, "serving": True, "push_channel": True}


@pytest.mark.parametrize("missing", ["redis", "database", "serving", "push_channel"])
async def test_a_process_that_misses_something_is_alive_and_not_ready(house: House, missing: str) -> None:
    changes: dict[str, Any] = {
        "redis": {"redis": valkey_client("redis://127.0.0.1:1/0")},
        "database": {"engine": create_engine("postgresql://127.0.0.1:1/x", pool_size=1, application="x")},
        "serving": {"is_draining": lambda: True},
        "push_channel": {"is_hearing": lambda: False},
    }
    app = web.Application()
    setup_probes(app, health_probes(replace(house.services, **changes[missing])))
    async with TestClient(TestServer(app)) as client:
        ready = await client.get("/readyz")
        checks = (await ready.json())["checks"]
        assert (ready.status, [name for name, is_fine in checks.items() if not is_fine]) == (503, [missing])
        assert (await client.get("/healthz")).status == 200


async def test_a_check_that_fails_or_raises_makes_a_process_unready() -> None:
    async def fine() -> bool:
        return True

    async def broken() -> bool:
        raise OSError("gone")

    async def text() -> str:
        return "# numbers\n"

    app = web.Application()
    setup_probes(
        app, Probes(checks={"fine": fine, "broken": broken}, exposition=text, may_see=with_token("T" * 20))
    )
    async with TestClient(TestServer(app)) as client:
        ready = await client.get("/readyz")
        assert ready.status == 503
        assert await ready.json() == {"status": "not_ready", "checks": {"fine": True, "broken": False}}
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/metrics")).status == 401
        wrong = await client.get("/metrics", headers={"Authorization": "Bearer nonsense"})
        assert wrong.status == 403
        right = await client.get("/metrics", headers={"Authorization": f"Bearer {'T' * 20}"})
        assert await right.text() == "# numbers\n"
        assert (await client.get("/api/me")).status == 404


async def test_the_numbers_are_for_operators_and_for_the_metrics_token(house: House) -> None:
    guest, admin = await house.guest(), await house.admin()
    await house.call("GET", "/api/tables")
    assert (await house.call("GET", "/metrics")).status == 401
    assert (await guest.get("/metrics")).status == 403
    for token in (admin.token, "metrics-token"):
        answer = await house.call("GET", "/metrics", token=token)
        assert answer.status == 200
        assert "/api/tables" in answer.body


async def test_the_documents_are_served(house: House) -> None:
    openapi = await house.call("GET", "/openapi.json")
    asyncapi = await house.call("GET", "/asyncapi.json")
    assert (openapi.body["openapi"], asyncapi.body["asyncapi"]) == ("3.1.0", "3.0.0")


async def test_every_answer_has_the_shape_that_the_document_gives_it(house: House) -> None:
    """Of the calls that need nothing to be there: each field of the document, and its kind."""
    document = (await house.call("GET", "/openapi.json")).body
    admin = await house.admin()
    for path, calls in document["paths"].items():
        if "get" not in calls or "{" in path:
            continue
        answer = await admin.get(path)
        assert answer.status == 200, path
        schema = calls["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        if "$ref" in schema:
            named = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            assert set(answer.body) == set(named["properties"]), path
    assert msgspec.json.encode(document)
