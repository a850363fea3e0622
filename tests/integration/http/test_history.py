"""Tables, rounds, shoes and transfers over HTTP, after a round that was really played."""

import hashlib
import json
from uuid import uuid4

import pytest

from games.blackjack import commands
from games.blackjack.terms import Move, Phase
from games.blackjack.view import TableView
from games.cards import card_texts
from games.fairness import shoe_order
from tests.end_to_end.house import until_true
from tests.integration.http.house import TABLE, Caller, House


async def play(house: House, player: Caller, command: commands.Command) -> None:
    """A command as the socket edge would pass it on."""
    name = type(command).__name__
    await house.services.floor.play(
        player.user_id, "test-1", command, name=name, command_id=uuid4().hex, payload={"what": repr(command)}
    )


async def open_table(house: House) -> Caller:
    """A table, and the operator who made it."""
    admin = await house.admin()
    assert (await admin.post("/api/admin/tables", TABLE)).status == 201
    return admin


async def bet(house: House, player: Caller) -> str:
    """Sit and bet beside somebody who does not, so that nothing is dealt yet; answers the round's id."""
    other = await house.guest()
    await play(house, other, commands.TakeSeat(user_id=other.user_id, name=other.name, seat=2))
    await play(house, player, commands.TakeSeat(user_id=player.user_id, name=player.name, seat=1))
    view = await house.services.floor.view("test-1")
    assert view.round_id is not None
    await play(house, player, commands.PlaceBet(user_id=player.user_id, amount=1_000))  # type: ignore[arg-type] # cents
    return view.round_id


async def stand(house: House, player: Caller, round_id: str) -> None:
    """Deal, and stand on everything until the round is over."""
    await house.services.floor.operate("test-1", commands.Deal(connected=frozenset({1})))
    while True:
        view = await house.services.floor.view("test-1")
        if view.round_id != round_id or view.phase is Phase.SETTLED:
            return
        await play(house, player, _answer(view, player, round_id))


def _answer(view: TableView, player: Caller, round_id: str) -> commands.Act:
    move, hand = Move.DECLINE_INSURANCE, 0
    if view.turn is not None:
        move, hand = Move.STAND, view.turn.hand
    return commands.Act(user_id=player.user_id, round_id=round_id, hand=hand, move=move)


@pytest.fixture
async def played(house: House) -> tuple[House, Caller, Caller, str]:
    """A house, an operator, a player and the round that the player played."""
    admin = await open_table(house)
    moe = await house.player("Moe")
    round_id = await bet(house, moe)
    assert (await house.call("GET", f"/api/rounds/{round_id}")).status == 404
    await stand(house, moe, round_id)
    return house, admin, moe, round_id


async def test_anybody_sees_the_tables(house: House) -> None:
    await open_table(house)
    listed = await house.call("GET", "/api/tables")
    (line,) = listed.body["items"]
    assert (line["table_id"], line["phase"], line["players"], line["seats"]) == ("test-1", "waiting", 0, 3)
    shown = await house.call("GET", "/api/tables/test-1")
    assert shown.body["rules"]["decks"] == 2
    assert [seat["player"] for seat in shown.body["seats"]] == [None, None, None]


async def test_a_settled_round_is_public_and_its_seed_is_not(
    played: tuple[House, Caller, Caller, str],
) -> None:
    house, _, _, round_id = played
    record = (await house.call("GET", f"/api/rounds/{round_id}")).body
    assert (record["round_id"], record["table_id"]) == (round_id, "test-1")
    assert [seat["player"] for seat in record["seats"]] == ["Moe"]
    assert record["cards_used"] == len(record["cards"])
    (shoe,) = record["shoes"]
    assert (shoe["revealed"], shoe["server_seed"]) == (False, None)
    whole = (await house.call("GET", f"/api/shoes/{shoe['commitment']}")).body
    assert (whole["revealed"], whole["server_seed"], whole["rounds"]) == (False, None, [round_id])
    assert whole["rules"] == record["rules"]


