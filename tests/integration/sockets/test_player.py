"""The player namespace, from the handshake to the last event, on the real floor."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import asyncpg
import pytest
import socketio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.ids import new_id
from server.bells import BalanceChanged
from tests.integration.sockets.house import House, Player, open_house, uuid
from tests.integration.sockets.raw import SOON_S, RawSocket
from tests.unit.server.sockets.test_wire import MALFORMED

START = 100_000


async def test_the_welcome_comes_first_and_says_who_one_is_and_what_one_has(casino: House) -> None:
    ada = await casino.guest()
    async with casino.raw(ada) as client:
        frame = await client.frame()
        assert frame is not None
        assert frame.startswith('42["welcome",')
    async with casino.raw(ada) as client:
        welcome = await client.event("welcome")

    assert welcome.pop("server_time").endswith("Z")
    assert welcome == {
        "protocol": 1,
        "user": {"user_id": ada.user_id, "name": ada.user.name, "role": "player"},
        "balance": START,
        "balance_version": 1,
        "unconfirmed_count": 0,
        "confirmed_through": 0,
    }


@pytest.mark.parametrize(
    "auth", [None, {}, {"token": ""}, {"token": "x" * 43}, {"token": 5}, {"token": ["x"]}, "x"]
)
async def test_without_a_good_token_nobody_comes_in(casino: House, auth: object) -> None:
    client = socketio.AsyncClient(reconnection=False)
    refusals: list[object] = []
    client.on("connect_error", refusals.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(casino.url, transports=["websocket"], auth=auth)
    await client.disconnect()

    assert refusals == [{"message": "unauthorized", "data": {"code": "unauthorized"}}]


async def test_the_cookie_opens_the_door_too_but_not_for_a_page_of_another_origin(casino: House) -> None:
    ada = await casino.guest()
    cookie = {"Cookie": f"casino_session={ada.token}"}
    async with RawSocket(casino.url, headers={**cookie, "Origin": casino.url}) as client:
        assert (await client.join(None)).startswith("40")
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with RawSocket(casino.url, headers={**cookie, "Origin": "https://evil.example"}):
            pass


async def test_a_suspended_player_stays_outside(casino: House) -> None:
    ada, boss = await casino.guest(), await casino.operator()
    await casino.identity.suspend(uuid(ada), by=uuid(boss), reason="test")
    async with RawSocket(casino.url) as client:
        assert (await client.join(ada.token)).startswith("44")


async def test_a_hand_is_played_over_the_socket_and_the_balance_told(casino: House) -> None:
    ada = await casino.guest()
    async with casino.client(ada) as client:
        tables = (await client.ask("list_tables"))["tables"]
        assert [table["table_id"] for table in tables] == ["main-1"]
        seat = await client.do("take_seat", table_id="main-1", seat=2)
        assert (seat["seat"], seat["table"]["phase"]) == (2, "betting")
        bet = await client.do("place_bet", table_id="main-1", amount=500)
        assert (bet["bet"], bet["balance"]) == (500, START - 500)
        told = await client.hear("balance_changed")
        assert told == {"balance": START - 500, "balance_version": 2, "reason": "bet"}
        view = await client.hear("table_changed")
        while view["phase"] == "betting":
            view = await client.hear("table_changed")

    assert view["seats"][1]["bet"] == 500
    assert view["phase"] in ("insurance", "playing", "settled")


async def test_the_same_command_again_gives_the_first_ack_and_no_second_effect(casino: House) -> None:
    ada = await casino.guest()
    async with casino.client(ada) as client:
        await client.do("take_seat", table_id="main-1", seat=0)
        bet = {"command_id": "bet-00001", "table_id": "main-1", "amount": 500}
        first = await client.ask("place_bet", **bet)
        again = await client.ask("place_bet", **bet)
        other = await client.ask("place_bet", **{**bet, "amount": 600})

    assert again == {**first, "replayed": True}
    assert other["error"]["code"] == "command_id_reused"


async def test_refusals_carry_their_code_and_their_facts(casino: House) -> None:
    ada = await casino.guest()
    async with casino.client(ada) as client:
        nowhere = await client.ask("watch_table", table_id="nowhere")
        unseated = await client.ask("leave_seat", command_id="leave-001", table_id="main-1")
        await client.do("take_seat", table_id="main-1", seat=1)
        small = await client.ask("place_bet", command_id="bet-00001", table_id="main-1", amount=1)
        seat = await client.ask("take_seat", command_id="seat-0099", table_id="main-1", seat=99)

    assert nowhere["error"]["code"] == "unknown_table"
    assert unseated["error"]["code"] == "not_seated"
    assert small["error"] == {
        "code": "bet_out_of_range",
        "message": "Bets at this table go from 1.00 to 500.00.",
        "min_bet": 100,
        "max_bet": 50_000,
    }
    assert not seat["ok"]


async def test_every_malformed_payload_is_answered_and_changes_nothing(
    casino: House, caplog: pytest.LogCaptureFixture
) -> None:
    ada = await casino.guest()
    async with casino.raw(ada) as client:
        await client.event("welcome")
        for number, (event, args, field) in enumerate(MALFORMED):
            await client.send(f"42{number}{_json([event, *args])}")
            ack = await client.ack(number)
            assert (ack["ok"], ack["error"]["code"], ack["error"].get("field")) == (
                False,
                "invalid_payload",
                field,
            )
            await client.send(f"42{_json([event, *args])}")  # dropped and counted
    async with casino.raw(ada) as client:
        assert (await client.event("welcome"))["balance"] == START

    assert casino.edge.server.dropped["refused"] == len(MALFORMED)
    assert [record for record in caplog.records if record.exc_info] == []


def _json(value: object) -> str:
    import json  # noqa: PLC0415 - the lenient one: it writes NaN and lone surrogates

    return json.dumps(value)


async def test_of_duplicate_keys_the_last_counts(casino: House) -> None:
    ada = await casino.guest()
    async with casino.raw(ada) as client:
        await client.send('421["watch_table",{"table_id":"nowhere","table_id":"main-1"}]')

        assert (await client.ack(1))["ok"]


async def test_watchers_see_what_changes_until_they_look_away(casino: House) -> None:
    ada, bob = await casino.guest(), await casino.guest()
    async with casino.client(ada) as player, casino.client(bob) as watcher:
        view = (await watcher.ask("watch_table", table_id="main-1"))["table"]
        assert view["phase"] == "waiting"
        await player.do("take_seat", table_id="main-1", seat=3)
        assert (await watcher.table(3, ada.user_id))["phase"] == "betting"
        presence = await watcher.hear("presence_changed")
        while presence["connected"] != [3]:
            presence = await watcher.hear("presence_changed")
        assert presence == {"table_id": "main-1", "watchers": 2, "connected": [3]}

        assert (await watcher.ask("unwatch_table", table_id="main-1")) == {"ok": True}
        await player.do("leave_seat", table_id="main-1")
        while (await player.hear("table_changed"))["phase"] != "waiting":
            pass
        assert "table_changed" not in [name for name, _payload in _drained(watcher.heard)]


def _drained(heard: "asyncio.Queue[tuple[str, object]]") -> list[tuple[str, object]]:
    return [heard.get_nowait() for _ in range(heard.qsize())]


async def test_only_who_watches_may_say_something_and_nobody_who_is_muted(casino: House) -> None:
    ada, boss = await casino.guest(), await casino.operator()
    async with casino.client(ada) as client:
        away = await client.ask("say", table_id="main-1", text="hello")
        await client.ask("watch_table", table_id="main-1")
        assert (await client.ask("say", table_id="main-1", text="hello")) == {"ok": True}
        said = await client.hear("said")
        await casino.identity.mute(uuid(ada), by=uuid(boss), reason="test")
        muted = await client.ask("say", table_id="main-1", text="hello?")

    assert away["error"]["code"] == "not_watching"
    assert said.pop("at").endswith("Z")
    assert said == {"table_id": "main-1", "user_id": ada.user_id, "name": ada.user.name, "text": "hello"}
    assert muted["error"]["code"] == "muted"


async def test_a_hint_is_given_on_ones_turn_only(casino: House) -> None:
    async with casino.client(await casino.guest()) as client:
        await client.do("take_seat", table_id="main-1", seat=1)
        hint = await client.ask("hint", table_id="main-1")

    assert hint["error"]["code"] == "not_your_turn"
    assert hint["error"]["message"] == "Bets are taken now: the cards are not dealt yet."


async def test_a_client_seed_counts_for_the_next_shoe(casino: House) -> None:
    async with casino.client(await casino.guest()) as client:
        await client.do("take_seat", table_id="main-1", seat=1)
        ack = await client.do("set_client_seed", table_id="main-1", client_seed="lucky 7")

    assert ack["shoe_number"] == 2


async def test_logging_out_closes_the_sessions_sockets_and_no_other(casino: House) -> None:
    ada, bob = await casino.guest(), await casino.guest()
    async with casino.client(ada) as ends, casino.client(bob) as stays:
        await casino.identity.logout(ada.token)

        await asyncio.wait_for(ends.ended.wait(), 1)
        assert (await stays.ask("list_tables"))["ok"]


async def test_a_suspension_closes_every_socket_of_the_player(casino: House) -> None:
    ada, boss = await casino.guest(), await casino.operator()
    async with casino.client(ada) as one, casino.client(ada) as two:
        await casino.identity.suspend(uuid(ada), by=uuid(boss), reason="test")

        await asyncio.wait_for(asyncio.gather(one.ended.wait(), two.ended.wait()), 1)


async def test_a_session_that_runs_out_closes_its_sockets(casino: House, engine: AsyncEngine) -> None:
    ada = await casino.guest()
    async with engine.begin() as connection:
        soon = datetime.now(UTC) + timedelta(seconds=0.3)
        await connection.execute(text("UPDATE sessions SET expires_at = :soon"), {"soon": soon})
    async with casino.client(ada) as client:
        await asyncio.wait_for(client.ended.wait(), SOON_S)


async def test_a_session_that_ended_while_no_bell_was_heard_is_found_out(
    casino: House, engine: AsyncEngine
) -> None:
    ada = await casino.guest()
    async with casino.client(ada) as client:
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM sessions"))
        await casino.edge.heal()

        await asyncio.wait_for(client.ended.wait(), 1)


async def test_a_balance_that_moved_elsewhere_is_told_once_to_every_socket(casino: House) -> None:
    ada = await casino.guest()
    moved = {"balance": 7, "balance_version": 9, "reason": "credit"}
    async with casino.client(ada) as one, casino.client(ada) as two:
        await casino.bells.ring(BalanceChanged(user_id=ada.user_id, payload=moved))

        assert [await one.hear("balance_changed"), await two.hear("balance_changed")] == [moved, moved]


async def test_a_fault_is_answered_with_a_reference_and_nothing_else(
    casino: House, engine: AsyncEngine
) -> None:
    ada = await casino.guest()
    async with casino.client(ada) as client:
        await client.ask("watch_table", table_id="main-1")
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE users RENAME COLUMN muted_at TO gone"))
        ack = await client.ask("say", table_id="main-1", text="hello")

    assert set(ack["error"]) == {"code", "message", "reference"}
    assert ack["error"]["code"] == "internal"
    assert "gone" not in str(ack)


async def test_two_processes_show_the_same_table(
    casino: House, postgres_url: str, redis_url: str, engine: AsyncEngine, pool: asyncpg.Pool
) -> None:
    ada, bob = await casino.guest(), await casino.guest()
    async with (
        open_house(postgres_url, redis_url, engine, pool) as other,
        casino.client(ada) as here,
        other.client(bob) as there,
    ):
        await there.ask("watch_table", table_id="main-1")
        await here.do("take_seat", table_id="main-1", seat=1)
        assert (await there.table(1, ada.user_id))["phase"] == "betting"

        await casino.identity.logout(bob.token)  # rung by the first process, heard by the second
        await asyncio.wait_for(there.ended.wait(), 1)


async def test_a_restart_is_told_and_every_socket_closed_cleanly(casino: House) -> None:
    players: list[Player] = [await casino.guest() for _ in range(5)]
    sockets = [RawSocket(casino.url) for _ in players]
    for socket, player in zip(sockets, players, strict=True):
        await socket.__aenter__()
        await socket.join(player.token)
        await socket.event("welcome")
    await casino.edge.close()

    for socket in sockets:
        assert 100 <= (await socket.event("server_restarting"))["reconnect_after_ms"] <= 1_000
        assert await socket.until_closed() == 1000
        await socket.__aexit__(None, None, None)


async def test_a_command_of_one_client_waits_for_its_own_only(casino: House, pool: asyncpg.Pool) -> None:
    ada, bob = await casino.guest(), await casino.guest()
    async with casino.client(ada) as blocked, casino.client(bob) as free:
        await blocked.do("take_seat", table_id="main-1", seat=1)
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT 1 FROM tables FOR UPDATE")
            slow = asyncio.create_task(blocked.do("place_bet", table_id="main-1", amount=500))
            assert (await free.ask("list_tables"))["ok"]
            assert not slow.done()
        assert (await slow)["bet"] == 500


async def test_a_command_id_counts_over_all_sockets_of_a_player(casino: House) -> None:
    ada = await casino.guest()
    command_id = new_id().hex
    async with casino.client(ada) as one, casino.client(ada) as two:
        first = await one.ask("take_seat", command_id=command_id, table_id="main-1", seat=1)
        again = await two.ask("take_seat", command_id=command_id, table_id="main-1", seat=1)

    assert first["ok"]
    assert again["replayed"]
