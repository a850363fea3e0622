"""What operators do over HTTP, and the trail that it leaves."""

from typing import Any

import pytest

from games.blackjack import commands
from server.bells import BalanceChanged, SessionsEnded
from tests.integration.http.house import PASSWORD, TABLE, Caller, House, is_uuid, rung
from tests.integration.http.test_history import bet

PATHS = (
    ("GET", "/api/admin/metrics"),
    ("GET", "/api/admin/payouts/status"),
    ("POST", "/api/admin/payouts/run"),
    ("POST", "/api/admin/payouts/pause"),
    ("GET", "/api/admin/tables"),
    ("POST", "/api/admin/tables"),
    ("GET", "/api/admin/users"),
    ("GET", "/api/admin/actions"),
    ("POST", "/api/admin/users/018f4e9a-7b00-7000-8000-00000000abcd/credit"),
)


async def trail(admin: Caller) -> list[str]:
    """What was done, oldest first."""
    items = (await admin.get("/api/admin/actions")).body["items"]
    return [item["action"] for item in reversed(items) if item["action"] != "create_admin"]


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_players_are_no_operators(house: House, method: str, path: str) -> None:
    guest = await house.guest()
    answer = await house.call(method, path, {}, token=guest.token)
    assert (answer.status, answer.code) == (403, "forbidden")


async def test_a_credit_counts_once_and_is_told_and_on_record(house: House) -> None:
    admin, moe = await house.admin(), await house.player("Moe")
    path = f"/api/admin/users/{moe.user_id}/credit"
    body = {"amount": 500, "reason": "sorry", "command_id": "credit-01"}
    first = await admin.post(path, body)
    assert (first.status, first.body["balance"]) == (200, 100_500)
    told = await rung(house, BalanceChanged)
    assert isinstance(told, BalanceChanged)
    assert (told.user_id, told.payload["reason"]) == (moe.user_id, "credit")
    assert (await admin.post(path, body)).body == {**first.body, "replayed": True}
    assert (await admin.post(path, {**body, "amount": 501})).code == "command_id_reused"
    assert await house.balance(moe.user_id) == 100_500
    (action,) = [
        item
        for item in (await admin.get("/api/admin/actions")).body["items"]
        if item["action"] == "credit_user"
    ]
    assert (action["admin_id"], action["admin"], action["target"]) == (
        admin.user_id,
        "Operator",
        moe.user_id,
    )
    assert action["facts"] == {"amount": 500, "reason": "sorry", "command_id": "credit-01"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 0, "reason": "x", "command_id": "credit-01"}, "amount"),
        ({"amount": 5, "reason": "", "command_id": "credit-01"}, "reason"),
        ({"amount": 5, "reason": "a\x00b", "command_id": "credit-01"}, "reason"),
        ({"amount": 5, "reason": "x"}, "command_id"),
    ],
)
async def test_a_wrong_credit_gives_nothing(house: House, body: object, field: str) -> None:
    admin, moe = await house.admin(), await house.guest()
    answer = await admin.post(f"/api/admin/users/{moe.user_id}/credit", body)
    assert answer.refusal == (422, "invalid_payload", field)
    assert await house.balance(moe.user_id) == 100_000


async def test_a_suspended_player_is_out_until_let_in_again(house: House) -> None:
    admin, moe = await house.admin(), await house.player("Moe")
    path = f"/api/admin/users/{moe.user_id}"
    answer = await admin.post(f"{path}/suspend", {"reason": "cheats"})
    assert (answer.status, answer.body["suspended"]) == (200, True)
    assert await rung(house, SessionsEnded) == SessionsEnded(user_id=moe.user_id)
    assert (await moe.get("/api/me")).status == 401
    login = await house.call("POST", "/api/auth/login", {"name": "Moe", "password": PASSWORD})
    assert (login.status, login.code) == (403, "suspended")
    assert (await admin.post(f"{path}/unsuspend", {})).status == 200
    login = await house.call("POST", "/api/auth/login", {"name": "Moe", "password": PASSWORD})
    assert login.status == 200
    assert (await admin.post(f"{path}/mute", {"reason": "shouts"})).body["muted"]
    assert not (await admin.post(f"{path}/unmute", {})).body["muted"]
    assert await trail(admin) == ["suspend_user", "unsuspend_user", "mute_user", "unmute_user"]


async def test_players_are_found_by_the_beginning_of_their_names(house: House) -> None:
    admin = await house.admin()
    for name in ("Moe", "Moe II", "Barney"):
        await house.player(name)
    found = (await admin.get("/api/admin/users", name="MOE")).body
    assert [item["name"] for item in found["items"]] == ["Moe", "Moe II"]
    assert (await admin.get("/api/admin/users", name="a\x00")).refusal == (422, "invalid_payload", "name")


