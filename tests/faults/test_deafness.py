"""Processes whose pushes are lost: none is deaf for longer than 5 seconds, and all say so."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from redis.asyncio import Redis

from tests.end_to_end.clients import Client, connected
from tests.end_to_end.house import House
from tests.end_to_end.play import Wish, play, sit
from tests.faults.operators import Operator
from tests.faults.planting import MISSING_JOURNAL_ROW, is_seen
from tests.faults.relays import relayed
from tests.services import Services

DEAF_MAX_S = 5.0
ROUNDS = 3
_TELL_S = 0.1
_TURNS: dict[str, Any] = {"turn_ms": 60_000, "on_timeout": "stand"}


async def readiness(url: str) -> tuple[int, dict[str, bool]]:
    """What `/readyz` answers: the status, and the checks."""
    async with aiohttp.request("GET", f"{url}/readyz") as answer:
        found: dict[str, bool] = (await answer.json())["checks"]
        return answer.status, found


async def until_ready(url: str, *, is_ready: bool, timeout_s: float = DEAF_MAX_S) -> dict[str, bool]:
    """Wait until `/readyz` says so; the checks."""
    async with asyncio.timeout(timeout_s):
        while True:
            status, checks = await readiness(url)
            if (status == 200) is is_ready:
                return checks
            await asyncio.sleep(_TELL_S)


class Chat:
    """Somebody who talks on one process, and when somebody on another one heard it.

    What is said is pushed, and nowhere else: no sweep brings what was lost.
    """

    def __init__(self, speaker: Client, listener: Client, table_id: str) -> None:
        self._speaker = speaker
        self._listener = listener
        self._table_id = table_id
        self._heard_at: list[float] = []

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator["Chat"]:
        """Talk on and on."""
        tasks = [asyncio.create_task(self._talk()), asyncio.create_task(self._listen())]
        try:
            await self.heard(1)
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _talk(self) -> None:
        while True:
            await self._speaker.do("say", table_id=self._table_id, text="hello")
            await asyncio.sleep(_TELL_S)

    async def _listen(self) -> None:
        count = 0
        while True:
            count += 1
            await self._listener.hear("said", count=count, timeout_s=60)
            self._heard_at.append(time.monotonic())

    async def heard(self, more: int) -> None:
        """Wait until so much more was heard."""
        count = len(self._heard_at) + more
        async with asyncio.timeout(30):
            while len(self._heard_at) < count:  # noqa: ASYNC110 - the listener waits for the event
                await asyncio.sleep(_TELL_S / 2)

    def longest_silence_s(self) -> float:
        """The longest time in which nothing was heard, the last until now."""
        moments = [*self._heard_at, time.monotonic()]
        return max(after - before for before, after in itertools.pairwise(moments))


async def test_a_process_whose_channel_is_swallowed_hears_again_within_5_seconds(
    house: House, redis_url: str
) -> None:
    async with relayed(redis_url) as (relay, relayed_url):
        deaf = await house.web(REDIS_URL=relayed_url)
        await house.open()
        table_id = await house.table(**_TURNS)
        assert house.admin.token is not None
        async with (
            connected(deaf.url, await house.guest()) as listener,
            house.client(await house.guest()) as speaker,
            Operator.at(house.url, house.admin.token) as operator,
            Operator.at(deaf.url, house.admin.token) as operator_there,
        ):
            for client in (listener, speaker):
                await client.do("watch_table", table_id=table_id)
            async with Chat(speaker, listener, table_id).going_on() as chat:
                assert relay.silence(b"SUBSCRIBE") == 2  # pushes and bells
                version = listener.view(table_id)["version"]
                seen = len(listener.events("table_changed"))
                checks = await until_ready(deaf.url, is_ready=False)
                assert checks == {"database": True, "redis": True, "serving": True, "push_channel": False}
                for dashboard in (operator, operator_there):
                    alert = await dashboard.hear("alert_raised", type="push_deaf")
                    assert alert["process"].endswith(f"-{deaf.pid}")
                    await dashboard.hear("alert_resolved", alert_id=alert["alert_id"])
                await until_ready(deaf.url, is_ready=True)
                await chat.heard(5)
                assert chat.longest_silence_s() < DEAF_MAX_S
                shown = await listener.hear("table_changed", count=seen + 1, timeout_s=1)
                assert shown["version"] == version  # nothing happened: it is shown because some may be lost

                relay.is_silent = True  # a process that does not hear again would be seen
                assert relay.silence(b"SUBSCRIBE") == 2
                await until_ready(deaf.url, is_ready=False)
                async with asyncio.timeout(2 * DEAF_MAX_S):
                    while chat.longest_silence_s() < DEAF_MAX_S:  # noqa: ASYNC110 - silence is no event
                        await asyncio.sleep(_TELL_S)
                assert (await readiness(deaf.url))[0] == 503
    assert house.faults() == []


async def test_play_goes_on_while_valkey_is_stopped_emptied_and_cuts_its_listeners(
    house: House, services: Services, redis_url: str
) -> None:
    await house.open()
    first = house.url
    table_id = await house.table(**_TURNS)
    second = await house.web()
    ann, bob = await house.guest(), await house.guest()
    async with (
        connected(first, ann) as one,
        connected(second.url, bob) as other,
        Redis.from_url(redis_url) as valkey,
    ):
        for client in (one, other):
            await sit(client, table_id)
        pid = (await valkey.info("server"))["process_id"]
        async with Chat(one, other, table_id).going_on() as chat:
            for _ in range(3):
                await valkey.client_kill_filter(_type="pubsub")
                await chat.heard(5)
            await valkey.flushall()
            await chat.heard(5)
            await until_ready(second.url, is_ready=True)
            assert chat.longest_silence_s() < DEAF_MAX_S
            views = await valkey_stopped(pid, one, other, table_id, (first, second.url))
            await chat.heard(5)
        assert len({view["round_id"] for view in views}) >= ROUNDS
        await until_ready(first, is_ready=True)
        await until_ready(second.url, is_ready=True)
        seats = [seat["player"] for seat in one.view(table_id)["seats"]]
        assert sum(player is not None for player in seats) == 2
    assert await house.audit() == {}
    assert house.faults() == []
    await is_seen(house, services, MISSING_JOURNAL_ROW)


async def valkey_stopped(
    pid: int, one: Client, other: Client, table_id: str, urls: tuple[str, str]
) -> list[dict[str, Any]]:
    """Play while Valkey stands still; what the second player saw of it."""
    before = len(other.events("table_changed"))
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(2 * DEAF_MAX_S):  # each answer waits for Valkey for two seconds
            for url in urls:
                while (await readiness(url))[1]["push_channel"]:
                    pass
        wish = Wish(missing={"to play on and on"})
        players = [asyncio.create_task(play(client, table_id, wish)) for client in (one, other)]
        try:
            async with asyncio.timeout(60):
                while len(wish.rounds) <= ROUNDS:  # noqa: ASYNC110 - the players wait for events
                    await asyncio.sleep(_TELL_S)
        finally:
            for player in players:
                player.cancel()
            await asyncio.wait(players)
    finally:
        os.kill(pid, signal.SIGCONT)
    views: list[dict[str, Any]] = other.events("table_changed")[before:]
    return views
