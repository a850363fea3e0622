"""Calls over HTTP: patient with a server that says slow down, and plain about one that is not there."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from random import Random

import pytest
from aiohttp import web

from server.loadtest.reception import CallRefused, CasinoUnreachable, Guest, Reception, new_session
from tests.processes import free_port

SLOW_DOWN = {"error": {"code": "rate_limited", "message": "Slow down.", "retry_after_ms": 20}}
GUEST = {"token": "t", "user": {"user_id": "u", "name": "n"}}


@asynccontextmanager
async def answering(answers: Iterator[tuple[int, object]]) -> AsyncIterator[str]:
    """A server that gives these answers, one after the other."""

    async def answer(_request: web.Request) -> web.Response:
        status, body = next(answers)
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_guest_is_asked_for_again_as_late_as_the_server_says() -> None:
    waited: list[float] = []
    answers = iter([(429, SLOW_DOWN), (429, SLOW_DOWN), (201, GUEST)])
    async with answering(answers) as url, new_session() as session:
        reception = Reception(session, url, chance=Random(1), waiting=waited.append)
        assert await reception.guest() == Guest(user_id="u", token="t")
    assert waited == [0.02, 0.02]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((403, {"error": {"code": "forbidden", "message": "No."}}), "forbidden"),
        ((502, "a proxy's own words"), "unreadable"),
    ],
)
async def test_another_refusal_is_final(answer: tuple[int, object], code: str) -> None:
    async with answering(iter([answer])) as url, new_session() as session:
        with pytest.raises(CallRefused) as refused:
            await Reception(session, url, chance=Random(1)).open_table("t-1", {})
    assert refused.value.code == code


async def test_open_tables_are_listed_with_the_lowest_bets_first() -> None:
    def table(table_id: str, min_bet: int, phase: str = "betting") -> dict[str, object]:
        return {
            "table_id": table_id,
            "phase": phase,
            "seats": 5,
            "players": 1,
            "min_bet": min_bet,
            "name": "x",
        }

    listed = {"items": [table("high", 500), table("shut", 1, "closed"), table("low", 10)], "next": None}
    async with answering(iter([(200, listed)])) as url, new_session() as session:
        tables = await Reception(session, url, chance=Random(1)).tables()
    assert [found.table_id for found in tables] == ["low", "high"]


async def test_a_casino_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with new_session() as session:
        with pytest.raises(CasinoUnreachable, match=url):
            await Reception(session, url, chance=Random(1)).tables()
