"""Rounds and shoes that are over: whose they are, in which order, page by page, and what is public when."""

from typing import Any
from uuid import UUID

import pytest

from economy.money import Money
from games.blackjack import commands
from tests.end_to_end.house import until_true
from tests.integration.http.house import Caller, House
from tests.integration.http.test_history import bet, open_table, play, stand

_PLANT_ROUND = """
INSERT INTO rounds (round_id, table_id, started_at, settled_at, record)
SELECT $1, table_id, started_at, settled_at, record FROM rounds WHERE round_id = $2"""
_PLANT_SEAT = """
INSERT INTO round_seats (user_id, round_id, table_id, seat, staked, paid, settled_at)
SELECT $1, $2, table_id, 1, 1000, 0, settled_at FROM rounds WHERE round_id = $2"""


@pytest.fixture
async def played(house: House) -> tuple[House, Caller, Caller, str]:
    """A house, an operator, a player and the round that the player played."""
    admin = await open_table(house)
    moe = await house.player("Moe")
    round_id = await bet(house, moe)
    await stand(house, moe, round_id)
    return house, admin, moe, round_id


async def pages(caller: Caller, limit: int) -> list[list[str]]:
    """The ids of the caller's rounds, page by page, as `next` leads on."""
    found: list[list[str]] = []
    cursor: dict[str, object] = {}
    while True:
        page = (await caller.get("/api/rounds", limit=limit, **cursor)).body
        found.append([item["round_id"] for item in page["items"]])
        if page["next"] is None:
            return found
        cursor = {"before": page["next"]}


async def test_a_round_in_the_list_is_its_record_and_what_it_was_to_the_caller(
    played: tuple[House, Caller, Caller, str],
) -> None:
    house, _, moe, round_id = played
    (line,) = (await moe.get("/api/rounds")).body["items"]
    record = (await house.call("GET", f"/api/rounds/{round_id}")).body
    (seat,) = record["seats"]
    paid = sum(hand["payout"] for hand in seat["hands"])
    own = {"seat": 1, "staked": 1_000, "paid": paid, "net": seat["net"], "voided": False}
    assert line == {**record, **own}


async def test_many_rounds_of_one_moment_are_paged_without_a_gap_or_a_repeat(
    played: tuple[House, Caller, Caller, str],
) -> None:
    house, _, moe, round_id = played
    other = await house.guest()
    ids = [UUID(int=UUID(round_id).int + step) for step in (9, 4, 7, 2, 5)]
    for planted in ids:
        await house.pool.execute(_PLANT_ROUND, planted, UUID(round_id))
        await house.pool.execute(_PLANT_SEAT, UUID(moe.user_id), planted)
    await house.pool.execute(_PLANT_SEAT, UUID(other.user_id), ids[1])
    newest_first = [str(planted) for planted in sorted(ids, reverse=True)] + [round_id]
    assert await pages(moe, 2) == [newest_first[0:2], newest_first[2:4], newest_first[4:6]]
    assert await pages(moe, 4) == [newest_first[0:4], newest_first[4:6]]
    assert await pages(moe, 200) == [newest_first]
    assert await pages(other, 1) == [[str(ids[1])]]


async def test_a_voided_round_is_on_record_for_its_players_and_its_shoe_is_revealed(house: House) -> None:
    admin = await open_table(house)
    moe = await house.player("Moe")
    round_id = await bet(house, moe)
    while not await is_dealt_and_voided(house, admin):  # a natural ends the round first
        async with house.pool.acquire() as connection:
            over = "SELECT phase = 'betting' AND round_id::text <> $1 FROM tables"
            await until_true(connection, over, round_id)
        await play(house, moe, commands.PlaceBet(user_id=moe.user_id, amount=Money(1_000)))
        round_id = (await house.services.floor.view("test-1")).round_id or ""
    line = (await moe.get("/api/rounds")).body["items"][0]
    assert (line["round_id"], line["voided"]) == (round_id, True)
    assert (line["staked"], line["paid"], line["net"]) == (1_000, 1_000, 0)
    record = (await house.call("GET", f"/api/rounds/{round_id}")).body
    assert [hand["outcome"] for seat in record["seats"] for hand in seat["hands"]] == ["void"]
    (shoe,) = record["shoes"]
    assert (shoe["revealed"], len(shoe["server_seed"])) == (True, 64)
    whole = (await house.call("GET", f"/api/shoes/{shoe['commitment']}")).body
    assert whole["rounds"][-1] == round_id