async def test_a_table_is_made_changed_closed_and_opened(house: House) -> None:
    admin = await house.admin()
    made = await admin.post("/api/admin/tables", TABLE)
    assert made.status == 201
    for field, value in TABLE.items():
        if field != "rules":
            assert made.body[field] == value
    assert (made.body["rules"]["decks"], made.body["rules"]["penetration"]) == (2, 0.75)
    assert (await admin.post("/api/admin/tables", TABLE)).code == "name_taken"
    changed = await admin.patch("/api/admin/tables/test-1", {"min_bet": 500, "hints": False})
    assert (changed.status, changed.body["min_bet"], changed.body["hints"]) == (200, 500, False)
    assert changed.body["max_bet"] == TABLE["max_bet"]
    assert (await admin.post("/api/admin/tables/test-1/close")).body["phase"] == "closed"
    assert (await admin.post("/api/admin/tables/test-1/open")).body["phase"] == "waiting"
    (listed,) = (await admin.get("/api/admin/tables")).body["items"]
    assert (listed["table_id"], listed["escrow"], listed["players"]) == ("test-1", 0, 0)
    assert await trail(admin) == [
        "create_table",
        "create_table",
        "create_table_refused",
        "change_table",
        "close_table",
        "open_table",
    ]


WRONG_TABLES: dict[str, tuple[dict[str, Any], str]] = {
    "no such rule": ({"rules": {"decs": 6}}, "rules.decs"),
    "no such value": ({"rules": {"blackjack_pays": "2:1"}}, "rules.blackjack_pays"),
    "nine decks": ({"rules": {"decks": 9}}, "rules.decks"),
    "true decks": ({"rules": {"decks": True}}, "rules.decks"),
    "no seat": ({"seats": 0}, "seats"),
    "eight seats": ({"seats": 8}, "seats"),
    "limits the wrong way round": ({"min_bet": 500, "max_bet": 400}, "max_bet"),
    "free": ({"min_bet": 0}, "min_bet"),
    "a moment": ({"turn_ms": 99}, "turn_ms"),
    "an age": ({"betting_ms": 600_001}, "betting_ms"),
    "a float": ({"pause_ms": 200.0}, "pause_ms"),
    "no such fallback": ({"on_timeout": "hit"}, "on_timeout"),
    "an id with spaces": ({"table_id": "main 1"}, "table_id"),
    "a name with NUL": ({"name": "a\x00"}, "name"),
    "a number for a switch": ({"hints": 1}, "hints"),
    "one key too many": ({"bank": 5}, "bank"),
    "too large": ({"max_bet": 10**13}, "max_bet"),
}


@pytest.mark.parametrize(("change", "field"), WRONG_TABLES.values(), ids=WRONG_TABLES.keys())
async def test_a_table_that_can_not_be_is_refused(house: House, change: dict[str, Any], field: str) -> None:
    admin = await house.admin()
    answer = await admin.post("/api/admin/tables", {**TABLE, **change})
    assert answer.refusal == (422, "invalid_payload", field)
    assert (await admin.get("/api/admin/tables")).body == {"items": []}


async def test_an_unknown_table_can_not_be_run(house: House) -> None:
    admin = await house.admin()
    for path, body in (
        ("close", None),
        ("open", None),
        ("void", {"reason": "x"}),
        ("kick", {"seat": 1, "reason": "x"}),
    ):
        answer = await admin.post(f"/api/admin/tables/nonsense/{path}", body)
        assert (answer.status, answer.code) == (404, "unknown_table")
    assert (await admin.patch("/api/admin/tables/nonsense", {"hints": True})).code == "unknown_table"


async def test_a_voided_round_gives_every_stake_back(house: House) -> None:
    admin = await house.admin()
    await admin.post("/api/admin/tables", TABLE)
    moe = await house.player("Moe")
    await bet(house, moe)
    assert await house.balance(moe.user_id) == 99_000
    wrong = await admin.post("/api/admin/tables/test-1/void", {})
    assert wrong.refusal == (422, "invalid_payload", "reason")
    answer = await admin.post("/api/admin/tables/test-1/void", {"reason": "a card fell"})
    assert (answer.status, answer.body["escrow"]) == (200, 0)
    assert await house.balance(moe.user_id) == 100_000


async def test_a_kicked_player_has_no_seat_any_longer(house: House) -> None:
    admin = await house.admin()
    await admin.post("/api/admin/tables", TABLE)
    moe = await house.player("Moe")
    await house.services.floor.play(
        moe.user_id,
        "test-1",
        commands.TakeSeat(user_id=moe.user_id, name="Moe", seat=1),
        name="take_seat",
        command_id="take-0001",
        payload={},
    )
    wrong = await admin.post("/api/admin/tables/test-1/kick", {"seat": 9, "reason": "sleeps"})
    assert wrong.refusal == (422, "invalid_payload", "seat")
    answer = await admin.post("/api/admin/tables/test-1/kick", {"seat": 1, "reason": "sleeps"})
    assert (answer.status, answer.body["players"]) == (200, 0)


