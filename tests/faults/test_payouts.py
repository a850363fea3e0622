"""Payout runs through the worst: workers killed, Valkey emptied, connections cut. Everybody is paid once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from redis.asyncio import Redis

from tests.end_to_end.clients import Client
from tests.end_to_end.house import House
from tests.end_to_end.syndicates import run_by_http
from tests.faults.clubs import found_club_of, found_clubs, paid_wrong
from tests.faults.planting import DOUBLE_DIVIDEND, UNTOLD_PAYOUT, WRONG_BALANCE, is_seen
from tests.processes import CasinoProcess
from tests.services import Services

CLUBS = 60
SLOW = {"PAYOUT_PAGE": "1", "PAYOUT_CONCURRENCY": "1"}

_PAID = """
SELECT count(*) >= $2 FROM payouts WHERE run_id = $1::uuid AND status = 'PAID'"""
_OVER = "SELECT status = 'COMPLETED' FROM runs WHERE run_id = $1::uuid"
_BLOCKERS = """
SELECT array_agg(DISTINCT blocker) FROM pg_stat_activity, unnest(pg_blocking_pids(pid)) AS blocker
WHERE datname = current_database() AND application_name = 'worker' AND blocker = ANY ($1::integer[])"""
_CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'worker'"""


@asynccontextmanager
async def gates(house: House, user_ids: list[str]) -> AsyncIterator[dict[int, asyncpg.Connection]]:
    """Wallets that are locked until the test lets go: whoever pays them waits inside its transaction.

    The holders by their backend's pid; one that is closed has opened its gate.
    """
    holders: dict[int, asyncpg.Connection] = {}
    try:
        for user_id in user_ids:
            holder = await asyncpg.connect(house.environment["DATABASE_URL"])
            holders[holder.get_server_pid()] = holder
            await holder.execute("BEGIN")
            await holder.execute(
                "SELECT FROM accounts WHERE kind = 'wallet' AND owner = $1 FOR UPDATE", user_id
            )
        yield holders
    finally:
        for holder in holders.values():
            await holder.close()


async def reached(house: House, holders: dict[int, asyncpg.Connection]) -> list[int]:
    """Wait until a payment waits at a gate; those gates' pids."""
    await house.until_true(f"SELECT ({_BLOCKERS}) IS NOT NULL", list(holders), timeout_s=60)
    found: list[int] | None = await house.value(_BLOCKERS, list(holders))
    assert found is not None
    return found


async def ends_well(
    house: House, services: Services, run_id: str, expected: dict[str, int], client: Client
) -> None:
    """The run is over, all are paid once, the client heard of it; and each of these can be seen to fail."""
    await house.until_true(_OVER, run_id, timeout_s=60)
    assert await paid_wrong(house, expected) == []
    run = await house.admin.get(f"/api/admin/payouts/runs/{run_id}")
    assert (run["paid"], run["failed"], run["amount"]) == (CLUBS + 1, 0, sum(expected.values()))
    dividend = await client.hear("payout_completed")
    assert dividend["amount"] == expected[client.user_id]
    assert len(client.events("payout_completed")) == 1
    assert await house.audit() == {}
    assert house.faults() == []

    await is_seen(house, services, UNTOLD_PAYOUT, DOUBLE_DIVIDEND, WRONG_BALANCE)
    assert len(await paid_wrong(house, expected)) == 1


async def test_valkey_is_emptied_and_its_connections_cut_in_the_middle_of_a_run(
    house: House, services: Services, redis_url: str
) -> None:
    await house.open()
    await house.worker(**SLOW)
    members = await found_clubs(house, CLUBS, members=3)
    ann, bob = await house.guest(), await house.guest()
    expected = members | await found_club_of(house, {"ann": ann, "bob": bob})
    async with house.client(ann) as client, Redis.from_url(redis_url) as valkey:
        async with gates(house, [list(members)[CLUBS // 2 * 3]]) as holders:
            run_id = await run_by_http(house)
            await house.until_true(_PAID, run_id, 1)
            await valkey.flushall()
            await reached(house, holders)
            await valkey.flushall()
            await valkey.client_kill_filter(_type="normal", skipme=True)
            await valkey.client_kill_filter(_type="pubsub")
            assert not await house.value(_OVER, run_id)
        await ends_well(house, services, run_id, expected, client)


async def test_workers_are_killed_and_cut_inside_their_payments_again_and_again(
    house: House, services: Services
) -> None:
    await house.open()
    members = await found_clubs(house, CLUBS, members=3)
    ann, bob = await house.guest(), await house.guest()
    expected = members | await found_club_of(house, {"ann": ann, "bob": bob})
    workers = await _two_workers(house)
    async with house.client(ann) as client:
        async with gates(house, list(members)[15 :: 3 * CLUBS // 5]) as holders:
            assert len(holders) == 5
            run_id = await run_by_http(house)
            is_kill = True
            while holders:
                at = await reached(house, holders)
                if is_kill:
                    for worker in workers:
                        await worker.kill()
                else:
                    assert await house.value(_CUT) > 0
                for pid in at:
                    await holders.pop(pid).close()
                if is_kill:
                    workers = await _two_workers(house)
                is_kill = not is_kill
        await ends_well(house, services, run_id, expected, client)


async def _two_workers(house: House) -> list[CasinoProcess]:
    slow = {"PAYOUT_PAGE": "5"}
    return list(await asyncio.gather(house.worker(**slow), house.worker(**slow)))
