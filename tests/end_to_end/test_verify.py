"""`casino verify` on rounds of a real casino, from its addresses and from files."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.end_to_end.clients import Client
from tests.end_to_end.house import Finished, House, command
from tests.end_to_end.play import Wish, play_until, sit

NOWHERE = "http://127.0.0.1:1/api/rounds/00000000-0000-0000-0000-000000000001"


async def play_shoes(house: House, client: Client, table_id: str, *, shoes: int) -> list[str]:
    """Play until so many shoes are finished; gives the rounds."""
    wish = Wish(missing={"nothing"})
    await sit(client, table_id)
    await client.do("set_client_seed", table_id=table_id, client_seed="lucky 7 ☃")
    await play_until(client, table_id, wish, lambda view: view["shoe_number"] > shoes)
    return wish.rounds


async def test_rounds_are_verified_from_their_address_once_their_shoe_is_revealed(
    open_casino: House, tmp_path: Path
) -> None:
    house = open_casino
    table_id = await house.table(rules={"decks": 1, "penetration": 0.5})
    async with house.client(await house.guest()) as client:
        rounds = await play_shoes(house, client, table_id, shoes=2)
    records = [await house.admin.get(f"/api/rounds/{round_id}") for round_id in rounds]
    seeded = next(record for record in records if "lucky 7 ☃" in record["shoes"][0]["client_seeds"])
    assert seeded["shoes"][0]["shoe_number"] == 2
    round_id = seeded["round_id"]
    file = tmp_path / "round.json"
    file.write_text(json.dumps(seeded))

    by_address, by_page, by_file, unknown = await asyncio.gather(
        command("verify", f"{house.url}/api/rounds/{round_id}"),
        command("verify", f"{house.url}/history/{round_id}"),
        command("verify", str(file)),
        command("verify", NOWHERE.replace("http://127.0.0.1:1", house.url)),
    )
    for done in (by_address, by_page, by_file):
        assert (done.code, done.report["ok"], done.report["round_id"]) == (0, True, round_id)
        assert {"commitment", "shuffle", "cards", "payouts"} <= {
            check["check"] for check in done.report["checks"] if check["ok"]
        }
    assert (unknown.code, unknown.report["error"]["code"]) == (2, "unreadable")
    await check_forgeries(seeded)
    assert await house.audit() == {}


async def check_forgeries(record: dict[str, Any]) -> None:
    """One changed character is exit 1 and names the check that failed."""
    text = json.dumps(record)
    seed, card = record["shoes"][0]["server_seed"], record["cards"][0]
    payout = record["seats"][0]["hands"][0]["payout"]
    forgeries = {
        "commitment": text.replace(seed, ("1" if seed[0] == "0" else "0") + seed[1:]),
        "cards": text.replace(json.dumps(record["cards"]), json.dumps([f"X{card[1]}", *record["cards"][1:]])),
        "payouts": text.replace(f'"payout": {payout}', f'"payout": {payout + 1}'),
    }
    done = await asyncio.gather(*(command("verify", "-", stdin=forged) for forged in forgeries.values()))
    assert [(1, check) for check in forgeries] == [
        (each.code, each.report["error"]["check"]) for each in done
    ]


async def test_a_round_of_a_shoe_in_play_is_not_revealed_and_exits_1(open_casino: House) -> None:
    house = open_casino
    table_id = await house.table()
    async with house.client(await house.guest()) as client:
        await sit(client, table_id)
        wish = Wish(missing={"nothing"})
        view = await play_until(client, table_id, wish, lambda view: view["phase"] == "settled")
    done = await command("verify", f"{house.url}/api/rounds/{view['round_id']}")
    assert (done.code, done.report["error"]["code"]) == (1, "not_revealed")
    assert {check["check"]: check["ok"] for check in done.report["checks"]} == {
        "round": True, "rules": True, "shoes": True, "replay": True, "payouts": True
    }  # fmt: skip


@asynccontextmanager
async def endless() -> AsyncIterator[str]:
    """The address of a server that answers with more than any record has."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b" " * (1 << 21), content_type="application/json")

    app = web.Application()
    app.router.add_get("/{any:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/api/rounds/1"))


async def test_what_can_not_be_read_is_json_and_exit_2(tmp_path: Path) -> None:
    long = tmp_path / "long.json"
    long.write_bytes(b" " * ((1 << 20) + 1))
    async with endless() as address:
        calls = [
            command("verify", source, stdin="nothing")
            for source in (
                "-",
                str(tmp_path / "none.json"),
                str(tmp_path),
                str(long),
                NOWHERE,
                "http://[",
                address,
            )
        ]
        done = await asyncio.gather(*calls)
    assert [each.code for each in done] == [2] * 7
    assert codes_of(done) == ["not_a_record", *["unreadable"] * 6]
    assert "longer than a round record" in done[-1].report["error"]["message"]
    assert [each.err for each in done] == [""] * 7


def codes_of(done: list[Finished]) -> list[str]:
    """The codes that commands gave."""
    return [each.report["error"]["code"] for each in done]
