"""Presence leases in a real Valkey: who is here, who went, and for how long."""

from redis.asyncio import Redis

from server.floor.presence import LEASE_MS, Presence

USERS = "presence:users"


async def let_pass(redis: Redis, user_id: str, ms: int) -> None:
    """Let time pass for one user's lease."""
    await redis.zincrby(USERS, -ms, user_id)


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


async def test_the_last_socket_of_a_process_leaves_time_for_another_to_renew(redis: Redis) -> None:
    one, other = Presence(redis, "one"), Presence(redis, "other")
    await one.connected_socket("ann")
    await other.connected_socket("ann")
    await one.disconnected_socket("ann")
    await other.renew()
    await let_pass(redis, "ann", 3_000)
    assert await one.connected("t", ("ann",)) == {"ann"}


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
