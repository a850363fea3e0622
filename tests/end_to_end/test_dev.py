"""`casino dev`: everything in one go, told to stop, killed, and started again."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from tests.end_to_end.clients import Api, connected
from tests.end_to_end.house import command, until_true
from tests.end_to_end.play import BET, Wish, play_until, sit
from tests.integration.embedded_processes import living, processes_of
from tests.processes import CasinoProcess, free_port, start_casino

TABLE = "strip-1"  # no bot plays here


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder for a casino; whatever still runs on it is ended afterwards."""
    folder = tmp_path / "casino"
    yield folder
    left = processes_of(folder)
    for process in living(left):
        process.kill()
    psutil.wait_procs(left, timeout=10)


@asynccontextmanager
async def dev(folder: Path, data_dir: Path) -> AsyncIterator[tuple[CasinoProcess, dict[str, Any]]]:
    """A running `casino dev` with three bots, and its first line."""
    port = free_port()
    words = ("--json", "--port", str(port), "--data-dir", str(data_dir), "--bots", "3")
    process = start_casino("dev", *words, folder=folder, port=port)
    try:
        where = json.loads(await process.first_line(timeout_s=60))
        assert where["url"] == process.url
        yield process, where
    finally:
        process.clean_up()


def children(process: CasinoProcess) -> list[psutil.Process]:
    """All that it has started and what those have: the keepers with PostgreSQL and Valkey, and the bots."""
    found = psutil.Process(process.pid).children(recursive=True)
    words: list[str] = []
    for child in found:
        with suppress(psutil.NoSuchProcess):  # PostgreSQL's workers come and go
            words += child.cmdline()
    said = " ".join(words)
    assert all(name in said for name in ("postgres", "valkey", "server.dev.bots")), said
    return found


async def end(process: CasinoProcess) -> None:
    """SIGTERM: exit 0 within 8 s, and nothing of it is left."""
    family = children(process)
    began = time.monotonic()
    process.signal(signal.SIGTERM)
    assert await process.wait(timeout_s=8) == 0
    assert time.monotonic() - began < 8
    assert living(family) == []


async def test_dev_opens_plays_reports_and_ends_with_all_its_children(tmp_path: Path, data_dir: Path) -> None:
    async with dev(tmp_path / "out", data_dir) as (process, where):
        signed_in = await Api(process.url).post("/api/auth/login", **where["admin"])
        assert signed_in["user"]["role"] == "admin"
        assert len((await Api(process.url).get("/api/tables"))["items"]) == 6
        account = await Api(process.url).guest()
        async with connected(process.url, account) as client:
            await sit(client, TABLE)
            end_of_round = await play_until(
                client, TABLE, Wish(missing=set()), lambda view: view["phase"] == "settled"
            )
            record = await Api(process.url).get(f"/api/rounds/{end_of_round['round_id']}")
            (seat,) = record["seats"]
            me = await Api(process.url, account.token).get("/api/me")
            assert me["balance"] == 100_000 + seat["net"]
        audit, status, second, busy = await asyncio.gather(
            command("audit", "--json", "--data-dir", str(data_dir)),
            command("payout", "status", "--json", "--data-dir", str(data_dir)),
            command("dev", "--port", "0", "--data-dir", str(data_dir)),
            command("dev", "--port", str(process.port), "--data-dir", str(tmp_path / "other")),
        )
        assert (audit.code, audit.report["findings"]) == (0, [])
        assert (status.code, status.report["last_run"]) == (0, None)
        assert f"in use by another casino (pid {process.pid})" in second.complaint
        assert f"port {process.port}" in busy.complaint
        await _a_bot_bets(where["database_url"])
        await end(process)
    assert process.errors() == ""
    assert [line for line in process.logs() if line.get("severity") in ("ERROR", "CRITICAL")] == []


async def test_dev_starts_again_after_a_kill_with_all_money_where_it_was(
    tmp_path: Path, data_dir: Path
) -> None:
    async with dev(tmp_path / "first", data_dir) as (process, where):
        account = await Api(process.url).guest()
        async with connected(process.url, account) as client:
            await sit(client, TABLE)
            before = await play_until(
                client, TABLE, Wish(missing=set()), lambda view: view["phase"] == "playing"
            )
            balance = (await Api(process.url, account.token).get("/api/me"))["balance"]
        booked = await _transfers(where["database_url"])
        family = children(process)
        await process.kill()
    async with dev(tmp_path / "second", data_dir) as (process, where):
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []
        assert where["admin"] is None
        assert booked <= await _transfers(where["database_url"])
        async with connected(process.url, account) as client:
            assert client.events("welcome")[0]["balance"] == balance
            view = (await client.do("watch_table", table_id=TABLE))["table"]
            assert {**view, "deadline_ms": None} == {**before, "deadline_ms": None}
            ack = await client.do(
                "act", table_id=TABLE, round_id=view["round_id"], hand=0, cards=2, move="stand"
            )
        (seat,) = (await Api(process.url).get(f"/api/rounds/{view['round_id']}"))["seats"]
        assert ack["balance"] == balance + BET + seat["net"]
        audit = await command("audit", "--json", "--data-dir", str(data_dir))
        assert (audit.code, audit.report["findings"]) == (0, [])
        await end(process)


async def test_a_folder_that_can_not_be_used_is_one_line_and_exit_2(tmp_path: Path) -> None:
    file, damaged, robbed = tmp_path / "file", tmp_path / "damaged", tmp_path / "robbed"
    file.write_text("no folder")
    damaged.mkdir()
    (damaged / "servers.json").write_text("{")
    (robbed / "postgres").mkdir(parents=True)
    (robbed / "postgres" / "base").write_text("no cluster")
    calls = [command("dev", "--port", "0", "--data-dir", str(folder)) for folder in (file, damaged, robbed)]
    for done, folder in zip(await asyncio.gather(*calls), (file, damaged, robbed), strict=True):
        assert str(folder) in done.complaint


async def _transfers(database_url: str) -> set[Any]:
    connection = await asyncpg.connect(database_url)
    try:
        return {row[0] for row in await connection.fetch("SELECT transfer_id FROM transfers")}
    finally:
        await connection.close()


async def _a_bot_bets(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await until_true(connection, _A_BOT_HAS_BET)
    finally:
        await connection.close()


_A_BOT_HAS_BET = """
SELECT count(*) > 0 FROM transfers JOIN accounts ON account_id = debit JOIN users ON owner = user_id::text
WHERE reason = 'bet' AND name LIKE 'Bot %'"""
