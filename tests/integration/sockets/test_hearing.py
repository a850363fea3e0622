"""A process that hears no pushes: it says so, subscribes again, and shows its clients what is."""

import asyncio

from redis.asyncio import Redis

from server.bells import DEAF_AFTER_S, Ear
from tests.integration.sockets.house import House

SOON_S = 10.0


async def until_hearing(casino: House) -> None:
    """Wait until the process hears both of its channels."""
    async with asyncio.timeout(SOON_S):
        while not casino.edge.is_hearing():  # noqa: ASYNC110 - an answer, not an event
            await asyncio.sleep(0.02)


async def test_a_process_that_is_cut_off_its_channels_hears_again_and_shows_its_watchers_the_table(
    casino: House, redis: Redis
) -> None:
    async with casino.client(await casino.guest()) as client:
        view = (await client.ask("watch_table", table_id="main-1"))["table"]
        await until_hearing(casino)
        assert casino.alerts.open_alerts() == ()
        await redis.client_kill_filter(_type="pubsub")

        again = await client.hear("table_changed")
        assert again["version"] == view["version"]
        await until_hearing(casino)
    assert casino.alerts.open_alerts() == ()


async def test_operators_are_told_that_a_process_was_deaf_and_that_it_hears_again(
    casino: House, redis: Redis
) -> None:
    boss = await casino.operator()
    async with casino.raw(boss, "/admin") as client:
        await client.event("queue_updated")
        await until_hearing(casino)
        await redis.client_kill_filter(_type="pubsub")
        raised = [await client.event("alert_raised") for _ in range(2)]
        assert {(alert["type"], alert["operation"]) for alert in raised} == {
            ("push_deaf", "redis:pushes"),
            ("push_deaf", "redis:bells"),
        }
        resolved = [await client.event("alert_resolved") for _ in range(2)]
        assert {alert["alert_id"] for alert in resolved} == {alert["alert_id"] for alert in raised}


async def test_an_operator_who_comes_while_a_process_is_deaf_sees_it_though_valkey_knows_nothing(
    casino: House,
) -> None:
    boss = await casino.operator()
    casino.alerts.raise_alert("push_deaf", "redis:pushes", lasting=True)  # rung by nobody
    async with casino.raw(boss, "/admin") as client:
        assert (await client.event("alert_raised"))["type"] == "push_deaf"


async def test_the_heartbeat_of_others_does_not_prove_that_the_own_one_comes_back(
    redis_url: str, redis: Redis
) -> None:
    went_deaf = asyncio.Event()

    async def lose(message: bytes) -> None:
        del message

    ear = Ear(redis_url, "test:ear", lose)
    ear.went_deaf = went_deaf.set

    async def listen() -> None:
        async for _ in ear.messages():
            assert not ear.is_hearing()

    async with asyncio.TaskGroup() as group:
        chores = [group.create_task(listen()), group.create_task(ear.beat())]
        async with asyncio.timeout(DEAF_AFTER_S + 2):
            while not went_deaf.is_set():
                await redis.publish("test:ear", b"beat:another")
                await asyncio.sleep(0.1)
        for chore in chores:
            chore.cancel()