async def test_an_operator_who_asks_for_what_is_not_there_is_told_what_is(house: House) -> None:
    admin = await house.admin()
    await admin.post("/api/admin/tables", TABLE)
    void = await admin.post("/api/admin/tables/test-1/void", {"reason": "a card fell"})
    empty = await admin.post("/api/admin/tables/test-1/kick", {"seat": 2, "reason": "sleeps"})
    nowhere = await admin.post("/api/admin/tables/test-1/kick", {"seat": 7, "reason": "sleeps"})
    assert [(answer.status, answer.body["error"]) for answer in (void, empty, nowhere)] == [
        (
            409,
            {
                "code": "stale_round",
                "message": "There is no round to void: the table is in phase waiting.",
            },
        ),
        (409, {"code": "not_seated", "message": "Seat 2 is empty: there is nobody to send away."}),
        (
            409,
            {
                "code": "unknown_seat",
                "message": "There is no seat 7: this table has the seats 1 to 3.",
            },
        ),
    ]


async def test_a_run_starts_once_and_one_at_a_time(house: House) -> None:
    admin, moe = await house.admin(), await house.guest()
    made = await moe.post("/api/syndicates", {"name": "Moe's", "dividend_bps": 2_500})
    body = {"command_id": "run-00001"}
    first = await admin.post("/api/admin/payouts/run", body)
    assert first.status == 200
    run_id = first.body["run_id"]
    assert is_uuid(run_id)
    assert first.body == {
        "success": True,
        "run_id": run_id,
        "enqueued_count": 1,
        "syndicates": [made.body["syndicate_id"]],
        "next": None,
    }
    assert (await admin.post("/api/admin/payouts/run", body)).body == {**first.body, "replayed": True}
    second = await admin.post("/api/admin/payouts/run", {"command_id": "run-00002"})
    assert (second.status, second.code) == (409, "run_in_progress")
    run = (await admin.get(f"/api/admin/payouts/runs/{run_id}")).body
    assert (run["status"], run["kind"], run["finished_at"]) == ("SCHEDULING", "manual", None)
    assert (await admin.get("/api/admin/payouts/runs")).body == {"items": [run], "next": None}
    cancelled = await admin.post(f"/api/admin/payouts/runs/{run_id}/cancel")
    assert (cancelled.status, cancelled.body["status"]) == (200, "CANCELLED")
    assert (await admin.get(f"/api/admin/payouts/runs/{run_id}/payouts")).body == {"items": [], "next": None}
    assert await trail(admin) == ["start_run", "cancel_run"]


async def test_a_dry_run_is_a_plan_that_serves_once(house: House) -> None:
    admin, moe = await house.admin(), await house.guest()
    made = await moe.post("/api/syndicates", {"name": "Moe's", "dividend_bps": 2_500})
    path = f"/api/syndicates/{made.body['syndicate_id']}/contribute"
    await moe.post(path, {"amount": 10_000, "command_id": "pay-00001"})
    dry = await admin.post("/api/admin/payouts/run", {"command_id": "run-00001", "dry_run": True})
    assert (dry.status, dry.body["total"], dry.body["members"], dry.body["syndicates"]) == (200, 2_500, 1, 1)
    plan = {"plan_id": dry.body["plan_id"]}
    run = await admin.post("/api/admin/payouts/run", {"command_id": "run-00002", **plan})
    assert run.status == 200
    await admin.post(f"/api/admin/payouts/runs/{run.body['run_id']}/cancel")
    again = await admin.post("/api/admin/payouts/run", {"command_id": "run-00003", **plan})
    assert (again.status, again.code) == (409, "plan_expired")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "command_id"),
        ({"command_id": "run-00001", "plan_id": "nonsense"}, "plan_id"),
        ({"command_id": "run-00001", "dry_run": 1}, "dry_run"),
        (
            {"command_id": "run-00001", "dry_run": True, "plan_id": "018f4e9a-7b00-7000-8000-00000000abcd"},
            "plan_id",
        ),
    ],
)
async def test_a_wrong_run_does_not_start(house: House, body: object, field: str) -> None:
    admin = await house.admin()
    answer = await admin.post("/api/admin/payouts/run", body)
    assert answer.refusal == (422, "invalid_payload", field)


async def test_the_lane_is_paused_and_goes_on(house: House) -> None:
    admin = await house.admin()
    assert (await admin.post("/api/admin/payouts/pause")).body["paused"] is True
    status = (await admin.get("/api/admin/payouts/status")).body
    assert status["queue"]["paused"] is True
    assert status["last_run"] is None
    assert status["next_scheduled_run"].endswith("T00:00:00Z")
    assert {"waiting", "active", "completed", "failed"} <= set(status["queue"])
    assert (await admin.post("/api/admin/payouts/resume")).body["paused"] is False
    assert await trail(admin) == ["pause_payouts", "resume_payouts"]


async def test_what_is_no_run_and_no_payout_is_not_found(house: House) -> None:
    admin = await house.admin()
    for each in ("nonsense", "018f4e9a-7b00-7000-8000-00000000abcd"):
        for path in ("", "/payouts"):
            assert (await admin.get(f"/api/admin/payouts/runs/{each}{path}")).status == 404
        for path in (f"runs/{each}/cancel", f"runs/{each}/retry", f"{each}/retry"):
            assert (await admin.post(f"/api/admin/payouts/{path}")).status == 404
    status = await admin.get("/api/admin/payouts/runs/nonsense/payouts", status="LOST")
    assert status.refusal == (422, "invalid_payload", "status")
