"""What one player may ask for, and how many may watch, at the real floor."""

import asyncpg
import pytest
import socketio
from sqlalchemy.ext.asyncio import AsyncEngine

from server.sockets.limits import Pace, SocketLimits
from tests.integration.sockets.house import TABLE, Client, open_house
from tests.integration.sockets.raw import RawSocket


async def test_too_much_chat_is_told_to_wait(
    postgres_url: str, redis_url: str, engine: AsyncEngine, pool: asyncpg.Pool
) -> None:
    async with open_house(postgres_url, redis_url, engine, pool, limits=SocketLimits()) as house:
        await house.floor.create_table(TABLE)
        async with house.client(await house.guest()) as client:
            await client.ask("watch_table", table_id="main-1")
            chat = [await client.ask("say", table_id="main-1", text=str(number)) for number in range(8)]

    refused = [ack["error"] for ack in chat if not ack["ok"]]
    assert [error["code"] for error in refused] == ["rate_limited"] * 3
    assert refused[0]["retry_after_ms"] > 0


async def test_too_many_commands_are_answered_and_only_cut_off_when_it_goes_on(
    postgres_url: str, redis_url: str, engine: AsyncEngine, pool: asyncpg.Pool
) -> None:
    paces = SocketLimits(
        commands=Pace(burst=10, per_second=0.001), frames=Pace(burst=50, per_second=0.001), inbox_events=20
    )
    async with open_house(postgres_url, redis_url, engine, pool, limits=paces) as house:
        await house.floor.create_table(TABLE)
        async with RawSocket(house.url) as client:
            await client.join((await house.guest()).token)  # the first frame
            await client.event("welcome")
            for number in range(49):
                await client.send(f'42{number}["list_tables",{{}}]')
            acks = [await client.ack(number) for number in range(20)]
            codes = [ack["error"]["code"] for ack in acks if not ack["ok"]]

            assert [ack["ok"] for ack in acks[:10]] == [True] * 10
            assert codes == ["rate_limited"] * 10
            assert acks[-1]["error"]["retry_after_ms"] > 0
            await client.send('4250["list_tables",{}]')
            assert await client.until_closed() == 1008


async def test_a_payload_that_is_wrong_is_told_so_before_the_pace_is(
    postgres_url: str, redis_url: str, engine: AsyncEngine, pool: asyncpg.Pool
) -> None:
    paces = SocketLimits(commands=Pace(burst=1, per_second=0.001))
    async with (
        open_house(postgres_url, redis_url, engine, pool, limits=paces) as house,
        house.client(await house.guest()) as client,
    ):
        await client.ask("list_tables")

        assert (await client.ask("list_tables"))["error"]["code"] == "rate_limited"
        assert (await client.ask("watch_table", table_id=5))["error"]["code"] == "invalid_payload"


async def test_a_user_with_too_many_sockets_is_refused_and_may_come_when_one_left(
    postgres_url: str, redis_url: str, engine: AsyncEngine, pool: asyncpg.Pool
) -> None:
    async with open_house(
        postgres_url, redis_url, engine, pool, limits=SocketLimits(sockets_per_user=2)
    ) as house:
        ada, bob = await house.guest(), await house.guest()
        async with house.raw(ada) as one, house.raw(bob):
            async with house.raw(ada), RawSocket(house.url) as three:
                assert await three.join(ada.token) == (
                    '44{"message":"limit_reached","data":{"code":"limit_reached"}}'
                )
                stubborn = Client()
                with pytest.raises(socketio.exceptions.ConnectionError):
                    await stubborn.connect(house.url, ada)
                assert (await stubborn.hear("connect_error"))["data"] == {"code": "limit_reached"}
            await one.event("welcome")
            async with house.raw(ada):
                pass


async def test_a_table_that_too_many_watch_is_shown_to_nobody_else_but_those_who_sit(
    postgres_url: str, redis_url: str, engine: AsyncEngine, pool: asyncpg.Pool
) -> None:
    async with open_house(
        postgres_url, redis_url, engine, pool, limits=SocketLimits(watchers_per_table=1)
    ) as house:
        await house.floor.create_table(TABLE)
        ada, bob, cid = await house.guest(), await house.guest(), await house.guest()
        async with house.client(ada) as one, house.client(bob) as two:
            assert (await one.ask("watch_table", table_id="main-1"))["ok"]
            refused = await two.ask("watch_table", table_id="main-1")
            assert (refused["ok"], refused["error"]["code"]) == (False, "limit_reached")
            assert (await one.ask("watch_table", table_id="main-1"))["ok"]  # again
            async with house.client(cid) as three:
                await three.do("take_seat", table_id="main-1", seat=1)
                await one.ask("say", table_id="main-1", text="hello")
                assert (await three.hear("said"))["text"] == "hello"
                await three.ask("unwatch_table", table_id="main-1")
            async with house.client(cid) as three:
                assert (await three.ask("watch_table", table_id="main-1"))["ok"]
                await three.ask("unwatch_table", table_id="main-1")
            await one.ask("unwatch_table", table_id="main-1")
            assert (await two.ask("watch_table", table_id="main-1"))["ok"]
