"""Presence leases in a real Valkey: who is here, who went, and for how long."""

import asyncio

from redis.asyncio import Redis

from server.floor.presence import CHUNK, LEASE_MS, LINGER_MS, Presence


async def let_pass(redis: Redis, user_id: str, ms: int) -> None:
    """Let time pass for one user's leases."""
    key = f"presence:user:{user_id}"
    for process in await redis.hkeys(key):
        await redis.hincrby(key, process, -ms)


async def test_a_user_with_a_socket_on_another_process_is_here(redis: Redis) -> None:
    here, there = Presence(redis, "here"), Presence(redis, "there")
    await there.connected_socket("ann")
    assert await here.connected("t", ("ann",)) == {"ann"}


async def test_a_user_whose_lease_ran_out_is_gone(redis: Redis) -> None:
    here, there = Presence(redis, "here"), Presence(redis, "there")
    await there.connected_socket("ann")
    await let_pass(redis, "ann", LEASE_MS + 1)
    assert await here.connected("t", ("ann",)) == frozenset()


async def test_a_seat_is_overdue_only_after_its_hold(redis: Redis) -> None:
    here, there = Presence(redis, "here"), Presence(redis, "there")
    await there.connected_socket("ann")
    await let_pass(redis, "ann", LEASE_MS + 30_000)
    assert await here.overdue(("ann",), 60_000) == frozenset()
    await let_pass(redis, "ann", 30_001)
    assert await here.overdue(("ann",), 60_000) == {"ann"}


async def test_whoever_is_unknown_counts_as_here_at_first(redis: Redis) -> None:
    here = Presence(redis, "here")
    assert await here.connected("t", ("ann",)) == {"ann"}
    await let_pass(redis, "ann", LEASE_MS + 1)
    assert await here.connected("t", ("ann",)) == frozenset()


async def test_a_last_socket_lets_only_the_own_lease_run_out(redis: Redis) -> None:
    one, other = Presence(redis, "one"), Presence(redis, "other")
    await one.connected_socket("ann")
    await other.connected_socket("ann")
    await one.disconnected_socket("ann")
    await let_pass(redis, "ann", LINGER_MS + 1)
    assert await one.connected("t", ("ann",)) == {"ann"}
    assert await redis.hkeys("presence:user:ann") == [b"other"]


async def test_a_player_is_gone_a_moment_after_the_last_socket(redis: Redis) -> None:
    one, other = Presence(redis, "one"), Presence(redis, "other")
    gone = asyncio.Event()
    one.when_gone = lambda _user_id: gone.set()
    await one.connected_socket("ann")
    await one.connected_socket("ann")
    await one.disconnected_socket("ann")
    await let_pass(redis, "ann", LINGER_MS + 1)
    assert await other.connected("t", ("ann",)) == {"ann"}
    await one.disconnected_socket("ann")
    assert await other.connected("t", ("ann",)) == {"ann"}
    async with asyncio.timeout(5):
        await gone.wait()
    assert await other.connected("t", ("ann",)) == frozenset()


async def test_a_crowd_is_renewed_and_looked_up_in_bounded_calls(redis: Redis) -> None:
    one, other = Presence(redis, "one"), Presence(redis, "other")
    crowd = tuple(f"user-{number}" for number in range(2 * CHUNK + 1))
    await asyncio.gather(*(one.connected_socket(user_id) for user_id in crowd))
    await redis.flushdb()
    await one.renew()
    assert await other.connected("t", crowd) == set(crowd)
    assert await redis.hget(f"presence:user:{crowd[-1]}", "one") is not None


async def test_watchers_are_counted_over_all_processes_and_forgotten_with_them(redis: Redis) -> None:
    one, other = Presence(redis, "one"), Presence(redis, "other")
    await one.watch("s1", "t")
    await other.watch("s2", "t")
    await other.watch("s3", "t")
    await one.renew()
    assert one.watchers("t") == 3
    await redis.hset("presence:watchers:t", "other", "2:1")  # its lease is long over
    await one.renew()
    assert one.watchers("t") == 1


async def test_without_valkey_everybody_counts_as_here(redis: Redis) -> None:
    away = Presence(Redis(host="127.0.0.1", port=1), "here")
    assert await away.connected("t", ("ann",)) == {"ann"}
    assert await away.overdue(("ann",), 0) == frozenset()
