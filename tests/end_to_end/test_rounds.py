"""Two players at one table of a real casino, round after round, and then the books."""

import asyncio
from dataclasses import replace
from typing import Any

import msgspec

from tests.end_to_end.checks import (
    check_acks,
    check_order,
    check_payouts,
    check_same_views,
    check_settled_views,
    hole_leaks,
    paid_of,
    staked_of,
)
from tests.end_to_end.clients import Client
from tests.end_to_end.house import House
from tests.end_to_end.play import Wish, play, sit

START = 100_000


async def test_two_players_play_until_split_double_and_insurance_were_among_their_rounds(
    open_casino: House,
) -> None:
    house = open_casino
    # One deck: every card is there once, so that the hole card can be looked for in what the clients heard.
    table_id = await house.table(rules={"decks": 1, "penetration": 0.5})
    wish = Wish(missing={"split", "double", "insure"})
    async with house.client(await house.guest()) as one, house.client(await house.guest()) as other:
        await sit(one, table_id, 2)
        await sit(other, table_id)
        async with asyncio.TaskGroup() as group:
            group.create_task(play(one, table_id, wish))
            group.create_task(play(other, table_id, wish))
        records = {round_id: await house.admin.get(f"/api/rounds/{round_id}") for round_id in wish.rounds}
        for client in (one, other):
            assert (await client.do("leave_seat", table_id=table_id))["left"]
            await _check_books(house, client, records)
        assert check_same_views(one, other) > len(records)
        leaks = [leak for client in (one, other) for leak in _leaks(client, records)]
        assert leaks == []
        assert _leaks(_with_a_leak(one), records) != []

    for record in records.values():
        check_payouts(record)
    await _replay_is_the_same(house, [record for record in records.values() if _is_rare(record)])
    assert await house.audit() == {}
    assert house.faults() == []


async def _check_books(house: House, client: Client, records: dict[str, dict[str, Any]]) -> None:
    """Acks, events, views, records, the list of rounds and the statement all say the same."""
    seats = {
        round_id: seat
        for round_id, record in records.items()
        for seat in record["seats"]
        if seat["player"] == client.account.name
    }
    expected = START + sum(paid_of(seat) - staked_of(seat) for seat in seats.values())
    assert client.sent[-1].ack["balance"] == expected
    assert check_order(client, start=START) == expected
    check_acks(client)
    assert check_settled_views(client, records) > 0

    api = house.api(client.account)
    assert (await api.get("/api/me"))["balance"] == expected
    played = (await api.get("/api/rounds", limit=200))["items"]
    assert {round_id: (staked_of(seat), paid_of(seat)) for round_id, seat in seats.items()} == {
        row["round_id"]: (row["staked"], row["paid"]) for row in played
    }
    balance = 0
    for line in await _statement(house, client):
        balance += line["amount"]
        assert line["balance"] == balance
    assert balance == expected


async def _statement(house: House, client: Client) -> list[dict[str, Any]]:
    """All of the player's transfers, the oldest first."""
    api = house.api(client.account)
    lines: list[dict[str, Any]] = []
    page = await api.get("/api/transfers", limit=50)
    while page["next"] is not None:
        lines += page["items"]
        page = await api.get("/api/transfers", limit=50, before=page["next"])
    return [*lines, *page["items"]][::-1]


def _leaks(client: Client, records: dict[str, dict[str, Any]]) -> list[str]:
    return [leak for record in records.values() for leak in hole_leaks(client.frames, record)]


def _with_a_leak(client: Client) -> Client:
    """The same client, as if an ack had named the hole card as soon as the round was dealt."""
    planted = Client(client.account)
    for frame in client.frames:
        planted.frames.append(frame)
        if frame.event == "table_changed" and "??" in frame.payload["dealer"]["cards"]:
            everything = msgspec.json.encode([f"{rank}{suit}" for rank in "A23456789TJQK" for suit in "SHDC"])
            planted.frames.append(replace(frame, raw=everything.decode(), event="", payload=None))
    return planted


def _is_rare(record: dict[str, Any]) -> bool:
    return any({"split", "insure"} & set(seat["actions"]) for seat in record["seats"])


async def _replay_is_the_same(house: House, records: list[dict[str, Any]]) -> None:
    """`casino replay` deals the recorded cards and comes to the recorded end."""
    assert records
    for record in records[:3]:
        script = {
            "rules": record["rules"],
            "cards": record["cards"],
            "seats": [
                {"seat": seat["seat"], "bet": seat["bet"], "actions": seat["actions"]}
                for seat in record["seats"]
            ],
        }
        done = await house.command("replay", "-", stdin=msgspec.json.encode(script).decode())
        assert done.code == 0, done
        assert done.report["dealer"] == record["dealer"]
        assert done.report["cards_used"] == record["cards_used"]
        ends = [
            {name: seat[name] for name in ("seat", "hands", "insurance", "net")} for seat in record["seats"]
        ]
        assert done.report["seats"] == ends
