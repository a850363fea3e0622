"""What the floor refuses first, and what it writes in the log."""

import pytest

from economy.ids import new_id
from tests.integration.sockets.house import TABLE, House
from tests.unit.telemetry.test_logs import Output


@pytest.mark.parametrize(
    ("command", "payload"),
    [("watch_table", {}), ("unwatch_table", {}), ("say", {"text": "hello"}), ("hint", {})],
)
async def test_a_table_that_there_is_not_is_unknown_before_all_else(
    casino: House, command: str, payload: dict[str, object]
) -> None:
    async with casino.client(await casino.guest()) as client:
        ack = await client.ask(command, table_id="nowhere", **payload)

    assert ack["error"]["code"] == "unknown_table"


async def test_a_table_that_nobody_watched_may_be_left(casino: House) -> None:
    async with casino.client(await casino.guest()) as client:
        assert await client.ask("unwatch_table", table_id=TABLE.table_id) == {"ok": True}
        ack = await client.ask("say", table_id=TABLE.table_id, text="hello")

    assert ack["error"]["code"] == "not_watching"


async def test_a_bet_is_logged_once_and_a_refused_or_repeated_one_not_at_all(
    casino: House, output: Output
) -> None:
    ada, eve = await casino.guest(), await casino.guest()
    async with casino.client(ada) as client, casino.client(eve) as other:
        await client.do("take_seat", table_id=TABLE.table_id, seat=1)
        await other.do("take_seat", table_id=TABLE.table_id, seat=2)  # or the bet would be dealt at once
        bet = {"command_id": new_id().hex, "table_id": TABLE.table_id, "amount": 500}
        await client.ask("place_bet", **bet)
        await client.ask("place_bet", **bet)
        await client.ask("place_bet", **bet | {"command_id": new_id().hex, "amount": 1})

    (line,) = (line for line in output.lines() if line["event"] == "table.bet_placed")
    assert {name: line[name] for name in ("type", "user_id", "table_id", "amount")} == {
        "type": "bet_placed",
        "user_id": ada.user_id,
        "table_id": TABLE.table_id,
        "amount": 500,
    }
