"""The layer over the libraries: each private part that it touches, and each promise that it makes."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import socketio

from server.sockets.fanout import EmptyRoomError
from tests.integration.sockets.echo import QUIET, EchoHouse, opened_house
from tests.integration.sockets.raw import SOON_S, RawSocket


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[EchoHouse]:
    """A running server."""
    async with opened_house(redis_url) as running:
        yield running


async def test_an_event_is_answered_by_its_ack(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        assert (await client.join(None)).startswith('40{"sid":')
        await client.send('427["act",{"a":1}]')

        assert await client.ack(7) == {"ok": True, "event": "act", "args": [{"a": 1}]}


async def test_the_opening_says_how_pings_go_and_how_big_a_message_may_be(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        assert (
            client.opening["pingInterval"],
            client.opening["pingTimeout"],
            client.opening["maxPayload"],
        ) == (10_000, 5_000, QUIET.frame_bytes)
        assert client.opening["upgrades"] == []


async def test_polling_is_not_served(house: EchoHouse) -> None:
    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"{house.url}/socket.io/?EIO=4&transport=polling")
        assert answer.status == 400


async def test_messages_are_never_compressed(house: EchoHouse) -> None:
    async with RawSocket(house.url, compress=15) as client:
        assert client.socket.compress == 0


async def test_a_refused_client_is_told_why_in_the_contracts_form(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        answer = await client.join("bad")

    assert answer == '44{"message":"unauthorized","data":{"code":"unauthorized"}}'


async def test_the_acks_of_one_client_keep_the_order_of_its_events(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        for number in range(40):
            await client.send(f'42{number}["act",{number}]')
        order = [(await client.ack(number))["args"] for number in range(40)]

    assert [[number] for number in range(40)] == order


async def test_a_slow_command_of_one_client_delays_no_other(house: EchoHouse) -> None:
    async with RawSocket(house.url) as slow, RawSocket(house.url) as quick:
        await slow.join(None)
        await quick.join(None)
        await slow.send('421["slow",{}]')
        await asyncio.wait_for(house.gate.started.wait(), SOON_S)
        await quick.send('421["act",{}]')

        assert (await quick.ack(1))["ok"]
        house.gate.released.set()
        assert (await slow.ack(1))["ok"]


async def test_a_full_inbox_is_answered_at_once(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('420["slow",{}]')
        await asyncio.wait_for(house.gate.started.wait(), SOON_S)
        for number in range(1, QUIET.inbox_events + 2):
            await client.send(f'42{number}["act",{number}]')

        assert await client.ack(QUIET.inbox_events + 1) == {"ok": False, "overrun": True}
        house.gate.released.set()
        assert (await client.ack(QUIET.inbox_events))["ok"]


async def test_a_forged_connect_or_disconnect_reaches_the_gate_as_an_event_like_any_other(
    house: EchoHouse,
) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('421["connect",{"fake":1},{"token":"x"}]')
        await client.send('422["disconnect"]')

        assert (await client.ack(1))["event"] == "connect"
        assert (await client.ack(2))["event"] == "disconnect"
        assert len(house.gate.opened_ids) == 1
        assert house.gate.gone.empty()


async def test_an_event_without_an_ack_that_is_refused_is_counted(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('42["bad",{}]')
        await client.send('421["act",{}]')
        await client.ack(1)

    assert house.server.dropped["refused"] == 1


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "x",
        "2probe",
        "5",
        "6",
        "4",
        "4x",
        "4{}",
        "42",
        "42{",
        "42[]",
        '42["a"',
        "44{}x",
        "47",
        "bAAAA",
        "4²[]",
    ],
)
async def test_what_is_no_packet_closes_the_connection_without_a_traceback(
    house: EchoHouse, frame: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send(frame)

        assert await client.until_closed() == 1000
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_binary_frame_that_nothing_announced_closes_the_connection(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.socket.send_bytes(b"\x04\x05")

        assert await client.until_closed() == 1000


async def test_an_event_with_binary_parts_is_an_event_with_a_wrong_payload(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('451-3["act",{"_placeholder":true,"num":0}]')
        await client.socket.send_bytes(b"\x00")
        await client.send('424["act",{}]')

        assert (await client.ack(3))["event"] == ""
        assert (await client.ack(4))["ok"]


async def test_a_frame_of_16_kib_is_taken_and_a_bigger_one_closes_the_connection(house: EchoHouse) -> None:
    head, tail = '421["act","', '"]'
    room = QUIET.frame_bytes - len(head) - len(tail)
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send(head + "x" * room + tail)
        assert (await client.ack(1))["ok"]

        await client.send(head + "x" * (room + 1) + tail)
        assert await client.until_closed() == 1009


async def test_acks_that_nobody_asked_for_are_dropped(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('435["ok"]')
        await client.send('421["act",{}]')

        assert (await client.ack(1))["ok"]
    assert house.server.dropped["unasked"] == 1


async def test_an_event_before_the_connect_is_dropped(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.send('421["act",{}]')
        await client.join(None)
        await client.send('422["act",{}]')

        assert (await client.ack(2))["ok"]
    assert house.server.dropped["not_connected"] == 1


async def test_a_second_connect_namespace_is_refused_and_opens_nothing(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)

        assert (await client.join(None)).startswith("44")
        assert len(house.gate.opened_ids) == 1


async def test_a_page_of_another_origin_may_not_connect(house: EchoHouse) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with RawSocket(house.url, headers={"Origin": "https://evil.example"}):
            pass
    async with RawSocket(house.url, headers={"Origin": "https://casino.example"}) as client:
        assert (await client.join(None)).startswith("40")


async def test_a_client_that_goes_is_missed_at_once(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
    (sid,) = house.gate.opened_ids

    assert sid == await asyncio.wait_for(house.gate.gone.get(), SOON_S)
    assert house.server.connections == {}


async def test_commands_that_were_taken_in_are_finished_after_the_client_has_gone(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('421["slow",{}]')
        await client.send('422["act",{}]')
        await asyncio.wait_for(house.gate.started.wait(), SOON_S)
    await asyncio.wait_for(house.gate.gone.get(), SOON_S)
    house.gate.released.set()

    heard = [await asyncio.wait_for(house.gate.heard.get(), SOON_S) for _ in range(2)]
    assert [event for event, _args in heard] == ["slow", "act"]


async def test_what_is_pushed_before_the_welcome_comes_behind_it(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join("held")
        (sid,) = house.gate.opened_ids
        house.server.tell(sid, "/", "balance_changed", {"balance": 5})
        house.server.welcome(sid, "/", {"protocol": 1})

        assert await client.frame() == '42["welcome",{"protocol":1}]'
        assert await client.frame() == '42["balance_changed",{"balance":5}]'


async def test_a_push_reaches_the_room_here_and_on_the_other_processes_once(
    house: EchoHouse, redis_url: str
) -> None:
    async with opened_house(redis_url) as other, RawSocket(house.url) as here, RawSocket(other.url) as there:
        await here.join(None)
        await there.join(None)
        for each in (house, other):
            await asyncio.wait_for(each.subscribed.wait(), SOON_S)
        await house.server.manager.emit("said", {"n": 1}, room="everybody")
        await house.server.manager.emit("said", {"n": 2}, room="everybody", ignore_queue=True)
        await house.server.manager.emit("said", {"n": 3}, room="everybody")

        assert [(await here.event("said"))["n"] for _ in range(3)] == [1, 2, 3]
        assert [(await there.event("said"))["n"] for _ in range(2)] == [1, 3]


async def test_a_push_of_the_librarys_own_write_only_manager_is_understood(
    house: EchoHouse, redis_url: str
) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await asyncio.wait_for(house.subscribed.wait(), SOON_S)
        outside = socketio.AsyncRedisManager(redis_url, channel=f"test:{redis_url}", write_only=True)
        await outside.emit("said", {"text": "hello"}, room="everybody")

        assert await client.event("said") == {"text": "hello"}
        await outside.redis.aclose()


async def test_a_push_without_a_room_is_an_error(house: EchoHouse) -> None:
    for room in ("", None):
        with pytest.raises(EmptyRoomError):
            await house.server.manager.emit("balance_changed", {"balance": 1}, room=room)


async def test_a_push_that_is_no_json_is_an_error_where_it_is_made(house: EchoHouse) -> None:
    with pytest.raises(TypeError):
        await house.server.manager.emit("balance_changed", {"balance": object()}, room="everybody")


async def test_a_dismissed_client_is_told_to_stay_away(house: EchoHouse) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        (sid,) = house.gate.opened_ids
        await house.server.dismiss(sid, "/")

        assert await client.frame() == "41"
        assert await client.until_closed() == 1000


async def test_closing_all_is_quick_and_clean_for_every_client(house: EchoHouse) -> None:
    loop = asyncio.get_running_loop()
    clients = [RawSocket(house.url) for _ in range(50)]
    for client in clients:
        await client.__aenter__()
        await client.join(None)
    began = loop.time()
    await house.server.close_all()
    codes = await asyncio.gather(*(client.until_closed() for client in clients))

    assert {1000} == set(codes)
    assert loop.time() - began < 2
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with RawSocket(house.url):
            pass
    for client in clients:
        await client.__aexit__(None, None, None)


async def test_python_socketios_client_is_served(house: EchoHouse) -> None:
    async with socketio.AsyncSimpleClient() as client:
        await client.connect(house.url, transports=["websocket"], auth={"token": "good"})

        assert await client.call("act", {"a": 1}) == {"ok": True, "event": "act", "args": [{"a": 1}]}
