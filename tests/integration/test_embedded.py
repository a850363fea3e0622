"""The embedded servers: they keep what was committed, whatever ends their owner, and leave nothing behind."""

import asyncio
import json
import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis

from server.embedded.account import account_for
from server.embedded.errors import DataDirBroken, DataDirBusy
from server.embedded.process import own_folder
from server.embedded.running import running, running_database_url
from server.embedded.servers import EmbeddedServers, start_embedded
from tests.integration.embedded_processes import (
    PYTHON,
    ROOT,
    living,
    mode,
    names,
    owned,
    postgres_without_keeper,
    processes_of,
    stranger,
    user_ids,
)


async def test_first_start_makes_a_database_that_role_casino_owns_without_special_rights(
    data_dir: Path,
) -> None:
    servers = await start_embedded(data_dir)
    try:
        assert (
            await _fetch(servers.database_url, "SELECT current_user || '@' || current_database()")
            == "casino@casino"
        )
        assert (
            await _fetch(servers.database_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            is False
        )
        owner = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"
        assert await _fetch(servers.database_url, owner) == "casino"
        assert await _fetch(servers.database_url, "SHOW fsync") == "on"
        async with Redis.from_url(servers.redis_url) as redis:
            assert (await redis.config_get("appendonly")) == {"appendonly": "yes"}
    finally:
        await servers.stop()


async def test_second_start_has_the_same_addresses_and_data(used_data_dir: Path) -> None:
    first = await start_embedded(used_data_dir)
    await _execute(
        first.database_url, "CREATE TABLE chips (amount bigint); INSERT INTO chips VALUES (100000)"
    )
    async with Redis.from_url(first.redis_url) as redis:
        await redis.set("lease", "seat-1")
    await first.stop()

    second = await start_embedded(used_data_dir)
    try:
        assert (second.database_url, second.redis_url) == (first.database_url, first.redis_url)
        assert await _fetch(second.database_url, "SELECT amount FROM chips") == 100_000
        async with Redis.from_url(second.redis_url) as redis:
            assert await redis.get("lease") == b"seat-1"
    finally:
        await second.stop()


async def test_stop_leaves_no_process_and_no_announcement(used_data_dir: Path) -> None:
    servers = await start_embedded(used_data_dir)
    processes = processes_of(used_data_dir)
    assert names(processes) >= {"postgres", "valkey-server"}

    await servers.stop()
    await servers.stop()  # a second call does nothing

    assert living(processes) == []
    assert not (used_data_dir / "dev.json").exists()


async def test_servers_end_by_themselves_when_their_owner_is_killed(used_data_dir: Path) -> None:
    with owned(used_data_dir) as owner:
        processes = processes_of(used_data_dir)
        owner.process.kill()
        psutil.wait_procs(processes, timeout=10)
        assert living(processes) == []


async def test_start_right_after_kill_9_of_the_owner_finds_what_was_committed(used_data_dir: Path) -> None:
    with owned(used_data_dir) as owner:
        url = owner.database_url
        await _execute(url, "CREATE TABLE chips (amount bigint); INSERT INTO chips VALUES (7)")
        owner.process.kill()
        owner.process.wait()

        servers = await start_embedded(used_data_dir)
        try:
            assert await _fetch(servers.database_url, "SELECT amount FROM chips") == 7
        finally:
            await servers.stop()


async def test_start_after_everything_was_killed_recovers(used_data_dir: Path) -> None:
    with owned(used_data_dir) as owner:
        url = owner.database_url
        await _execute(url, "CREATE TABLE chips (amount bigint); INSERT INTO chips VALUES (7)")
        processes = [psutil.Process(owner.process.pid), *processes_of(used_data_dir)]
        for process in processes:
            process.suspend()  # so that none of them can end in order
        for process in processes:
            process.kill()
        owner.process.wait()

        servers = await start_embedded(used_data_dir)
        try:
            assert await _fetch(servers.database_url, "SELECT amount FROM chips") == 7
            assert "not properly shut down" in (used_data_dir / "postgres.log").read_text(encoding="utf-8")
        finally:
            await servers.stop()


async def test_a_server_left_without_a_keeper_is_ended_before_the_next_start(used_data_dir: Path) -> None:
    with postgres_without_keeper(used_data_dir) as leftover:
        again = await start_embedded(used_data_dir)
        try:
            assert leftover.poll() is not None
            assert await _fetch(again.database_url, "SELECT 1") == 1
        finally:
            await again.stop()


async def test_a_pid_file_that_names_a_stranger_neither_stops_the_start_nor_thestranger(
    used_data_dir: Path,
) -> None:
    with stranger() as someone:
        stale = f"{someone.pid}\n{used_data_dir}/postgres\n1\n5432\n\n127.0.0.1\n 1 1\nready   \n"
        (used_data_dir / "postgres" / "postmaster.pid").write_text(stale, encoding="utf-8")
        (used_data_dir / "valkey" / "valkey.pid").write_text(f"{someone.pid}\n", encoding="utf-8")

        again = await start_embedded(used_data_dir)

        assert someone.poll() is None
        assert await _fetch(again.database_url, "SELECT 1") == 1
        await again.stop()
        assert someone.poll() is None


async def test_ports_that_someone_else_has_taken_are_replaced(used_data_dir: Path) -> None:
    first = await start_embedded(used_data_dir)
    await first.stop()
    taken = [urlsplit(url).port for url in (first.database_url, first.redis_url)]
    with (
        socket.create_server(("127.0.0.1", taken[0] or 0)),
        socket.create_server(("127.0.0.1", taken[1] or 0)),
    ):
        second = await start_embedded(used_data_dir)
        try:
            assert await _fetch(second.database_url, "SELECT 1") == 1
            assert not {urlsplit(url).port for url in (second.database_url, second.redis_url)} & set(taken)
        finally:
            await second.stop()


async def test_a_second_owner_is_refused_and_the_first_goes_on(used_data_dir: Path) -> None:
    with owned(used_data_dir) as owner:
        with pytest.raises(DataDirBusy, match=f"pid {owner.process.pid}") as refusal:
            await start_embedded(used_data_dir)
        assert "\n" not in str(refusal.value)
        assert await _fetch(owner.database_url, "SELECT 1") == 1


async def test_ctrl_c_reaches_the_owner_but_not_its_servers(used_data_dir: Path) -> None:
    with owned(used_data_dir) as owner:
        processes = processes_of(used_data_dir)
        os.killpg(owner.process.pid, signal.SIGINT)
        output, _ = owner.process.communicate(timeout=10)
        assert output.splitlines()[-1] == "still there"
        assert owner.process.returncode == 0
        assert living(processes) == []


async def test_a_server_that_ends_by_itself_is_noticed(used_data_dir: Path) -> None:
    servers = await start_embedded(used_data_dir)
    try:
        assert servers.ended() is None
        pid_file = used_data_dir / "postgres" / "postmaster.pid"
        os.kill(int(pid_file.read_text(encoding="utf-8").split()[0]), signal.SIGKILL)
        assert await asyncio.wait_for(servers.wait_ended(), 10) == "PostgreSQL"
    finally:
        await servers.stop()


async def test_other_commands_find_the_running_database(used_data_dir: Path) -> None:
    assert running_database_url(used_data_dir) is None
    with owned(used_data_dir) as owner:
        assert running_database_url(used_data_dir) == owner.database_url
        found = running(used_data_dir)
        assert found is not None
        assert (found.pid, found.redis_url) == (owner.process.pid, owner.redis_url)
        assert mode(used_data_dir / "dev.json") == 0o600
        owner.process.kill()
        owner.process.wait()
        assert running_database_url(used_data_dir) is None


async def test_an_ordinary_user_runs_them_too(data_dir: Path) -> None:
    account = account_for(data_dir.parent, (ROOT, PYTHON))
    account.give(data_dir.parent)
    with owned(data_dir, str(account.uid), str(account.gid), str(int(account.reach))) as owner:
        assert await _fetch(owner.database_url, "SELECT 1") == 1
        assert user_ids(processes_of(data_dir)) == {account.uid}
        assert account.owns(data_dir)
        assert mode(data_dir) == 0o700


async def test_a_start_as_root_leaves_a_user_s_folder_usable_for_the_user(data_dir: Path) -> None:
    account = account_for(data_dir.parent, (ROOT, PYTHON))
    own_folder(data_dir, account)
    servers = await start_embedded(data_dir)
    await _execute(servers.database_url, "CREATE TABLE chips (amount bigint); INSERT INTO chips VALUES (7)")
    await servers.stop()
    account.give(data_dir.parent)
    with owned(data_dir, str(account.uid), str(account.gid), str(int(account.reach))) as owner:
        assert await _fetch(owner.database_url, "SELECT amount FROM chips") == 7


async def test_a_folder_below_one_that_is_shut_to_others_will_do(tmp_path: Path) -> None:
    shut = tmp_path / "home"
    shut.mkdir(mode=0o700)  # as /root is, and the servers of root run as somebody else
    servers = await start_embedded(shut / "casino data")
    try:
        assert await _fetch(servers.database_url, "SELECT 1") == 1
        assert 0 not in user_ids(processes_of(shut))
    finally:
        await servers.stop()
    assert mode(shut) == 0o700


async def test_a_first_start_that_was_cut_off_is_begun_anew(data_dir: Path) -> None:
    (data_dir / "postgres.new").mkdir(parents=True)
    (data_dir / "postgres.new" / "PG_VERSION").write_text("18\n", encoding="ascii")
    servers = await start_embedded(data_dir)
    try:
        assert await _fetch(servers.database_url, "SELECT 1") == 1
    finally:
        await servers.stop()


@pytest.mark.parametrize(
    ("path", "content", "complaint"),
    [
        pytest.param("", "a file", "is not a folder", id="file for the folder"),
        pytest.param("postgres", "a file", "postgres is not a folder", id="file for postgres"),
        pytest.param("valkey", "a file", "valkey is not a folder", id="file for valkey"),
        pytest.param(
            "postgres/PG_VERSION", "\x00?", "PG_VERSION is missing or damaged", id="garbage version"
        ),
        pytest.param("postgres/notes.txt", "mine", "PG_VERSION is missing or damaged", id="someone's files"),
        pytest.param("postgres/PG_VERSION", "16", "made by PostgreSQL 16", id="another version"),
        pytest.param("postgres/PG_VERSION", "18", "does not start on", id="version and nothing else"),
        pytest.param("servers.json", "{}}", "servers.json is damaged", id="damaged passwords"),
        pytest.param("servers.json", '{"password": "x"}', "servers.json is damaged", id="foreign passwords"),
    ],
)
async def test_a_broken_folder_is_refused_in_one_line_and_left_alone(
    data_dir: Path, path: str, content: str, complaint: str
) -> None:
    broken = data_dir / path
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_text(content, encoding="utf-8")
    if path.startswith("postgres/"):
        access = dict.fromkeys(("password", "admin_password", "redis_password"), "0" * 64)
        (data_dir / "servers.json").write_text(json.dumps(access), encoding="ascii")
        for item in (broken.parent, broken):
            account_for(data_dir, ()).give(item)

    with pytest.raises(DataDirBroken, match=complaint) as refusal:
        await start_embedded(data_dir)

    assert "\n" not in str(refusal.value)
    assert broken.read_text(encoding="utf-8") == content
    assert processes_of(data_dir) == []


async def test_lost_passwords_are_a_broken_folder(used_data_dir: Path) -> None:
    (used_data_dir / "servers.json").unlink()
    with pytest.raises(DataDirBroken, match=r"servers\.json is missing"):
        await start_embedded(used_data_dir)


async def test_a_folder_that_cannot_be_made_is_broken() -> None:
    with pytest.raises(DataDirBroken, match="/proc/casino"):
        await start_embedded(Path("/proc/casino"))


def test_servers_start_and_stop_without_an_event_loop(used_data_dir: Path) -> None:
    servers = EmbeddedServers.start(used_data_dir)
    assert running_database_url(used_data_dir) == servers.database_url
    servers.close()
    assert running_database_url(used_data_dir) is None


async def _fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def _execute(url: str, script: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()
