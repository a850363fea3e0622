"""`kill -9` in the middle: nothing is lost, nothing is done twice."""

import signal
import time
from typing import Any
from uuid import uuid4

import asyncpg
import psutil
import pytest

from tests.end_to_end.clients import seat_of
from tests.end_to_end.house import House
from tests.end_to_end.play import BET, Wish, is_small_hand, play_until, sit
from tests.end_to_end.syndicates import found_syndicate, run_by_http

START = 100_000


@pytest.mark.parametrize("is_same_port", [True, False], ids=["same port", "another port"])
async def test_a_hand_goes_on_after_the_web_process_was_killed(house: House, *, is_same_port: bool) -> None:
    await house.open()
    (web,) = house.processes
    table_id = await house.table()
    account = await house.guest()
    async with house.client(account) as client:
        await sit(client, table_id)
        view = await play_until(client, table_id, Wish(missing={"hit"}), is_small_hand)
        hit = {
            "table_id": table_id,
            "round_id": view["round_id"],
            "hand": 0,
            "cards": 2,
            "move": "hit",
            "command_id": uuid4().hex,
        }
        ack = await client.do("act", **hit)
        before = await client.view_where(table_id, lambda view: view["version"] >= ack["version"])
        await web.kill()
        await client.gone()

    await house.web(port=web.port if is_same_port else None)
    async with house.client(account) as client:
        (welcome,) = client.events("welcome")
        assert welcome["balance"] == ack["balance"]
        again = (await client.do("watch_table", table_id=table_id))["table"]
        assert _without_time(again) == _without_time(before)
        assert again["phase"] == "playing"
        assert again["dealer"]["cards"][1] == "??"

        assert await client.do("act", **hit) == {**ack, "replayed": True}
        assert await client.refused("act", **{**hit, "move": "stand"}) == "command_id_reused"
        assert await client.refused("act", **{**hit, "command_id": uuid4().hex}) == "stale_round"
        assert client.view(table_id)["version"] == before["version"]

        stand = await client.do("act", **{**hit, "command_id": uuid4().hex, "cards": 3, "move": "stand"})
        record = await house.admin.get(f"/api/rounds/{view['round_id']}")
        (seat,) = record["seats"]
        shown = seat_of(before, client.user_id)
        assert shown is not None
        assert seat["hands"][0]["cards"] == shown["hands"][0]["cards"]
        assert seat["actions"][-2:] == ["hit", "stand"]
        assert record["dealer"]["cards"][0] == before["dealer"]["cards"][0]
        assert stand["balance"] == ack["balance"] + BET + seat["net"]
    assert await house.audit() == {}
    assert house.faults() == []


def _without_time(view: dict[str, Any]) -> dict[str, Any]:
    return {**view, "deadline_ms": None}


async def test_a_worker_that_is_killed_inside_a_payment_leaves_it_to_another_which_pays_once(
    house: House, postgres_url: str
) -> None:
    await house.open(has_worker=True)
    (worker,) = (process for process in house.processes if process.arguments == ("worker",))
    ann, bob = await house.guest(), await house.guest()
    syndicate_id = await found_syndicate(house, {"ann": (ann, 10_000), "bob": (bob, 30_000)})

    holder = await asyncpg.connect(postgres_url)
    try:
        async with holder.transaction():
            await holder.execute(
                "SELECT FROM accounts WHERE kind = 'wallet' AND owner = $1 FOR UPDATE", bob.user_id
            )
            run_id = await run_by_http(house)
            await house.until_true(_WAITS_FOR_THE_WALLET)
            await worker.kill()
            assert await _paid(house, run_id) == 0
    finally:
        await holder.close()

    await house.worker()
    await house.until_true("SELECT status = 'COMPLETED' FROM runs WHERE run_id = $1::uuid", run_id)
    assert await _paid(house, run_id) == 2
    for account, given in ((ann, 10_000), (bob, 30_000)):
        async with house.client(account) as client:
            dividend = await client.hear("payout_completed")
            assert (dividend["seq"], dividend["amount"]) == (1, given // 2)
            assert dividend["balance"] == START - given + given // 2
    syndicate = await house.api(ann).get(f"/api/syndicates/{syndicate_id}")
    assert syndicate["treasury"] == 20_000
    assert await house.audit() == {}
    assert house.faults() == []


_WAITS_FOR_THE_WALLET = """
SELECT count(*) = 1 FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'worker' AND wait_event_type = 'Lock'"""


async def _paid(house: House, run_id: str) -> int:
    """How many members the run has paid."""
    return int(
        await house.value(
            "SELECT count(*) FROM transfers JOIN payouts USING (payout_id) WHERE run_id = $1::uuid", run_id
        )
    )


async def test_a_web_process_that_is_told_to_end_tells_its_clients_and_is_gone_within_8_seconds(
    house: House,
) -> None:
    await house.open()
    (web,) = house.processes
    table_id = await house.table()
    async with (
        house.client(await house.guest()) as one,
        house.client(await house.guest()) as other,
        house.client(await house.guest()) as idle,
    ):
        for client in (one, other):
            await sit(client, table_id)
        view = one.view(table_id)
        bet = await one.do("place_bet", table_id=table_id, amount=BET, round_id=view["round_id"])
        began = time.monotonic()
        web.signal(signal.SIGTERM)
        for client in (one, other, idle):
            assert (await client.hear("server_restarting"))["reconnect_after_ms"] > 0
            await client.gone()
        assert await web.wait(timeout_s=8) == 0
        assert time.monotonic() - began < 8
    assert not psutil.pid_exists(web.pid)
    assert web.errors() == ""

    await house.web()  # and the bet is still there
    async with house.client(one.account) as client:
        seat = seat_of((await client.do("watch_table", table_id=table_id))["table"], one.user_id)
        assert seat is not None
        assert (seat["bet"], client.events("welcome")[0]["balance"]) == (BET, bet["balance"])
    assert await house.audit() == {}
    assert house.faults() == []
