"""Processes are replaced under play: every socket is closed in good order, and no turn is lost by it."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from redis.asyncio import Redis

from tests.end_to_end.clients import connected, seat_of
from tests.end_to_end.house import House
from tests.end_to_end.play import sit
from tests.faults.crowds import Onlooker, Regular, onlookers
from tests.faults.hands import check_money, forfeited, is_turn_of, until_in_hand
from tests.faults.planting import MISSING_TRANSFER, is_seen
from tests.faults.relays import balanced
from tests.integration.sockets.raw import RawSocket
from tests.services import Services

CROWD = 450
SILENT = 50
END_MAX_S = 8.0
BACK_MAX_S = 3.0
TURN_MS = 4_000
RETURN_S = 6.0  # after a cut, a timer that begins is not held against the player for so long


def left_badly(crowd: list[Onlooker]) -> list[Onlooker]:
    """Those who were not told to come again, or not closed with 1000."""
    return [one for one in crowd if one.restarting is None or one.close_code != 1000]


async def first_refusal(url: str) -> tuple[float, dict[str, bool]]:
    """How long `/readyz` went on saying ready, and the checks of its first refusal."""
    began = time.monotonic()
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{url}/readyz") as answer:
                if answer.status != 200:
                    return time.monotonic() - began, (await answer.json())["checks"]


async def test_500_sockets_are_told_and_closed_and_the_process_is_gone_within_8_seconds(
    house: House, services: Services
) -> None:
    await house.open()
    (web,) = house.processes
    table_id = await house.table()
    ann = await house.guest()
    silent = [RawSocket(house.url) for _ in range(SILENT)]
    try:
        async with (
            onlookers(house.url, CROWD) as (crowd, closings),
            house.client(ann) as client,
            house.client(await house.guest()) as undecided,
        ):
            for socket in silent:  # they answer nothing from here on, not even the closing handshake
                await socket.__aenter__()
                await socket.join((await house.guest()).token)
            await sit(client, table_id)
            await sit(undecided, table_id)
            bet = await client.do("place_bet", table_id=table_id, amount=500)
            began = time.monotonic()
            web.signal(signal.SIGTERM)
            took_s, checks = await first_refusal(house.url)
            assert took_s < 0.5
            assert not checks["serving"]
            assert checks["database"]
            await asyncio.wait(closings, timeout=END_MAX_S)
            assert left_badly(crowd) == []
            assert await web.wait(timeout_s=END_MAX_S) == 0
            assert time.monotonic() - began < END_MAX_S
    finally:
        for socket in silent:
            await socket.__aexit__(None, None, None)
    assert len({one.restarting["reconnect_after_ms"] for one in crowd if one.restarting}) > 100  # spread
    assert web.errors() == ""

    doomed = await house.web()  # the bet is still there
    async with house.client(ann) as client:
        seat = seat_of((await client.do("watch_table", table_id=table_id))["table"], ann.user_id)
        assert seat is not None
        assert (seat["bet"], client.events("welcome")[0]["balance"]) == (500, bet["balance"])
    assert await house.audit() == {}
    assert house.faults() == []
    async with onlookers(doomed.url, 5) as (unlucky, closings):  # what a crash does would be seen
        await doomed.kill()
        await asyncio.wait(closings, timeout=END_MAX_S)
    assert left_badly(unlucky) == unlucky


@asynccontextmanager
async def stopped(pids: list[int]) -> AsyncIterator[None]:
    """These processes stand still (SIGSTOP) meanwhile; those that are gone afterwards are left alone."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


_BACKENDS = """
SELECT array_agg(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'web%'"""


@pytest.mark.parametrize("server", ["valkey", "postgresql"])
async def test_a_process_lets_its_clients_go_though_a_server_stands_still(
    house: House, redis_url: str, server: str
) -> None:
    await house.open()
    (web,) = house.processes
    table_id = await house.table()
    async with onlookers(house.url, 20) as (crowd, closings), house.client(await house.guest()) as client:
        await sit(client, table_id)
        async with Redis.from_url(redis_url) as valkey:
            info = await valkey.info("server")
        pids = [info["process_id"]] if server == "valkey" else await house.value(_BACKENDS)
        async with stopped(pids):
            began = time.monotonic()
            web.signal(signal.SIGTERM)
            assert await web.wait(timeout_s=END_MAX_S) == 0
            assert time.monotonic() - began < END_MAX_S
        await asyncio.wait(closings, timeout=END_MAX_S)
    assert left_badly(crowd) == []


