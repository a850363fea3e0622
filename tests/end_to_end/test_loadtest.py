"""`casino loadtest` on real processes: it plays, measures and judges."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.end_to_end.house import House
from tests.end_to_end.loading import opened, run


@pytest.fixture
async def floor(house: House) -> House:
    """A casino with one open table that nobody sits at."""
    return await opened(house)


async def test_real_clients_play_and_everything_they_saw_was_true(floor: House, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    expectations = ("ack_p99_ms<5000", "errors_total==0", "books_balance==true", "verdict.ok==true")
    asked = [word for expectation in expectations for word in ("--assert", expectation)]
    done = await run(floor, floor.url, "--report", str(page), *asked)
    report = done.report
    assert report["verdict"]["findings"] == []
    assert (done.code, report["ok"]) == (0, True), report
    assert (report["players"], report["seated"]) == (3, 3)
    assert (report["watchers"], report["watching"]) == (4, 4)
    assert report["duration_s"] == 4
    assert report["actions"] > 3
    assert report["actions_per_s"] == pytest.approx(report["actions"] / 4, abs=0.01)
    for name in ("ack", "broadcast", "join", "service"):
        assert 0 < report[f"{name}_p50_ms"] <= report[f"{name}_p95_ms"] <= report[f"{name}_p99_ms"]
    assert (report["errors"], report["reconnects"]) == ({}, 0)
    assert [held["met"] for held in report["asserts"]] == [True] * 4
    assert report["books_balance"] is True
    checked = report["verdict"]["checked"]
    assert checked["versions"] == checked["versions_in_journal"] > 10
    assert checked["rounds"] == checked["rounds_against_shoes"] >= 1
    assert min(checked[what] for what in ("pushes", "effects", "transfers", "settled_rounds")) > 0
    assert report["server"]["pids"] == [floor.processes[0].pid]
    assert report["server"]["cpu_us_per_action"] > 0

    written = page.read_text()
    assert written.count("<svg") >= 6
    assert re.findall(r"""(?:src|href)=["'](?!data:)""", written) == []
    assert "<script" not in written
    assert floor.faults() == []
    # Everybody has got up again.
    await floor.until_true("SELECT phase = 'waiting' FROM tables")


async def test_an_operators_token_plays_at_tables_of_its_own_and_closes_them(floor: House) -> None:
    token = floor.admin.token
    assert token is not None
    done = await run(floor, floor.url, "--admin-token", token, players=7, watchers=2)
    assert (done.code, done.report["seated"]) == (0, 7)
    # A table is closed when the pause after its last round is over.
    closed = "SELECT count(*) = 2 FROM tables WHERE table_id LIKE 'load-%' AND phase = 'closed'"
    await floor.until_true(closed)
    assert await floor.value("SELECT phase FROM tables WHERE table_id = 'test-1'") == "waiting"


async def test_players_who_find_their_table_full_go_to_another(floor: House) -> None:
    """Two load tests that know nothing of each other want the same five seats."""
    await floor.table("test-2", pause_ms=500)
    one, other = await asyncio.gather(
        run(floor, floor.url, players=4, watchers=0), run(floor, floor.url, players=4, watchers=0)
    )
    for done in (one, other):
        assert (done.code, done.report["seated"]) == (0, 4), done
        assert done.report["errors"].keys() <= {"seat_taken"}
    assert await floor.value("SELECT count(DISTINCT table_id) FROM journal WHERE command = 'take_seat'") == 2


async def test_a_missed_expectation_exits_1_and_a_wrong_call_2(floor: House) -> None:
    missed, crowded, misspelt, nobody, unknown = await asyncio.gather(
        run(floor, floor.url, "--assert", "ack_p99_ms<0.001", "--assert", "players==1", players=1),
        run(floor, floor.url, players=200),
        run(floor, floor.url, "--assert", "ack_p99_ms<fast"),
        run(floor, floor.url, players=0, watchers=0),
        run(floor, floor.url, "--assert", "ack_p98_ms<50"),
    )
    assert missed.code == 1
    assert [held["met"] for held in missed.report["asserts"]] == [False, True]
    assert missed.report["verdict"]["ok"] is True
    code, said = crowded.refusal
    assert (code, "200 players need as many free seats" in said) == (1, True)
    assert "--assert" in misspelt.complaint
    assert "nobody would come" in nobody.complaint
    assert "ack_p98_ms" in unknown.complaint


async def test_a_casino_that_is_not_there_and_a_database_of_another_one_are_said_in_a_line(
    floor: House, empty_postgres_url: str
) -> None:
    away = await run(floor, "http://127.0.0.1:9")
    assert (away.refusal[0], "http://127.0.0.1:9" in away.refusal[1]) == (1, True)
    floor.environment["DATABASE_URL"] = empty_postgres_url
    other = await run(floor, floor.url, players=1, watchers=0)
    assert other.code != 0
    assert "Traceback" not in other.err
