"""The command line: exit codes, reports, and one line for whoever calls it wrongly."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.end_to_end.house import PASSWORD, House, command
from tests.end_to_end.syndicates import found_syndicate
from tests.processes import ROOT

NOWHERE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1"}
SCRIPT: dict[str, Any] = {
    "rules": {},
    "cards": ["9H", "6S", "8D", "TC", "5H"],
    "seats": [{"seat": 1, "bet": 1_000, "actions": ["stand"]}],
}


async def test_payouts_are_operated_from_the_command_line(open_casino: House) -> None:
    house = open_casino
    ann, bob = await house.guest(), await house.guest()
    await found_syndicate(house, {"ann": (ann, 10_000), "bob": (bob, 10_000)})

    before, paused = await asyncio.gather(
        house.command("payout", "status", "--json"), house.command("payout", "pause", "--json")
    )
    assert (before.code, before.report["last_run"]) == (0, None)
    assert before.report["next_scheduled_run"].endswith("Z")
    assert (paused.code, paused.report) == (0, {"paused": True})

    started = await house.command("payout", "run", "--json")
    assert (started.code, started.report["enqueued_count"]) == (0, 1)
    run_id = started.report["run_id"]
    second, status, unknown = await asyncio.gather(
        house.command("payout", "run", "--json"),
        house.command("payout", "status", "--json"),
        house.command("payout", "cancel", str(uuid4())),
    )
    assert second.refusal == (1, "casino: Another payout run is in progress. (run_in_progress)")
    assert (status.report["queue"]["paused"], status.report["queue"]["completed"]) == (True, 0)
    assert status.report["last_run"]["run_id"] == run_id
    assert unknown.refusal == (1, "casino: There is no such run. (not_found)")

    resumed = await house.command("payout", "resume", "--json")
    assert (resumed.code, resumed.report) == (0, {"paused": False})
    await house.until_true("SELECT status = 'COMPLETED' FROM runs WHERE run_id = $1::uuid", run_id)

    planned = await house.command("payout", "run", "--dry-run", "--json")
    assert (planned.report["syndicates"], planned.report["members"], planned.report["total"]) == (1, 2, 5_000)
    assert await house.value("SELECT count(*) FROM runs") == 1
    plan_id = planned.report["plan_id"]
    followed = await house.command("payout", "run", "--plan", plan_id, "--watch", "--json")
    assert (followed.code, followed.report["status"], followed.report["amount"]) == (0, "COMPLETED", 5_000)
    again, for_people = await asyncio.gather(
        house.command("payout", "run", "--plan", plan_id), house.command("payout", "status")
    )
    assert again.refusal[0] == 1
    assert "plan_expired" in again.refusal[1]
    assert "completed 1" in for_people.out
    assert await house.audit() == {}


async def test_audit_says_what_is_broken_and_exits_1(house: House) -> None:
    clean, everything = await asyncio.gather(
        house.command("audit"), house.command("audit", "--rounds", "all", "--tables", "all", "--json")
    )
    assert (clean.code, clean.out.startswith("the books are right")) == (0, True)
    assert (everything.code, everything.report["played"]) == (0, {"rounds": 0, "tables": 0})
    assert len(everything.report["names"]) == everything.report["invariants"]
    await house.database.execute("INSERT INTO accounts (kind, owner, balance) VALUES ('house', 'thief', 5)")
    broken, in_json = await asyncio.gather(house.command("audit"), house.command("audit", "--json"))
    assert broken.code == in_json.code == 1
    assert "BROKEN accounts_sum_to_zero: the sum over all accounts is 5" in broken.out
    assert {"accounts_sum_to_zero", "balances_equal_transfers"} == {
        finding["invariant"] for finding in in_json.report["findings"]
    }


async def test_a_watched_audit_comes_again_until_it_is_stopped(house: House) -> None:
    watching = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "server.cli", "audit", "--watch", "1", "--json"),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **house.environment},
        stdout=asyncio.subprocess.PIPE,
    )
    assert watching.stdout is not None
    try:
        async with asyncio.timeout(60):
            reports = [json.loads(await watching.stdout.readline()) for _ in range(2)]
    finally:
        watching.terminate()
        await watching.communicate()
    assert [report["ok"] for report in reports] == [True, True]


async def test_an_operator_is_made_with_a_password_given_or_made_up(house: House) -> None:
    given, made_up = await asyncio.gather(
        house.command("admin", "create", "Opal", "--password-stdin", "--json", stdin=f"{PASSWORD}\n"),
        house.command("admin", "create", "Otto", "--json"),
    )
    assert given.code == made_up.code == 0
    assert given.report.keys() == {"user_id", "name"}
    assert given.report["name"] == "Opal"
    assert len(made_up.report["password"]) >= 16
    taken, short, no_name = await asyncio.gather(
        house.command("admin", "create", "ＯＰＡＬ", "--password-stdin", stdin=f"{PASSWORD}\n"),
        house.command("admin", "create", "Olga", "--password-stdin", stdin="short\n"),
        house.command("admin", "create", "x", "--password-stdin", stdin=f"{PASSWORD}\n"),
    )
    assert taken.refusal == (1, "casino: This name is taken.")
    assert "password" in short.complaint
    assert "name" in no_name.complaint
    assert await house.value("SELECT count(*) FROM users WHERE role = 'admin'") == 2


async def test_replay_plays_a_script_and_exits_2_when_it_can_not(tmp_path: Path) -> None:
    file = tmp_path / "round.json"
    file.write_text(json.dumps(SCRIPT))
    greedy = {**SCRIPT, "seats": [{**SCRIPT["seats"][0], "actions": ["split"]}]}
    silent = {**SCRIPT, "seats": [{**SCRIPT["seats"][0], "actions": []}]}
    poor = {**SCRIPT, "seats": [{**SCRIPT["seats"][0], "balance": 10, "actions": ["double"]}]}
    played, illegal, missing, uncovered, no_json, no_file = await asyncio.gather(
        command("replay", str(file)),
        command("replay", "-", stdin=json.dumps(greedy)),
        command("replay", "-", stdin=json.dumps(silent)),
        command("replay", "-", stdin=json.dumps(poor)),
        command("replay", "-", stdin="nothing"),
        command("replay", str(tmp_path / "none.json")),
    )
    assert played.code == 0
    # 9 + 8 stands against 6 + T, which draws a 5.
    assert played.report["dealer"] == {"cards": ["6S", "TC", "5H"], "total": 21}
    assert [(seat["net"], seat["insurance"]) for seat in played.report["seats"]] == [(-1_000, None)]
    assert played.report["cards_used"] == 5
    assert [done.code for done in (illegal, missing, uncovered, no_json, no_file)] == [2] * 5
    error = illegal.report["error"]
    assert (error["code"], error["seat"], error["action"]) == ("illegal_move", 1, "split")
    assert set(error["moves"]) == {"hit", "stand", "double", "surrender"}
    assert error["message"] == "Seat 1 cannot split here: hit, stand, double or surrender."
    assert missing.report["error"]["code"] == "incomplete_script"
    assert uncovered.report["error"]["code"] == "insufficient_funds"
    assert no_json.report["error"]["code"] == "invalid_payload"
    assert "none.json" in no_file.complaint


async def test_replay_tells_a_round_in_words(tmp_path: Path) -> None:
    file = tmp_path / "round.json"
    file.write_text(json.dumps({**SCRIPT, "seats": [{**SCRIPT["seats"][0], "player": "Ann"}]}))
    greedy = {
        "cards": ["9H", "6S", "2D", "TC", "5H"],
        "seats": [{"seat": 1, "bet": 1_000, "actions": ["hit", "split"]}],
    }
    told, broken_off = await asyncio.gather(
        command("replay", "--text", str(file)), command("replay", "--text", "-", stdin=json.dumps(greedy))
    )
    assert (told.code, told.out.splitlines()) == (
        0,
        [
            "6 decks, dealer stands on soft 17, blackjack pays 3 to 2.",
            "Ann bets 10.00 at seat 1.",
            "Ann gets the nine of hearts.",
            "Dealer shows the six of spades.",
            "Ann gets the eight of diamonds: 17.",
            "Dealer takes a card face down.",
            "Ann stands on 17.",
            "Dealer turns over the ten of clubs: 16.",
            "Dealer draws the five of hearts: 21.",
            "Ann loses 10.00 with 17.",
            "Ann nets -10.00.",
        ],
    )
    assert broken_off.code == 2
    assert broken_off.out.splitlines()[-2:] == [
        "Seat 1 hits and gets the five of hearts: 16.",
        "Seat 1 cannot split here: hit or stand.",
    ]


WRONG_CALLS: tuple[tuple[tuple[str, ...], dict[str, str], str], ...] = (
    (("web",), {}, "DATABASE_URL"),
    (("worker",), {"DATABASE_URL": NOWHERE["DATABASE_URL"]}, "REDIS_URL"),
    (("web",), {**NOWHERE, "PORT": "http"}, "PORT"),
    (("web",), {**NOWHERE, "WORKER_MODE": "half"}, "WORKER_MODE"),
    (("worker",), {**NOWHERE, "PAYOUT_CRON": "sundays"}, "PAYOUT_CRON"),
    (("worker",), {**NOWHERE, "DATABASE_URL": "mysql://here"}, "DATABASE_URL"),
    (("audit", "--data-dir", "/nonexistent"), {}, "DATABASE_URL"),
    (("audit", "--rounds", "some"), NOWHERE, "--rounds"),
    (("payout", "run", "--plan", "no-id"), NOWHERE, "plan"),
    (("payout", "retry"), NOWHERE, "PAYOUT_ID"),
    (("payout", "run", "--dry-run", "--watch"), NOWHERE, "--dry-run"),
)


async def test_a_wrong_call_is_one_line_and_exit_2() -> None:
    calls = [command(*arguments, environment=environment) for arguments, environment, _ in WRONG_CALLS]
    for done, (_, _, said) in zip(await asyncio.gather(*calls), WRONG_CALLS, strict=True):
        assert said in done.complaint


async def test_a_database_that_is_not_there_is_one_line_and_exit_1() -> None:
    calls = [
        command(*words, environment=NOWHERE) for words in (("audit",), ("payout", "status"), ("migrate",))
    ]
    for done in await asyncio.gather(*calls):
        code, said = done.refusal
        assert (code, said.startswith("casino: "), "Traceback" in done.err) == (1, True, False)
