"""Syndicates over HTTP."""

import pytest

from server.bells import BalanceChanged, MembershipChanged
from tests.integration.http.house import Caller, House, rung


async def founded(house: House, name: str = "Moe's Regulars") -> tuple[Caller, str]:
    """A founder and the syndicate's id."""
    moe = await house.guest()
    answer = await moe.post("/api/syndicates", {"name": name, "dividend_bps": 2_500})
    assert answer.status == 201
    return moe, answer.body["syndicate_id"]


async def test_a_founder_owns_a_syndicate_without_shares(house: House) -> None:
    moe, syndicate_id = await founded(house)
    syndicate = (await moe.get(f"/api/syndicates/{syndicate_id}")).body
    for field, value in {
        "name": "Moe's Regulars",
        "owner_id": moe.user_id,
        "dividend_bps": 2_500,
        "minimum_payout": 0,
        "reserve": 0,
        "treasury": 0,
        "members": 1,
        "shares": 0,
        "my_shares": 0,
    }.items():
        assert syndicate[field] == value
    assert (await moe.get("/api/me")).body["syndicate"] == syndicate
    assert await rung(house, MembershipChanged) == MembershipChanged(
        user_id=moe.user_id, syndicate_id=syndicate_id
    )


REFUSED = {
    "short name": ({"name": "ab", "dividend_bps": 1}, "name"),
    "long name": ({"name": "x" * 41, "dividend_bps": 1}, "name"),
    "blank name": ({"name": "     ", "dividend_bps": 1}, "name"),
    "NUL": ({"name": "a\x00bc", "dividend_bps": 1}, "name"),
    "no part": ({"name": "Moe's", "dividend_bps": 0}, "dividend_bps"),
    "more than all": ({"name": "Moe's", "dividend_bps": 10_001}, "dividend_bps"),
    "half": ({"name": "Moe's", "dividend_bps": 0.5}, "dividend_bps"),
    "negative reserve": ({"name": "Moe's", "dividend_bps": 1, "reserve": -1}, "reserve"),
    "misspelt": ({"name": "Moe's", "dividend_bps": 1, "minimum": 1}, "minimum"),
}


@pytest.mark.parametrize(("body", "field"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_syndicate_that_can_not_be_is_refused(house: House, body: object, field: str) -> None:
    guest = await house.guest()
    answer = await guest.post("/api/syndicates", body)
    assert answer.refusal == (422, "invalid_payload", field)


async def test_one_joins_one_syndicate_and_leaves_it(house: House) -> None:
    _, syndicate_id = await founded(house)
    barney = await house.guest()
    joined = await barney.post(f"/api/syndicates/{syndicate_id}/join")
    assert (joined.status, joined.body["members"], joined.body["my_shares"]) == (200, 2, 0)
    again = await barney.post(f"/api/syndicates/{syndicate_id}/join")
    assert (again.status, again.code) == (409, "already_member")
    second = await barney.post("/api/syndicates", {"name": "Barney's", "dividend_bps": 1})
    assert (second.status, second.code) == (409, "already_member")
    assert (await barney.post(f"/api/syndicates/{syndicate_id}/leave")).status == 204
    gone = await barney.post(f"/api/syndicates/{syndicate_id}/leave")
    assert (gone.status, gone.code) == (404, "not_found")
    assert (await barney.get("/api/me")).body["syndicate"] is None


async def test_a_contribution_counts_once_and_is_told(house: House) -> None:
    moe, syndicate_id = await founded(house)
    path, body = f"/api/syndicates/{syndicate_id}/contribute", {"amount": 5_000, "command_id": "pay-00001"}
    first = await moe.post(path, body)
    assert (first.status, first.body["balance"], first.body["treasury"]) == (200, 95_000, 5_000)
    assert (first.body["shares"], first.body["pending_shares"]) == (5_000, 0)
    told = await rung(house, BalanceChanged)
    assert isinstance(told, BalanceChanged)
    assert (told.payload["balance"], told.payload["reason"]) == (95_000, "contribution")
    assert (await moe.post(path, body)).body == {**first.body, "replayed": True}
    other = await moe.post(path, {**body, "amount": 6_000})
    assert (other.status, other.code) == (409, "command_id_reused")
    assert await house.balance(moe.user_id) == 95_000
    (member,) = (await moe.get(f"/api/syndicates/{syndicate_id}/members")).body["items"]
    assert (member["user_id"], member["name"], member["shares"]) == (moe.user_id, moe.name, 5_000)


async def test_one_contributes_what_one_has_to_ones_own_syndicate(house: House) -> None:
    moe, syndicate_id = await founded(house)
    path = f"/api/syndicates/{syndicate_id}/contribute"
    poor = await moe.post(path, {"amount": 100_001, "command_id": "pay-00001"})
    assert (poor.status, poor.code) == (409, "insufficient_funds")
    barney = await house.guest()
    foreign = await barney.post(path, {"amount": 1, "command_id": "pay-00001"})
    assert (foreign.status, foreign.code) == (403, "forbidden")
    assert (await moe.post(path, {"amount": 100_000, "command_id": "pay-00001"})).status == 200


async def test_the_owner_changes_a_syndicate_and_nobody_else(house: House) -> None:
    moe, syndicate_id = await founded(house)
    path = f"/api/syndicates/{syndicate_id}"
    changed = await moe.patch(path, {"name": "Moe's New Regulars", "reserve": 700})
    assert (changed.status, changed.body["name"], changed.body["reserve"]) == (200, "Moe's New Regulars", 700)
    assert changed.body["dividend_bps"] == 2_500
    barney = await house.guest()
    assert (await barney.patch(path, {"reserve": 0})).code == "forbidden"
    await barney.post("/api/syndicates", {"name": "Barney's", "dividend_bps": 1})
    assert (await moe.patch(path, {"name": "BARNEY'S"})).code == "name_taken"
    assert (await moe.patch(path, {"owner_id": barney.user_id})).refusal[0] == 422


async def test_syndicates_are_listed_page_by_page(house: House) -> None:
    ids = [(await founded(house, f"Syndicate {number}"))[1] for number in range(3)]
    guest = await house.guest()
    first = (await guest.get("/api/syndicates", limit=2)).body
    assert [item["syndicate_id"] for item in first["items"]] == ids[:2]
    rest = (await guest.get("/api/syndicates", limit=2, after=first["next"])).body
    assert ([item["syndicate_id"] for item in rest["items"]], rest["next"]) == (ids[2:], None)
    payouts = (await guest.get(f"/api/syndicates/{ids[0]}/payouts")).body
    assert payouts == {"items": [], "next": None}


async def test_a_syndicate_that_is_none_is_not_found(house: House) -> None:
    guest = await house.guest()
    for syndicate_id in ("nonsense", "018f4e9a-7b00-7000-8000-00000000abcd"):
        for path in ("", "/members", "/payouts"):
            assert (await guest.get(f"/api/syndicates/{syndicate_id}{path}")).status == 404
        assert (await guest.post(f"/api/syndicates/{syndicate_id}/join")).status == 404
