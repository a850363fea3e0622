"""Many processes, one truth: each deadline fires once and in time, and all watchers see the same."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

from games.blackjack.events import TimerSet, decode_events
from tests.end_to_end.checks import check_order, check_same_views
from tests.end_to_end.clients import Client, connected, seat_of
from tests.end_to_end.house import House
from tests.end_to_end.play import BET, sit
from tests.faults.hands import START, check_money
from tests.faults.planting import Bug, plant
from tests.services import Services

TIMER_MS = 700
LATE_MAX = timedelta(seconds=3)  # the sweep's second and a busy machine's
ROUNDS = 4

_TWICE = Bug(
    statement="""INSERT INTO journal (table_id, version, round_id, command, events)
        SELECT table_id, version, round_id, command, events FROM journal
        WHERE command = 'expire' ORDER BY version DESC LIMIT 1""",
    invariants=frozenset({"journal_complete"}),
)


async def untimely(house: House) -> list[str]:
    """The expiries that came before their timer was over, a second time, or much too late."""
    rows = await house.database.fetch("SELECT version, at, command, events FROM journal ORDER BY version, at")
    found: list[str] = []
    began: datetime | None = None
    for row in rows:
        if row["command"] == "expire":
            over = row["at"] - began if began is not None else timedelta(0)
            due = timedelta(milliseconds=TIMER_MS)
            if not due <= over <= due + LATE_MAX:
                found.append(f"version {row['version']} after {over}")
        for event in decode_events(row["events"]):
            if isinstance(event, TimerSet):
                began = None if event.ms is None else row["at"]
    return found


async def bet_on(client: Client, table_id: str, rounds: int) -> None:
    """Bet in so many rounds, and leave everything else to the clock."""
    done: set[str] = set()
    while len(done) < rounds:
        view = await client.view_where(
            table_id,
            lambda view: (
                view["phase"] == "betting"
                and view["round_id"] not in done
                and (seat := seat_of(view, client.user_id)) is not None
                and seat["bet"] == 0
            ),
        )
        ack = await client.ask("place_bet", table_id=table_id, amount=BET, round_id=view["round_id"])
        if ack["ok"]:
            done.add(view["round_id"])


async def test_three_processes_one_of_them_an_hour_ahead_fire_each_deadline_once_and_in_time(
    house: House, services: Services
) -> None:
    house.environment["SESSION_TTL_S"] = "1800"  # over already, by the wrong clock
    await house.open()
    right = house.url
    another, wrong = await asyncio.gather(house.web(), house.web(module="tests.faults.wrong_clock"))
    timers: dict[str, Any] = dict.fromkeys(("betting_ms", "turn_ms", "insurance_ms", "pause_ms"), TIMER_MS)
    table_id = await house.table(on_timeout="stand", **timers)
    ann, bob = await house.guest(), await house.guest()
    async with AsyncExitStack() as stack:
        players = [
            await stack.enter_async_context(connected(url, account))
            for url, account in ((wrong.url, ann), (right, bob))
        ]
        watchers = [
            await stack.enter_async_context(connected(url, await house.guest()))
            for url in (right, another.url, wrong.url)
        ]
        for client in watchers:
            await client.do("watch_table", table_id=table_id)
        for client in players:
            await sit(client, table_id)
        async with asyncio.TaskGroup() as group:
            for client in players:
                group.create_task(bet_on(client, table_id, ROUNDS))
        newest = await house.value("SELECT version FROM tables")
        for client in watchers:
            await client.view_where(table_id, lambda view: view["version"] >= newest)
        for client in (*players, *watchers):
            check_order(client, start=START)
            assert check_same_views(watchers[0], client) > 10
            (welcome,) = client.events("welcome")
            now = await house.value("SELECT clock_timestamp()")
            told = datetime.fromisoformat(welcome["server_time"])
            assert timedelta(0) < now - told < timedelta(minutes=5)
            assert not client.is_gone
        for client in players:
            await client.do("leave_seat", table_id=table_id)
        await watchers[0].view_where(table_id, lambda view: view["phase"] == "waiting")
    assert await untimely(house) == []
    await check_money(house, ann, bob)
    for account in (ann, bob):
        settled_at = [row["settled_at"] for row in (await house.api(account).get("/api/rounds"))["items"]]
        assert len(settled_at) >= ROUNDS
        assert settled_at == sorted(settled_at, reverse=True)
    assert await house.audit() == {}
    assert house.faults() == []
    await plant(house, services, _TWICE)
    assert len(await untimely(house)) == 1
