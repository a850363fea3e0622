"""The layer over the libraries: each private part that it touches, and each promise that it makes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest
import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.sockets.fanout import EmptyRoomError
from server.sockets.transport import FRAME_MAX, INBOX_MAX, NotAdmitted, SocketServer
from tests.integration.sockets.raw import SOON_S, RawSocket


class EchoGate:
    """Answers every event with what it got; `slow` waits until it is let go."""

    def __init__(self, server: SocketServer) -> None:
        self.server = server
        self.released = asyncio.Event()
        self.started = asyncio.Event()
        self.gone: asyncio.Queue[str] = asyncio.Queue()
        self.seen: list[tuple[str, list[object]]] = []
        self.opened_ids: list[str] = []

    async def admit(self, sid: str, request: web.Request, auth: object) -> None:
        """Everybody but the uninvited."""
        del request
        if auth == {"token": "bad"}:
            raise NotAdmitted("unauthorized")
        if isinstance(auth, dict) and auth.get("token") == "room":
            self.server.hold(sid, "/")

    async def opened(self, sid: str) -> None:
        """Take note."""
        self.opened_ids.append(sid)
        self.server.join(sid, "/", "everybody")

    async def received(self, sid: str, event: str, args: list[object]) -> dict[str, object]:
        """Echo."""
        del sid
        self.seen.append((event, args))
        if event == "slow":
            self.started.set()
            await self.released.wait()
        return {"ok": event != "bad", "event": event, "args": args}

    def overrun(self) -> dict[str, object]:
        """Too much."""
        return {"ok": False, "overrun": True}

    async def closed(self, sid: str) -> None:
        """Take note."""
        self.gone.put_nowait(sid)


class Subscribed(asyncio.Event):
    """Set when a server hears the others."""

    async def now(self) -> None:
        """It hears."""
        self.set()


class House:
    """A server with echoing gates."""

    def __init__(self, server: SocketServer, gate: EchoGate, url: str, subscribed: Subscribed) -> None:
        self.server = server
        self.gate = gate
        self.url = url
        self.subscribed = subscribed


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    """A running server."""
    async with opened_house(redis_url) as running:
        yield running


class opened_house:  # noqa: N801 - reads as the function that it stands for
    """A running server, closed at the end."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url

    async def __aenter__(self) -> House:
        server = SocketServer(
            redis_url=self._redis_url,
            channel=f"test:{self._redis_url}",
            namespaces=("/", "/admin"),
            is_allowed_origin=lambda origin, _environ: origin == "https://casino.example",
        )
        gate = EchoGate(server)
        server.gates.update({"/": gate, "/admin": gate})
        app = web.Application()
        server.attach(app, socketio_path="socket.io")
        self._web = TestServer(app)
        await self._web.start_server()
        subscribed = Subscribed()
        self._pushes = asyncio.create_task(server.manager.run(subscribed.now))
        self._server = server
        return House(server, gate, str(self._web.make_url("")).rstrip("/"), subscribed)

    async def __aexit__(self, *_details: object) -> None:
        await self._server.close_all()
        await self._server.shutdown()
        await self._web.close()
        self._pushes.cancel()
        with suppress(asyncio.CancelledError):
            await self._pushes


async def test_an_event_is_answered_by_its_ack(house: House) -> None:
    async with RawSocket(house.url) as client:
        assert (await client.join(None)).startswith('40{"sid":')
        await client.send('427["act",{"a":1}]')

        assert await client.ack(7) == {"ok": True, "event": "act", "args": [{"a": 1}]}


async def test_the_opening_says_how_pings_go_and_how_big_a_message_may_be(house: House) -> None:
    async with RawSocket(house.url) as client:
        assert (
            client.opening["pingInterval"],
            client.opening["pingTimeout"],
            client.opening["maxPayload"],
        ) == (10_000, 5_000, FRAME_MAX)
        assert client.opening["upgrades"] == []