async def test_a_revealed_shoe_proves_the_cards_that_were_dealt(
    played: tuple[House, Caller, Caller, str],
) -> None:
    house, admin, _, round_id = played
    assert (await admin.post("/api/admin/tables/test-1/close")).status == 200
    async with house.pool.acquire() as connection:
        await until_true(connection, "SELECT phase = 'closed' FROM tables")
    record = (await house.call("GET", f"/api/rounds/{round_id}")).body
    (shoe,) = record["shoes"]
    seed = bytes.fromhex(shoe["server_seed"])
    assert hashlib.sha256(seed).hexdigest() == shoe["commitment"]
    rules = json.dumps(record["rules"], sort_keys=True, separators=(",", ":"))
    seeds = tuple(shoe["client_seeds"])
    order = card_texts(shoe_order(seed, seeds, "test-1", shoe["shoe_number"], 2, rules=rules))
    first = shoe["first_card"]
    assert list(order[first : first + shoe["cards"]]) == record["cards"]
    whole = (await house.call("GET", f"/api/shoes/{shoe['commitment']}")).body
    assert (whole["server_seed"], whole["rules"]) == (shoe["server_seed"], record["rules"])


async def test_a_seed_that_was_left_wrapped_is_opened_once_it_is_revealed(
    played: tuple[House, Caller, Caller, str],
) -> None:
    house, _, _, round_id = played
    await house.pool.execute("UPDATE shoes SET revealed_at = clock_timestamp() WHERE shoe_number = 1")
    (shoe,) = (await house.call("GET", f"/api/rounds/{round_id}")).body["shoes"]
    assert hashlib.sha256(bytes.fromhex(shoe["server_seed"])).hexdigest() == shoe["commitment"]


async def test_the_next_shoe_shows_its_commitment_only(played: tuple[House, Caller, Caller, str]) -> None:
    house, *_ = played
    commitment = (await house.call("GET", "/api/tables/test-1")).body["next_commitment"]
    shoe = (await house.call("GET", f"/api/shoes/{commitment}")).body
    assert shoe == {
        "commitment": commitment,
        "table_id": "test-1",
        "shoe_number": 2,
        "rules": None,
        "revealed": False,
        "server_seed": None,
        "client_seeds": [],
        "rounds": [],
    }


async def test_a_player_sees_the_own_rounds_and_transfers_page_by_page(
    played: tuple[House, Caller, Caller, str],
) -> None:
    house, _, moe, round_id = played
    (line,) = (await moe.get("/api/rounds")).body["items"]
    assert (line["round_id"], line["seat"], line["net"]) == (round_id, 1, line["paid"] - line["staked"])
    whole = (await moe.get("/api/transfers")).body
    assert whole["next"] is None
    assert [item["reason"] for item in whole["items"]][-2:] == ["bet", "start"]
    assert whole["items"][0]["balance"] == await house.balance(moe.user_id)
    assert sum(item["amount"] for item in whole["items"]) == await house.balance(moe.user_id)
    pages: list[object] = []
    cursor: dict[str, object] = {}
    for _ in whole["items"]:
        page = (await moe.get("/api/transfers", limit=1, **cursor)).body
        pages += page["items"]
        cursor = {"before": page["next"]}
    assert pages == whole["items"]
    other = await house.guest()
    assert (await other.get("/api/rounds")).body == {"items": [], "next": None}


@pytest.mark.parametrize("cursor", ["nonsense", "1", "1.", ".1", "1.x", "9" * 30 + ".x"])
async def test_a_cursor_of_nobody_is_refused(house: House, cursor: str) -> None:
    guest = await house.guest()
    for path in ("/api/transfers", "/api/rounds"):
        answer = await guest.get(path, before=cursor)
        assert answer.refusal == (422, "invalid_payload", "before")


async def test_a_cursor_of_a_made_up_place_is_no_fault(house: House) -> None:
    guest = await house.guest()
    for version, status in ((10**17, 200), (0, 200), (10**30, 422)):
        cursor = f"{version}.018f4e9a-7b00-7000-8000-00000000abcd"
        assert (await guest.get("/api/transfers", before=cursor)).status == status
