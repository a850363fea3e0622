"""How much the sockets may ask for: deadlines, caps, and paces."""

from dataclasses import replace

import aiohttp
import orjson
import pytest

from server.sockets.limits import Pace, SocketLimits
from tests.integration.sockets.echo import QUIET, opened_house
from tests.integration.sockets.raw import RawSocket

REFUSED = {"message": "limit_reached", "data": {"code": "limit_reached"}}
FEW = SocketLimits(sockets_per_address=2)


async def test_who_connects_to_no_namespace_in_time_is_hung_up_on(redis_url: str) -> None:
    limits = replace(QUIET, connect_deadline_s=0.3)
    async with (
        opened_house(redis_url, limits) as house,
        RawSocket(house.url) as late,
        RawSocket(house.url) as prompt,
    ):
        await prompt.join(None)

        assert await late.until_closed() == 1000
        await prompt.send('421["act",{}]')
        assert (await prompt.ack(1))["ok"]


async def test_who_was_refused_is_hung_up_on_at_the_same_deadline(redis_url: str) -> None:
    limits = replace(QUIET, connect_deadline_s=0.3)
    async with opened_house(redis_url, limits) as house, RawSocket(house.url) as client:
        assert (await client.join("bad")).startswith("44")

        assert await client.until_closed() == 1000


async def test_an_address_with_too_many_sockets_is_told_so_and_may_come_when_one_left(redis_url: str) -> None:
    async with opened_house(redis_url, FEW) as house, RawSocket(house.url) as one:
        await one.join(None)
        async with RawSocket(house.url) as two:
            await two.join(None)
            async with RawSocket(house.url) as three:
                assert orjson.loads((await three.join(None))[2:]) == REFUSED
                assert await three.until_closed() == 1000
        async with RawSocket(house.url) as four:
            assert (await four.join(None)).startswith("40")


async def test_sockets_beyond_those_that_are_told_so_get_no_websocket(redis_url: str) -> None:
    async with (
        opened_house(redis_url, FEW) as house,
        RawSocket(house.url),
        RawSocket(house.url),
        RawSocket(house.url),
        RawSocket(house.url),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with RawSocket(house.url):
                pass
        assert refused.value.status == 429


async def test_behind_a_trusted_proxy_the_forwarded_address_counts(redis_url: str) -> None:
    limits = replace(FEW, sockets_per_address=1)
    ann, bob = {"X-Forwarded-For": "203.0.113.1"}, {"X-Forwarded-For": "203.0.113.2"}
    async with (
        opened_house(redis_url, limits, proxies=("127.0.0.1",)) as house,
        RawSocket(house.url, headers=ann) as one,
        RawSocket(house.url, headers=bob) as two,
        RawSocket(house.url, headers=ann) as three,
    ):
        assert (await one.join(None)).startswith("40")
        assert (await two.join(None)).startswith("40")
        assert (await three.join(None)).startswith("44")


async def test_what_a_stranger_says_of_its_address_does_not_count(redis_url: str) -> None:
    limits = replace(FEW, sockets_per_address=1)
    ann, bob = {"X-Forwarded-For": "203.0.113.1"}, {"X-Forwarded-For": "203.0.113.2"}
    async with (
        opened_house(redis_url, limits) as house,
        RawSocket(house.url, headers=ann) as one,
        RawSocket(house.url, headers=bob) as two,
    ):
        assert (await one.join(None)).startswith("40")
        assert (await two.join(None)).startswith("44")


@pytest.mark.parametrize("frame", ['42["act",{}]', "3", '435["ok"]', "41/admin,"])
async def test_a_flood_of_frames_of_any_kind_closes_the_connection(redis_url: str, frame: str) -> None:
    limits = SocketLimits(frames=Pace(burst=20, per_second=0.001))
    async with opened_house(redis_url, limits) as house, RawSocket(house.url) as client:
        await client.join(None)
        for _ in range(20):
            await client.send(frame)

        assert await client.until_closed() == 1008
    assert house.server.dropped["flood"] == 1


async def test_a_flood_of_the_websockets_own_pings_closes_the_connection(redis_url: str) -> None:
    limits = SocketLimits(frames=Pace(burst=20, per_second=0.001))
    async with opened_house(redis_url, limits) as house, RawSocket(house.url) as client:
        await client.join(None)
        for _ in range(20):
            await client.socket.ping()

        assert await client.until_closed() == 1008


async def test_a_client_that_keeps_to_the_pace_is_never_cut_off(redis_url: str) -> None:
    limits = SocketLimits(frames=Pace(burst=20, per_second=1_000_000))
    async with opened_house(redis_url, limits) as house, RawSocket(house.url) as client:
        await client.join(None)
        for number in range(200):
            await client.send(f'42{number}["act",{{}}]')
            assert (await client.ack(number))["ok"]


async def test_without_rate_limits_nobody_is_told_from_anybody(redis_url: str) -> None:
    limits = SocketLimits(are_on=False, sockets_per_address=1, frames=Pace(burst=1, per_second=0.001))
    async with (
        opened_house(redis_url, limits) as house,
        RawSocket(house.url) as one,
        RawSocket(house.url) as two,
    ):
        assert (await one.join(None)).startswith("40")
        assert (await two.join(None)).startswith("40")
        for number in range(10):
            await two.send(f'42{number}["act",{{}}]')
            assert (await two.ack(number))["ok"]