@pytest.mark.parametrize("comes_back", [True, False], ids=["who comes back", "who stays away"])
async def test_a_turn_whose_player_was_cut_off_is_given_its_time_back_and_not_for_ever(
    house: House, *, comes_back: bool
) -> None:
    await house.open()
    (old,) = house.processes
    table_id = await house.table(turn_ms=TURN_MS, on_timeout="stand")
    ann, bob = await house.guest(), await house.guest()
    await house.web()
    async with connected(old.url, ann) as client, house.client(bob) as other:
        await sit(client, table_id, 1)
        await sit(other, table_id, 2)
        hit = await until_in_hand(client, other, table_id)
        assert await forfeited(house) == []
        began = time.monotonic()
        assert await old.stop() == 0
        await client.gone()

        # The deadline passes while nobody of the player's is there.
        await house.until_true("SELECT count(*) >= 1 FROM journal WHERE command = 'time_back'")
        assert is_turn_of(await other.view_where(table_id, lambda view: view["deadline_ms"] > 0), 1)
        if comes_back:
            async with house.client(ann) as again:
                await again.do("act", **hit)
            assert await forfeited(house) == []
        else:
            await other.view_where(table_id, lambda view: not is_turn_of(view, 1), timeout_s=30)
            assert time.monotonic() - began < RETURN_S + 2 * TURN_MS / 1000 + 1
            times = await house.value("SELECT count(*) FROM journal WHERE command = 'time_back'")
            assert times <= 2  # at the first deadline and, within the time of the return, at the second
            assert len(await forfeited(house)) == 1  # what a forfeited turn looks like
    assert await house.audit() == {}
    assert house.faults() == []


async def test_three_processes_are_replaced_under_play_and_no_turn_is_lost(
    house: House, services: Services
) -> None:
    await house.open()
    await asyncio.gather(house.web(), house.web())
    old = list(house.processes)
    tables = [
        await house.table(f"test-{number}", turn_ms=TURN_MS, insurance_ms=TURN_MS) for number in (1, 2, 3)
    ]
    regulars = [Regular(account=await house.guest(), table_id=table_id) for table_id in tables * 4]
    async with (
        balanced(*(process.port for process in old)) as (balancer, url),
        asyncio.TaskGroup() as group,  # a player who finds anything wrong ends the test
    ):
        playing = [group.create_task(regular.play_on(url)) for regular in regulars]
        await rounds_settled(house, 6)
        for process in old:
            successor = await house.web()
            balancer.ports.append(successor.port)
            async with asyncio.timeout(10):
                await balancer.until_ready(successor.port)
            began = time.monotonic()
            process.signal(signal.SIGTERM)
            assert await process.wait(timeout_s=END_MAX_S) == 0
            assert time.monotonic() - began < END_MAX_S
            balancer.ports.remove(process.port)
            await rounds_settled(house, 3)
        for task in playing:
            task.cancel()
    assert [code for regular in regulars for code in regular.refusals] == []
    assert await forfeited(house) == []
    away_s = [seconds for regular in regulars for seconds in regular.away_s]
    assert len(away_s) >= len(regulars)
    assert max(away_s) < BACK_MAX_S
    between = [regular.account for regular in regulars if await is_between(house, regular)]
    assert between
    await check_money(house, *between)
    assert await house.audit() == {}
    assert house.faults() == []
    await is_seen(house, services, MISSING_TRANSFER)


async def rounds_settled(house: House, more: int) -> None:
    """Wait until so many more rounds are settled."""
    count = await house.value("SELECT count(*) FROM rounds")
    await house.until_true("SELECT count(*) >= $1 FROM rounds", count + more, timeout_s=90)


async def is_between(house: House, regular: Regular) -> bool:
    """Whether the player has no stake on the table just now, so that the rounds' records say it all."""
    view = await house.admin.get(f"/api/tables/{regular.table_id}")
    seat = seat_of(view, regular.account.user_id)
    return seat is not None and (seat["bet"] == 0 or view["phase"] == "settled")
