"""A client that reads slowly, or nothing at all: it costs no memory, and nobody else waits for it."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace

import orjson
import pytest

from server.sockets.connection import CLOSE_S, Connection
from server.sockets.limits import SocketLimits
from tests.integration.sockets.echo import QUIET, EchoHouse, opened_house
from tests.integration.sockets.raw import SOON_S, RawSocket
from tests.integration.sockets.stalling import StallingSocket

KIB = 1024
SLACK_S = 1.0  # for a busy machine


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[EchoHouse]:
    """A running server."""
    async with opened_house(redis_url) as running:
        yield running


def payload(number: int) -> dict[str, object]:
    """A kilobyte with a number."""
    return {"seq": number, "name": "x" * KIB}


def view(version: int) -> dict[str, object]:
    """Four kilobytes of a table."""
    return {"table_id": "main-1", "version": version, "seats": "x" * 4 * KIB}


async def fill(house: EchoHouse, client: Connection) -> int:
    """Tell everybody dividends until the client has no room for more; how many."""
    number = 0
    while client.waiting() == 0:
        number += 1
        house.tell_everybody("payout_completed", payload(number))
        await asyncio.sleep(0)
    return number


async def until_cut(client: Connection) -> None:
    """Until the server has let go of the connection."""
    async with asyncio.timeout(CLOSE_S + SOON_S):
        while client.request.transport is not None or client.waiting():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def test_a_client_that_reads_nothing_is_cut_off_at_256_packets(house: EchoHouse) -> None:
    async with StallingSocket(house.url):
        (client,) = house.server.connections.values()
        await fill(house, client)
        began = asyncio.get_running_loop().time()
        for number in range(256):
            assert house.gate.gone.empty()
            house.tell_everybody("said", {"n": number})
            await asyncio.sleep(0)
        await asyncio.wait_for(house.gate.gone.get(), SOON_S)

        assert asyncio.get_running_loop().time() - began < 2
    assert house.server.dropped["slow_reader"] == 1


async def test_a_client_that_reads_nothing_is_cut_off_at_256_kilobytes(house: EchoHouse) -> None:
    async with StallingSocket(house.url):
        (client,) = house.server.connections.values()
        await fill(house, client)
        for _ in range(31):
            house.tell_everybody("said", {"text": "x" * 8 * KIB})
            await asyncio.sleep(0)
        assert house.gate.gone.empty()
        house.tell_everybody("said", {"text": "x" * 8 * KIB})

        await asyncio.wait_for(house.gate.gone.get(), SOON_S)


async def test_a_client_that_reads_nothing_is_cut_off_within_two_seconds_however_little_waits(
    redis_url: str,
) -> None:
    async with opened_house(redis_url, SocketLimits(are_on=False)) as house, StallingSocket(house.url):
        (client,) = house.server.connections.values()
        await fill(house, client)
        began = asyncio.get_running_loop().time()
        await asyncio.wait_for(house.gate.gone.get(), SOON_S)

        assert 1 < asyncio.get_running_loop().time() - began < 2 + SLACK_S
    assert house.server.dropped["stalled"] == 1


async def test_a_client_that_reads_slowly_but_on_is_not_taken_for_one_that_reads_nothing(
    redis_url: str,
) -> None:
    limits = replace(QUIET, stall_s=0.5)
    async with opened_house(redis_url, limits) as house, StallingSocket(house.url) as slow:
        (client,) = house.server.connections.values()
        await fill(house, client)
        for number in range(100):
            house.tell_everybody("payout_completed", payload(number))
        until = asyncio.get_running_loop().time() + 3 * limits.stall_s
        while asyncio.get_running_loop().time() < until:
            for number in range(16):
                house.tell_everybody("payout_completed", payload(number))
                assert await slow.frame() is not None
            assert client.waiting()
            await asyncio.sleep(0.01)

        assert house.gate.gone.empty()


async def test_what_waits_for_a_stalled_client_is_freed_when_it_is_cut_off(house: EchoHouse) -> None:
    async with StallingSocket(house.url):
        (client,) = house.server.connections.values()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            told = await fill(house, client)
            while house.gate.gone.empty():
                told += 1
                house.tell_everybody("payout_completed", payload(told))
                await asyncio.sleep(0)
            del client
            gc.collect()
            after = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    assert told > 200
    assert after - before < 64 * KIB


async def test_of_a_table_only_the_newest_view_waits_and_memory_stays_flat(house: EchoHouse) -> None:
    async with StallingSocket(house.url) as stalled, RawSocket(house.url) as prompt:
        client, _ = house.server.connections.values()
        await fill(house, client)
        waiting = client.waiting()
        await prompt.join(None)
        tracemalloc.start()
        try:
            house.tell_everybody("table_changed", view(1))
            before = tracemalloc.get_traced_memory()[0]
            for version in range(2, 2_001):
                house.tell_everybody("table_changed", view(version))
                assert (await prompt.event("table_changed"))["version"] == version - 1
            growth = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()

        assert client.waiting() == waiting + 1
        assert growth < 256 * KIB
        assert await last_frame(stalled, "table_changed") == view(2_000)


async def last_frame(stalled: StallingSocket, event: str) -> object:
    """The first event of this name that the client reads once it reads again."""
    while (frame := await stalled.frame()) is not None:
        name, facts = orjson.loads(frame[2:]) if frame.startswith("42") else ("", None)
        if name == event:
            return facts
    raise AssertionError(event)


async def test_acks_and_dividends_wait_in_their_order_while_views_give_way(house: EchoHouse) -> None:
    async with StallingSocket(house.url) as stalled:
        (client,) = house.server.connections.values()
        filled = await fill(house, client)
        for number in range(1, 51):
            await stalled.send(f'42{number}["act",{{}}]')
            await asyncio.wait_for(house.gate.heard.get(), SOON_S)
            house.tell_everybody("payout_completed", payload(filled + number))
            house.tell_everybody("table_changed", view(number))
        acks: list[int] = []
        told: dict[str, list[int]] = {"payout_completed": [], "table_changed": []}
        while len(acks) < 50 or len(told["payout_completed"]) < filled + 50:
            frame = await stalled.frame()
            assert frame is not None
            if frame.startswith("43"):
                acks.append(int(frame[2 : frame.index("[")]))
            else:
                event, facts = orjson.loads(frame[2:])
                told[event].append(facts["version"] if event == "table_changed" else facts["seq"])

    assert acks == list(range(1, 51))
    assert told == {"payout_completed": list(range(1, filled + 51)), "table_changed": [50]}


async def test_a_client_that_reads_again_is_served_on_as_before(house: EchoHouse) -> None:
    async with StallingSocket(house.url) as stalled:
        (client,) = house.server.connections.values()
        told = await fill(house, client)
        for _ in range(told):
            assert (await stalled.frame() or "").startswith('42["payout_completed"')
        await stalled.send('421["act",{}]')

        assert (await stalled.frame() or "").startswith("431[")
        assert client.waiting() == 0


async def test_a_ping_of_the_websockets_own_gets_its_pong(house: EchoHouse) -> None:
    async with StallingSocket(house.url) as client:
        await client.ping("hello")
        assert await client.frame() == "hello"
        await client.send('421["act",{}]')

        assert (await client.frame() or "").startswith("431[")


async def test_a_client_whose_welcome_is_late_is_cut_off_when_too_much_waits_behind_it(
    house: EchoHouse,
) -> None:
    async with RawSocket(house.url) as client:
        await client.join("held")
        for number in range(256):
            house.tell_everybody("said", {"n": number})
        assert house.gate.gone.empty()
        house.tell_everybody("said", {"n": 256})

        await asyncio.wait_for(house.gate.gone.get(), SOON_S)
    assert house.server.dropped["slow_welcome"] == 1


async def test_others_are_answered_while_a_stalled_client_is_told_and_cut_off(house: EchoHouse) -> None:
    async with RawSocket(house.url) as prompt, StallingSocket(house.url):
        await prompt.join(None)
        number = 0
        while house.server.dropped["slow_reader"] == 0:
            number += 1
            house.tell_everybody("payout_completed", payload(number))
            await prompt.send(f'42{number}["act",{{}}]')
            assert (await prompt.ack(number))["ok"]

    assert number > 256


async def test_who_is_hung_up_on_and_reads_nothing_is_gone_for_good_soon(house: EchoHouse) -> None:
    async with StallingSocket(house.url) as stalled:
        (client,) = house.server.connections.values()
        await fill(house, client)
        await house.server.hang_up(client)
        await until_cut(client)

        while await stalled.frame() is not None:
            pass


async def test_a_client_that_answers_no_ping_is_closed(redis_url: str) -> None:
    limits = replace(QUIET, ping_interval_s=0.1, ping_timeout_s=0.2)
    async with opened_house(redis_url, limits) as house, StallingSocket(house.url) as stalled:
        assert await stalled.frame() == "2"
        await asyncio.wait_for(house.gate.gone.get(), SOON_S)

        assert await stalled.frame() is None


async def test_a_stalled_client_cannot_hide_from_the_ping_behind_a_message_that_is_too_big(
    redis_url: str,
) -> None:
    limits = replace(QUIET, ping_interval_s=0.1, ping_timeout_s=0.2)
    async with opened_house(redis_url, limits) as house, StallingSocket(house.url) as stalled:
        (client,) = house.server.connections.values()
        await fill(house, client)
        await stalled.send("x" * (limits.frame_bytes + 1))
        await asyncio.wait_for(house.gate.gone.get(), SOON_S)
        await until_cut(client)