async def test_polling_is_not_served(house: House) -> None:
    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"{house.url}/socket.io/?EIO=4&transport=polling")
        assert answer.status == 400


async def test_messages_are_never_compressed(house: House) -> None:
    async with RawSocket(house.url, compress=15) as client:
        assert client.socket.compress == 0


async def test_a_refused_client_is_told_why_in_the_contracts_form(house: House) -> None:
    async with RawSocket(house.url) as client:
        answer = await client.join("bad")

    assert answer == '44{"message":"unauthorized","data":{"code":"unauthorized"}}'


async def test_the_acks_of_one_client_keep_the_order_of_its_events(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        for number in range(40):
            await client.send(f'42{number}["act",{number}]')
        order = [(await client.ack(number))["args"] for number in range(40)]

    assert [[number] for number in range(40)] == order


async def test_a_slow_command_of_one_client_delays_no_other(house: House) -> None:
    async with RawSocket(house.url) as slow, RawSocket(house.url) as quick:
        await slow.join(None)
        await quick.join(None)
        await slow.send('421["slow",{}]')
        await asyncio.wait_for(house.gate.started.wait(), SOON_S)
        await quick.send('421["act",{}]')

        assert (await quick.ack(1))["ok"]
        house.gate.released.set()
        assert (await slow.ack(1))["ok"]


async def test_a_full_inbox_is_answered_at_once(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('420["slow",{}]')
        await asyncio.wait_for(house.gate.started.wait(), SOON_S)
        for number in range(1, INBOX_MAX + 2):
            await client.send(f'42{number}["act",{number}]')

        assert await client.ack(INBOX_MAX + 1) == {"ok": False, "overrun": True}
        house.gate.released.set()
        assert (await client.ack(INBOX_MAX))["ok"]


async def test_a_forged_connect_or_disconnect_reaches_the_gate_as_an_event_like_any_other(
    house: House,
) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('421["connect",{"fake":1},{"token":"x"}]')
        await client.send('422["disconnect"]')

        assert (await client.ack(1))["event"] == "connect"
        assert (await client.ack(2))["event"] == "disconnect"
        assert len(house.gate.opened_ids) == 1
        assert house.gate.gone.empty()


async def test_an_event_without_an_ack_that_is_refused_is_counted(house: House) -> None:
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
    house: House, frame: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send(frame)

        assert await client.until_closed() == 1000
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_binary_frame_that_nothing_announced_closes_the_connection(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.socket.send_bytes(b"\x04\x05")

        assert await client.until_closed() == 1000


async def test_an_event_with_binary_parts_is_an_event_with_a_wrong_payload(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('451-3["act",{"_placeholder":true,"num":0}]')
        await client.socket.send_bytes(b"\x00")
        await client.send('424["act",{}]')

        assert (await client.ack(3))["event"] == ""
        assert (await client.ack(4))["ok"]


async def test_a_frame_of_16_kib_is_taken_and_a_bigger_one_closes_the_connection(house: House) -> None:
    head, tail = '421["act","', '"]'
    room = FRAME_MAX - len(head) - len(tail)
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send(head + "x" * room + tail)
        assert (await client.ack(1))["ok"]

        await client.send(head + "x" * (room + 1) + tail)
        assert await client.until_closed() == 1009


async def test_acks_that_nobody_asked_for_are_dropped(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('435["ok"]')
        await client.send('421["act",{}]')

        assert (await client.ack(1))["ok"]
    assert house.server.dropped["unasked"] == 1


async def test_an_event_before_the_connect_is_dropped(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.send('421["act",{}]')
        await client.join(None)
        await client.send('422["act",{}]')

        assert (await client.ack(2))["ok"]
    assert house.server.dropped["not_connected"] == 1


async def test_a_second_connect_of_the_same_namespace_is_refused_and_opens_nothing(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)

        assert (await client.join(None)).startswith("44")
        assert len(house.gate.opened_ids) == 1


async def test_a_page_of_another_origin_may_not_connect(house: House) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with RawSocket(house.url, headers={"Origin": "https://evil.example"}):
            pass
    async with RawSocket(house.url, headers={"Origin": "https://casino.example"}) as client:
        assert (await client.join(None)).startswith("40")


async def test_who_does_not_connect_to_a_namespace_in_time_is_hung_up_on(house: House) -> None:
    async with RawSocket(house.url) as late, RawSocket(house.url) as prompt:
        await prompt.join(None)
        for connection in house.server.connections.values():
            connection.idle_since -= 11
        await house.server.sweep()

        assert await late.until_closed() == 1000
        await prompt.send('421["act",{}]')
        assert (await prompt.ack(1))["ok"]


async def test_a_client_that_goes_is_missed_at_once(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
    (sid,) = house.gate.opened_ids

    assert sid == await asyncio.wait_for(house.gate.gone.get(), SOON_S)
    assert house.server.connections == {}


async def test_commands_that_were_taken_in_are_finished_after_the_client_has_gone(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await client.send('421["slow",{}]')
        await client.send('422["act",{}]')
        await asyncio.wait_for(house.gate.started.wait(), SOON_S)
    await asyncio.wait_for(house.gate.gone.get(), SOON_S)
    pumps = [task for task in asyncio.all_tasks() if "pump" in str(task.get_coro())]

    house.gate.released.set()
    await asyncio.wait(pumps, timeout=SOON_S)

    assert [event for event, _args in house.gate.seen] == ["slow", "act"]


async def test_what_is_pushed_before_the_welcome_comes_behind_it(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join("room")
        (sid,) = house.gate.opened_ids
        house.server.tell(sid, "/", "balance_changed", {"balance": 5})
        house.server.welcome(sid, "/", {"protocol": 1})

        assert await client.frame() == '42["welcome",{"protocol":1}]'
        assert await client.frame() == '42["balance_changed",{"balance":5}]'


async def test_a_push_reaches_the_room_here_and_on_the_other_processes_once(
    house: House, redis_url: str
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
    house: House, redis_url: str
) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        await asyncio.wait_for(house.subscribed.wait(), SOON_S)
        outside = socketio.AsyncRedisManager(redis_url, channel=f"test:{redis_url}", write_only=True)
        await outside.emit("said", {"text": "hello"}, room="everybody")

        assert await client.event("said") == {"text": "hello"}
        await outside.redis.aclose()


async def test_a_push_without_a_room_is_an_error(house: House) -> None:
    for room in ("", None):
        with pytest.raises(EmptyRoomError):
            await house.server.manager.emit("balance_changed", {"balance": 1}, room=room)


async def test_a_push_that_is_no_json_is_an_error_where_it_is_made(house: House) -> None:
    with pytest.raises(TypeError):
        await house.server.manager.emit("balance_changed", {"balance": object()}, room="everybody")


async def test_a_reader_that_is_too_slow_is_cut_off(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        (sid,) = house.gate.opened_ids
        for _ in range(1_100):  # without a pause: the writer gets no turn
            house.server.tell(sid, "/", "table_changed", {})

        assert sid == await asyncio.wait_for(house.gate.gone.get(), SOON_S)


async def test_a_dismissed_client_is_told_to_stay_away(house: House) -> None:
    async with RawSocket(house.url) as client:
        await client.join(None)
        (sid,) = house.gate.opened_ids
        await house.server.dismiss(sid, "/")

        assert await client.frame() == "41"
        assert await client.until_closed() == 1000


async def test_closing_all_is_quick_and_clean_for_every_client(house: House) -> None:
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


async def test_python_socketios_client_is_served(house: House) -> None:
    async with socketio.AsyncSimpleClient() as client:
        await client.connect(house.url, transports=["websocket"], auth={"token": "good"})

        assert await client.call("act", {"a": 1}) == {"ok": True, "event": "act", "args": [{"a": 1}]}
