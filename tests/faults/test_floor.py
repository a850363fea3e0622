"""Hands through the worst: a process killed, one paused, every database connection cut. No cent is lost."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.clients import Client, connected, seat_of
from tests.end_to_end.house import House
from tests.end_to_end.play import Wish, play, play_until, sit
from tests.faults.hands import check_money, is_turn_of, until_in_hand
from tests.faults.planting import (
    CHANGED_CARD,
    CHANGED_JOURNAL,
    CHANGED_PAYOUT,
    FORGOTTEN_STAKE,
    MISSING_JOURNAL_ROW,
    MISSING_TRANSFER,
    WRONG_BALANCE,
    is_seen,
)
from tests.services import Services

TURN_MS = 3_000
_CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'web%'"""


@pytest.mark.parametrize("comes_back", [True, False], ids=["who comes back", "who stays away"])
async def test_a_hand_goes_on_at_the_other_process_within_5_seconds(
    house: House, services: Services, *, comes_back: bool
) -> None:
    await house.open()
    (doomed,) = house.processes
    table_id = await house.table(turn_ms=60_000 if comes_back else TURN_MS, on_timeout="stand")
    ann, bob = await house.guest(), await house.guest()
    await house.web()
    assert house.url != doomed.url
    async with connected(doomed.url, ann) as client, house.client(bob) as other:
        await sit(client, table_id, 1)
        await sit(other, table_id, 2)
        hit = await until_in_hand(client, other, table_id)
        await client.fire("act", **hit)  # perhaps it is done, perhaps not
        began = time.monotonic()
        await doomed.kill()
        await client.gone()
        if comes_back:
            async with house.client(ann) as again:
                await _hit_is_done_once(again, hit)
                await again.do("act", **{**hit, "command_id": uuid4().hex, "cards": 3, "move": "stand"})
        await other.view_where(table_id, lambda view: not is_turn_of(view, 1), timeout_s=5)
        assert time.monotonic() - began < 5
        await play_until(other, table_id, Wish(missing=set()), lambda view: view["phase"] == "settled")

    if not comes_back:
        async with house.client(ann) as again:
            ack = await again.ask("act", **hit)  # in time or too late, but never an error of ours
            assert ack.get("replayed") or ack["error"]["code"] in ("stale_round", "not_your_turn"), ack
    await check_money(house, ann, bob)
    assert await house.audit() == {}
    assert house.faults() == []
    await is_seen(house, services, MISSING_JOURNAL_ROW, FORGOTTEN_STAKE)


async def test_a_process_that_was_paused_in_a_hand_does_no_harm_when_it_wakes(
    house: House, services: Services
) -> None:
    await house.open()
    (sleeper,) = house.processes
    table_id = await house.table()
    ann, bob = await house.guest(), await house.guest()
    await house.web()
    async with connected(sleeper.url, ann) as client, house.client(bob) as other:
        await sit(client, table_id, 1)
        await sit(other, table_id, 2)
        hit = await until_in_hand(client, other, table_id)
        sleeper.pause()
        try:
            lying = asyncio.create_task(client.do("act", **hit))  # in the paused process, until it wakes
            async with house.client(ann) as again:
                await _hit_is_done_once(again, hit)
                stand = {**hit, "command_id": uuid4().hex, "cards": 3, "move": "stand"}
                await again.do("act", **stand)
                await play_until(
                    other, table_id, Wish(missing=set()), lambda view: view["phase"] == "settled"
                )
        finally:
            sleeper.resume()
        assert (await lying)["replayed"]
        newest = other.view(table_id)["version"]
        await client.view_where(table_id, lambda view: view["version"] >= newest)
    moves = await house.value("SELECT count(*) FROM journal WHERE command_id = $1", hit["command_id"])
    assert moves == 1
    await check_money(house, ann, bob)
    assert await house.audit() == {}
    assert house.faults() == []
    await is_seen(house, services, WRONG_BALANCE, CHANGED_CARD, CHANGED_PAYOUT, CHANGED_JOURNAL)


async def test_play_goes_on_while_the_database_cuts_every_connection_again_and_again(
    house: House, services: Services
) -> None:
    await house.open()
    table_id = await house.table()
    ann, bob = await house.guest(), await house.guest()
    async with house.client(ann) as one, house.client(bob) as other:
        one.is_patient = other.is_patient = True
        await sit(one, table_id)
        await sit(other, table_id)
        wish = Wish(missing={"to play on"})
        async with asyncio.TaskGroup() as group:
            group.create_task(play(one, table_id, wish))
            group.create_task(play(other, table_id, wish))
            for number in range(1, 21):
                await one.answered(3 * number)
                assert await house.value(_CUT) > 0
            wish.missing.clear()
    assert len(wish.rounds) >= 3
    await check_money(house, ann, bob)
    assert await house.audit() == {}
    assert house.faults() == []
    await is_seen(house, services, MISSING_TRANSFER)


async def _hit_is_done_once(client: Client, hit: dict[str, Any]) -> None:
    """The same command again: done now or done before, the hand has one card more."""
    ack = await client.do("act", **hit)
    assert await client.do("act", **hit) == {**ack, "replayed": True}
    view = (await client.do("watch_table", table_id=hit["table_id"]))["table"]
    seat = seat_of(view, client.user_id)
    assert seat is not None
    assert len(seat["hands"][hit["hand"]]["cards"]) == 3
    assert is_turn_of(view, seat["seat"])