async def is_dealt_and_voided(house: House, admin: Caller) -> bool:
    """Deal, and void the round if it is not over by then."""
    await house.services.floor.operate("test-1", commands.Deal(connected=frozenset({1})))
    answer = await admin.post("/api/admin/tables/test-1/void", {"reason": "a card fell"})
    return answer.status == 200


async def test_a_round_of_which_no_card_was_dealt_is_not_found(house: House) -> None:
    admin = await open_table(house)
    moe = await house.player("Moe")
    round_id = await bet(house, moe)
    assert (await admin.post("/api/admin/tables/test-1/void", {"reason": "test"})).status == 200
    assert (await house.call("GET", f"/api/rounds/{round_id}")).code == "not_found"
    assert (await moe.get("/api/rounds")).body["items"] == []
    moved = (await moe.get("/api/transfers")).body["items"]
    assert [(line["reason"], line["round_id"]) for line in moved[:2]] == [
        ("voided", round_id),
        ("bet", round_id),
    ]


async def test_client_seeds_are_public_from_the_moment_that_their_shoe_starts(house: House) -> None:
    admin = await open_table(house)
    moe = await house.player("Moe")
    await bet(house, moe)
    await play(house, moe, commands.SetClientSeed(user_id=moe.user_id, client_seed="lucky 7"))
    commitment = (await house.call("GET", "/api/tables/test-1")).body["next_commitment"]
    assert (await shoe_of(house, commitment))["client_seeds"] == []
    await admin.post("/api/admin/tables/test-1/void", {"reason": "test"})  # the next shoe comes into play
    shoe = await shoe_of(house, commitment)
    assert (shoe["shoe_number"], shoe["client_seeds"]) == (2, ["lucky 7", "", ""])
    assert (shoe["revealed"], shoe["server_seed"], shoe["rounds"]) == (False, None, [])
    assert (await house.call("GET", "/api/tables/test-1")).body["commitment"] == commitment


async def test_a_shoe_lists_its_rounds_alone_and_one_that_took_its_last_cards_too(
    played: tuple[House, Caller, Caller, str],
) -> None:
    house, _, _, round_id = played
    first, later, elsewhere = (UUID(int=UUID(round_id).int + step) for step in (1, 2, 3))
    for planted, shoes in ((first, [1]), (later, [1, 2]), (elsewhere, [2])):
        await house.pool.execute(_PLANT_ROUND, planted, UUID(round_id))
        await house.pool.execute(
            """UPDATE rounds SET settled_at = settled_at + make_interval(secs => $3), record =
                jsonb_set(record, '{shoes}', (SELECT jsonb_agg(jsonb_build_object('shoe_number', n))
                    FROM unnest($2::integer[]) AS n)) WHERE round_id = $1""",
            planted,
            shoes,
            planted.int - UUID(round_id).int,
        )
    view = (await house.call("GET", "/api/tables/test-1")).body
    shoe = await shoe_of(house, view["commitment"])
    assert shoe["rounds"] == [round_id, str(first), str(later)]


async def shoe_of(house: House, commitment: str) -> dict[str, Any]:
    """What anybody may know of a shoe."""
    answer = await house.call("GET", f"/api/shoes/{commitment}")
    assert answer.status == 200
    body: dict[str, Any] = answer.body
    return body
