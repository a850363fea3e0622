"""Hands in play: how to get into one, what it is worth afterwards, and which turns ran out."""

import asyncio
from typing import Any
from uuid import uuid4

from games.blackjack.events import HandHit, HandStood, InsuranceDeclined, decode_events
from tests.end_to_end.checks import check_payouts, paid_of, staked_of
from tests.end_to_end.clients import Account, Client, seat_of
from tests.end_to_end.house import House
from tests.end_to_end.play import Wish, is_small_hand, play, play_until

START = 100_000


async def until_in_hand(client: Client, other: Client, table_id: str) -> dict[str, Any]:
    """Both play until it is the client's first move on a small hand; the move `hit`, not sent yet."""
    others = asyncio.create_task(play(other, table_id, Wish(missing={"to play on and on"})))
    try:

        def fits(view: dict[str, Any]) -> bool:
            seat = seat_of(view, client.user_id)
            return is_small_hand(view) and seat is not None and view["turn"]["seat"] == seat["seat"]

        view = await play_until(client, table_id, Wish(missing={"hit"}), fits)
    finally:
        others.cancel()
        await asyncio.wait([others])
    return {
        "table_id": table_id,
        "round_id": view["round_id"],
        "hand": view["turn"]["hand"],
        "cards": 2,
        "move": "hit",
        "command_id": uuid4().hex,
    }


def is_turn_of(view: dict[str, Any], seat: int) -> bool:
    """Whether the table waits for this seat's move."""
    return view["turn"] is not None and view["turn"]["seat"] == seat


async def check_money(house: House, *accounts: Account) -> None:
    """Each has the start money and what the rounds' records say, and the rounds are paid by the rules."""
    for account in accounts:
        api = house.api(account)
        expected = START
        for row in (await api.get("/api/rounds", limit=200))["items"]:
            record = await api.get(f"/api/rounds/{row['round_id']}")
            check_payouts(record)
            (seat,) = (seat for seat in record["seats"] if seat["player"] == account.name)
            assert (row["staked"], row["paid"]) == (staked_of(seat), paid_of(seat))
            expected += seat["net"]
        assert (await api.get("/api/me"))["balance"] == expected


async def forfeited(house: House) -> list[str]:
    """The moves and answers that the clock made for players, by table and version."""
    rows = await house.database.fetch(
        "SELECT table_id, version, events FROM journal WHERE command = 'expire' ORDER BY table_id, version"
    )
    made = (HandHit, HandStood, InsuranceDeclined)
    return [
        f"{row['table_id']} {row['version']}"
        for row in rows
        if any(isinstance(event, made) for event in decode_events(row["events"]))
    ]
