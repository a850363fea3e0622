"""A load test finds each lie that is planted, and takes a killed server for none."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.house import House
from tests.end_to_end.loading import opened, run
from tests.end_to_end.meddler import Wire, meddling


@pytest.fixture
async def floor(house: House) -> House:
    """A casino with one open table that nobody sits at."""
    return await opened(house)


def _lie(told: dict[str, int]) -> Callable[[Wire, dict[str, Any]], dict[str, Any] | None]:
    """Tell three watchers a lie each, once, while a hand is in play; `told` gets the versions by lie."""
    lies = {"push": _nothing, "hole": _with_the_hole_card, "bet": _with_another_bet}
    liars: dict[int, str] = {}

    def meddle(wire: Wire, view: dict[str, Any]) -> dict[str, Any] | None:
        if not wire.is_watcher or view["phase"] != "playing" or "??" not in view["dealer"]["cards"]:
            return view
        untold = [lie for lie in lies if lie not in told and view["version"] not in told.values()]
        if id(wire) in liars or not untold:
            return view
        liars[id(wire)] = lie = untold[0]
        told[lie] = view["version"]
        return lies[lie](view)

    return meddle


def _nothing(_view: dict[str, Any]) -> None:
    return None


def _with_the_hole_card(view: dict[str, Any]) -> dict[str, Any]:
    up_card = view["dealer"]["cards"][0]
    return {**view, "dealer": {**view["dealer"], "cards": [up_card, "KD"]}}


def _with_another_bet(view: dict[str, Any]) -> dict[str, Any]:
    seats = [{**seat, "bet": seat["bet"] + 1} if seat["hands"] else seat for seat in view["seats"]]
    return {**view, "seats": seats}


async def _pay_twice(house: House) -> None:
    """What some player won comes a second time, from the bank, with a key of its own: no cent is missing."""
    won = """SELECT t.* FROM transfers t JOIN accounts a ON a.account_id = t.credit
        WHERE t.reason = 'settled' AND a.kind = 'wallet' LIMIT 1"""
    await house.until_true(f"SELECT count(*) > 0 FROM ({won}) t")  # noqa: S608 # our own text
    await house.database.execute(
        f"""SELECT post_transfers(ARRAY[gen_random_uuid()], ARRAY['planted'], ARRAY[b.account_id],
            ARRAY[t.credit], ARRAY[t.amount], ARRAY['settled'], t.round_id, NULL)
        FROM ({won}) t, (SELECT account_id FROM accounts WHERE kind = 'bank' LIMIT 1) b"""  # noqa: S608
    )


async def test_a_double_pay_a_dropped_push_and_a_leaked_hole_card_are_each_found_and_named(
    floor: House,
) -> None:
    told: dict[str, int] = {}
    async with meddling(floor.url, _lie(told)) as url, asyncio.TaskGroup() as group:
        group.create_task(_pay_twice(floor))
        running = group.create_task(run(floor, url, "--duration", "10"))
    done = running.result()
    verdict = done.report["verdict"]
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in verdict["findings"]:
        found.setdefault(finding["kind"], []).append(finding)
    assert done.code == 1
    assert set(told) == {"push", "hole", "bet"}
    assert [finding["version"] for finding in found["push_dropped"]] == [told["push"]]
    assert {finding["version"] for finding in found["hidden_card_leaked"]} == {told["hole"]}
    assert {finding["version"] for finding in found["view_wrong"]} == {told["hole"], told["bet"]}
    (paid,) = found["double_pay"]
    assert "'planted'" in paid["detail"]
    # Two clients saw it otherwise than the rest, and the wallet's owner was not told of the second payment.
    others = {"views_disagree", "view_wrong", "balance_dropped"}
    # Every cent is where its transfers say, but the round that was paid twice does not say so.
    others.add("books:rounds_match_their_transfers")
    assert found.keys() == {"push_dropped", "hidden_card_leaked", "double_pay"} | others
    assert done.report["books_balance"] is False


async def test_clients_come_back_after_a_killed_server_and_nothing_was_done_twice(floor: House) -> None:
    first = floor.processes[0]
    running = asyncio.create_task(run(floor, floor.url, "--duration", "8"))
    await floor.until_true("SELECT count(*) > 12 FROM journal")
    await first.kill()
    await floor.web(port=first.port)
    done = await running
    report = done.report
    assert (report["verdict"]["findings"], report["verdict"]["ok"]) == ([], True)
    assert report["reconnects"] >= 7
    assert report["books_balance"] is True
