"""Bells: heard by every process, by a process that lost its connection too, and never in anybody's way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.asyncio import Redis

from server.bells import Bell, Bells, CursorMoved, SessionsEnded, TableChanged
from tests.integration.sockets.raw import SOON_S


class Listener:
    """A process that hears."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Bell] = asyncio.Queue()
        self.subscribed: asyncio.Queue[None] = asyncio.Queue()

    async def hear(self, bell: Bell) -> None:
        """Take note."""
        self.heard.put_nowait(bell)
        if isinstance(bell, TableChanged) and bell.version < 0:
            raise ValueError("a handler that fails")

    async def missed(self) -> None:
        """Take note of a subscription."""
        self.subscribed.put_nowait(None)

    async def next(self) -> Bell:
        """The next bell."""
        return await asyncio.wait_for(self.heard.get(), SOON_S)


@asynccontextmanager
async def listening(bells: Bells) -> AsyncIterator[Listener]:
    """A listener that is subscribed."""
    listener = Listener()
    task = asyncio.create_task(bells.listen(listener.hear, missed=listener.missed))
    try:
        await asyncio.wait_for(listener.subscribed.get(), SOON_S)
        yield listener
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_every_process_hears_a_bell_the_ringing_one_too(redis_url: str) -> None:
    one, two = Bells(redis_url), Bells(redis_url)
    bell = SessionsEnded(user_id="ada", token_hashes=("00ff",))
    async with listening(one) as here, listening(two) as there:
        assert await one.ring(bell)

        assert [await here.next(), await there.next()] == [bell, bell]
    await one.close()
    await two.close()


async def test_a_handler_that_fails_and_a_bell_of_another_version_stop_nothing(
    redis_url: str, redis: Redis
) -> None:
    bells = Bells(redis_url)
    async with listening(bells) as listener:
        await bells.ring(TableChanged(table_id="main-1", version=-1))
        await redis.publish(bells.channel, b'{"type":"FromTheFuture","x":1}')
        await redis.publish(bells.channel, b"\xff")
        await bells.ring(CursorMoved(user_id="ada", confirmed_through=3))
        await listener.next()

        assert await listener.next() == CursorMoved(user_id="ada", confirmed_through=3)
    await bells.close()


async def test_a_cut_connection_is_made_again_and_the_listener_told_that_it_may_have_missed_some(
    redis_url: str, redis: Redis
) -> None:
    bells = Bells(redis_url)
    async with listening(bells) as listener:
        await redis.client_kill_filter(_type="pubsub")
        await asyncio.wait_for(listener.subscribed.get(), SOON_S)
        await bells.ring(CursorMoved(user_id="ada", confirmed_through=1))

        assert await listener.next() == CursorMoved(user_id="ada", confirmed_through=1)
    await bells.close()


async def test_without_valkey_ringing_says_so_and_raises_nothing() -> None:
    bells = Bells("redis://127.0.0.1:1/0")

    assert not await bells.ring(CursorMoved(user_id="ada", confirmed_through=1))
    assert bells.lost == 1
    assert not bells.is_hearing()
    await bells.close()
