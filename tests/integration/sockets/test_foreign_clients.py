"""Clients of other makers are served: python-socketio's own, and the official one for JavaScript."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.ids import new_id
from server.sockets.limits import SocketLimits
from tests.integration.sockets.foreign import ForeignClient, JavaScriptClient, PythonClient
from tests.integration.sockets.house import TABLE, House, open_house
from tests.integration.sockets.raw import SOON_S

PING_S = 0.2


@pytest.fixture
async def casino(
    postgres_url: str, redis_url: str, engine: AsyncEngine, pool: asyncpg.Pool
) -> AsyncIterator[House]:
    """A running process that pings often."""
    limits = SocketLimits(are_on=False, ping_interval_s=PING_S, ping_timeout_s=1.0)
    async with open_house(postgres_url, redis_url, engine, pool, limits=limits) as running:
        await running.floor.create_table(TABLE)
        yield running


@pytest.fixture(params=[PythonClient, JavaScriptClient], ids=["python", "javascript"])
async def client(request: pytest.FixtureRequest, casino: House) -> AsyncIterator[ForeignClient]:
    """A client that has not connected yet."""
    started: ForeignClient = request.param()
    await started.start(casino.url)
    yield started
    await started.close()


async def test_a_good_token_is_welcome_and_a_bad_one_is_told_why(
    casino: House, client: ForeignClient
) -> None:
    ada = await casino.guest()
    await client.open("/", {"token": ada.token})

    welcome = await client.hear("/", "welcome")
    assert (welcome["protocol"], welcome["user"]["user_id"]) == (1, ada.user_id)


async def test_a_bad_token_is_refused_with_message_and_data(client: ForeignClient) -> None:
    await client.open("/", {"token": "no such token"})

    refusal = await client.hear("/", "connect_error")
    assert refusal == {"message": "unauthorized", "data": {"code": "unauthorized"}}


async def test_commands_are_acknowledged_and_events_are_heard(casino: House, client: ForeignClient) -> None:
    await client.open("/", {"token": (await casino.guest()).token})
    await client.hear("/", "welcome")

    tables = await client.ask("/", "list_tables", {})
    refused = await client.ask("/", "watch_table", {"table_id": "nowhere"})
    assert (await client.ask("/", "watch_table", {"table_id": "main-1"}))["ok"]
    seat = await client.ask("/", "take_seat", {"command_id": new_id().hex, "table_id": "main-1", "seat": 2})
    view = await client.hear("/", "table_changed")

    assert [table["table_id"] for table in tables["tables"]] == ["main-1"]
    assert (refused["ok"], refused["error"]["code"]) == (False, "unknown_table")
    assert (seat["ok"], seat["seat"]) == (True, 2)
    assert view["table_id"] == "main-1"


async def test_pings_are_answered_over_several_intervals(casino: House, client: ForeignClient) -> None:
    await client.open("/", {"token": (await casino.guest()).token})
    await client.hear("/", "welcome")
    (connection,) = casino.edge.server.connections.values()
    async with asyncio.timeout(SOON_S):
        first = connection.ping_at
        while connection.ping_at < first + 4 * PING_S:  # noqa: ASYNC110 - each pong puts the next ping off
            await asyncio.sleep(0.01)

    assert (await client.ask("/", "list_tables", {}))["ok"]
    assert list(casino.edge.server.connections.values()) == [connection]


@pytest.mark.parametrize("how", ["hung up on", "cut off"])
async def test_a_client_that_lost_its_connection_comes_again_and_is_welcome(
    casino: House, client: ForeignClient, how: str
) -> None:
    await client.open("/", {"token": (await casino.guest()).token})
    first = await client.hear("/", "welcome")
    (connection,) = casino.edge.server.connections.values()
    if how == "cut off":
        connection.cut("test")
    else:
        await casino.edge.server.hang_up(connection)

    assert await client.hear("/", "disconnect") in ("transport close", "transport error")
    assert (await client.hear("/", "welcome"))["user"] == first["user"]
    assert (await client.ask("/", "watch_table", {"table_id": "main-1"}))["ok"]


async def test_a_client_that_is_dismissed_is_told_that_the_server_did_it(
    casino: House, client: ForeignClient
) -> None:
    ada = await casino.guest()
    await client.open("/", {"token": ada.token})
    await client.hear("/", "welcome")
    await casino.identity.logout(ada.token)

    assert await client.hear("/", "disconnect") in ("io server disconnect", "server disconnect")


async def test_an_operator_has_both_namespaces_on_one_connection(
    casino: House, client: ForeignClient
) -> None:
    operator = await casino.operator()
    if isinstance(client, JavaScriptClient):
        await client.open("/", {"token": operator.token})
        await client.hear("/", "welcome")
    await client.open("/admin", {"token": operator.token})

    assert "waiting" in await client.hear("/admin", "queue_updated")
    assert (await client.ask("/admin", "pause_payouts", {}))["ok"]
    assert (await client.ask("/", "list_tables", {}))["ok"]
    assert len(casino.edge.server.connections) == 1


async def test_a_player_is_refused_by_the_admin_namespace_and_plays_on(
    casino: House, client: ForeignClient
) -> None:
    ada = await casino.guest()
    await client.open("/", {"token": ada.token})
    await client.hear("/", "welcome")
    if isinstance(client, JavaScriptClient):  # python-socketio's asks for all namespaces at once
        await client.open("/admin", {"token": ada.token})
        assert (await client.hear("/admin", "connect_error"))["data"] == {"code": "forbidden"}

    assert (await client.ask("/", "list_tables", {}))["ok"]
