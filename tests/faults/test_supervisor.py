"""`casino web --processes N`: one port, many processes, under a supervisor that keeps them alive."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

import psutil

from tests.end_to_end.checks import check_order, check_same_views
from tests.end_to_end.clients import Api
from tests.end_to_end.house import House, command
from tests.end_to_end.play import Wish, play, sit
from tests.processes import CasinoProcess, free_port, server_environment

START = 100_000


def children(supervisor: CasinoProcess) -> dict[int, psutil.Process]:
    """The web processes that live, by pid."""
    return {child.pid: child for child in psutil.Process(supervisor.pid).children()}


async def serving(supervisor: CasinoProcess, count: int) -> set[str]:
    """Wait until so many processes have said that they serve; the names of all of them."""
    await supervisor.wait_log("web.started", count=count)
    return {record["process"] for record in supervisor.logs() if record.get("event") == "web.started"}


async def until_gone(pids: set[int]) -> None:
    """Wait until none of the processes lives."""
    async with asyncio.timeout(10):
        while any(psutil.pid_exists(pid) for pid in pids):  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(0.05)


async def connections(house: House) -> dict[str, int]:
    """How many sockets each process has, as all of them tell together."""
    found: dict[str, int] = {}
    for line in (await Api(house.url, house.admin.token).get("/metrics")).splitlines():
        if line.startswith("casino_connections{"):
            labels, _, value = line.rpartition(" ")
            found[labels.partition('process="')[2].partition('"')[0]] = int(float(value))
    return found


async def test_players_on_different_processes_of_one_port_play_at_one_table(house: House) -> None:
    await house.open(processes=3)
    (supervisor,) = house.processes
    names = await serving(supervisor, 3)
    assert len(names) == 3
    table_id = await house.table()
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(house.client(await house.guest())) for _ in range(12)]
        async with asyncio.timeout(10):
            while sum((spread := await connections(house)).values()) < len(crowd):  # noqa: ASYNC110 - metrics
                await asyncio.sleep(0.1)
        assert set(spread) == names
        assert sum(1 for count in spread.values() if count) >= 2  # that one gets all: once in 3**11
        for client in crowd:
            await client.do("watch_table", table_id=table_id)
        players = crowd[:4]
        for client in players:
            await sit(client, table_id)
        wish = Wish(missing={"to play on"})
        async with asyncio.TaskGroup() as group:
            for client in players:
                group.create_task(play(client, table_id, wish))
            await players[0].answered(25)
            wish.missing.clear()
        newest = max(client.view(table_id)["version"] for client in players)
        for client in crowd:
            await client.view_where(table_id, lambda view: view["version"] >= newest)
            check_order(client, start=START)
        for client in crowd[1:]:
            assert check_same_views(crowd[0], client) > 10
    assert await house.audit() == {}
    assert house.faults() == []


async def test_a_child_that_dies_is_started_again_and_a_dead_supervisor_leaves_no_child(house: House) -> None:
    await house.open(processes=2)
    (supervisor,) = house.processes
    await serving(supervisor, 2)
    before = children(supervisor)
    victim = min(before)
    before[victim].kill()
    assert (await supervisor.wait_log("supervisor.child_died"))["exit_code"] == -signal.SIGKILL
    await serving(supervisor, 3)
    after = children(supervisor)
    assert len(after) == 2
    assert victim not in after

    await supervisor.kill()
    await until_gone(set(after))
    assert house.faults() == []


async def test_children_are_replaced_one_after_the_other_and_all_end_with_the_supervisor(
    house: House,
) -> None:
    await house.open(processes=2)
    (supervisor,) = house.processes
    await serving(supervisor, 2)
    before = children(supervisor)
    async with house.client(await house.guest()) as client:
        supervisor.signal(signal.SIGHUP)
        replacing = asyncio.create_task(supervisor.wait_log("supervisor.replaced"))
        answered = 0
        while not replacing.done():
            await house.admin.get("/api/tables")  # nobody is turned away
            answered += 1
        await replacing
        assert answered > 10
        await client.hear("server_restarting")
        await client.gone()
    assert not before.keys() & children(supervisor).keys()

    left = set(children(supervisor))
    began = time.monotonic()
    supervisor.signal(signal.SIGTERM)
    assert await supervisor.wait(timeout_s=9) == 0
    assert time.monotonic() - began < 8
    await until_gone(left)
    assert house.faults() == []
    assert supervisor.errors() == ""


async def test_what_is_wrong_with_the_start_is_said_once(redis_url: str, empty_postgres_url: str) -> None:
    environment = server_environment(empty_postgres_url, redis_url, PORT=str(free_port()))
    done = await command("web", "--processes", "3", environment=environment)
    assert done.code == 2
    assert done.err.splitlines() == [
        "casino: DATABASE_URL: the schema is missing: run `casino migrate` first"
    ]


async def test_a_port_that_somebody_has_is_refused(house: House) -> None:
    web = await house.web()
    environment = {**house.environment, "PORT": str(web.port)}
    done = await command("web", "--processes", "2", environment=environment)
    assert done.complaint == f"casino: PORT: {web.port} can't be used: Address already in use"
