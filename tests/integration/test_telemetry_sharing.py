"""Snapshots in a real Valkey: found by others, over when their process is gone."""

from redis.asyncio import Redis

from telemetry.valkey import ValkeyPlace


async def test_snapshots_are_found_by_process(redis: Redis) -> None:
    place = ValkeyPlace(redis)
    assert await place.take_all() == {}
    await place.put("web-1", b"\x00old", life_s=60)
    await place.put("web-1", b"\x00one", life_s=60)
    await place.put("worker-1", b"\xfftwo", life_s=60)
    assert await place.take_all() == {"web-1": b"\x00one", "worker-1": b"\xfftwo"}


async def test_a_snapshot_has_a_life_and_its_name_goes_with_it(redis: Redis) -> None:
    place = ValkeyPlace(redis)
    await place.put("web-1", b"one", life_s=60)
    key = "telemetry:snapshot:web-1"
    assert 0 < await redis.pttl(key) <= 60_000
    await redis.pexpire(key, -1)
    assert await place.take_all() == {}
    assert await redis.smembers("telemetry:processes") == set()
