"""The relay: after the commit, in order, one at a time, at least once."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.outbox import OutboxEvent, mark_published, prune, tell, unpublished
from economy.relay import LEASE, LEASE_S, Relay, acquire, resign
from tests.fakes import ManualClock
from tests.integration.economy.builders import change, scalar


class Heard:
    """A publisher that keeps what it was given, and refuses once it is told to."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.refuses_after: int | None = None
        self.pause: ManualClock | None = None

    async def publish(self, event: OutboxEvent) -> None:
        """Keep it."""
        if self.refuses_after is not None and len(self.told) >= self.refuses_after:
            raise ConnectionError("away")
        self.told.append(event.payload["n"])
        if self.pause is not None:
            self.pause.advance(s=LEASE_S + 1)


async def tell_some(engine: AsyncEngine, count: int, *, first: int = 0) -> None:
    async with engine.begin() as connection:
        for number in range(first, first + count):
            await tell(connection, "stream", "told", {"n": number})


async def left(engine: AsyncEngine) -> object:
    return await scalar(engine, "SELECT count(*) FROM outbox WHERE published_at IS NULL")


async def test_events_are_told_in_order_and_once(engine: AsyncEngine) -> None:
    heard = Heard()
    relay = Relay(engine, heard, ManualClock(), holder="a")
    await tell_some(engine, 250)
    while await relay.step() == 0:
        pass
    assert heard.told == list(range(250))
    assert await left(engine) == 0


async def test_nothing_is_told_before_its_commit(engine: AsyncEngine) -> None:
    heard = Heard()
    relay = Relay(engine, heard, ManualClock(), holder="a")
    async with engine.connect() as connection:
        await tell(connection, "stream", "told", {"n": 0})
        await relay.step()
        assert heard.told == []
        await connection.commit()
    await relay.step()
    assert heard.told == [0]


async def test_an_event_with_a_smaller_id_that_commits_later_is_not_skipped(engine: AsyncEngine) -> None:
    heard = Heard()
    relay = Relay(engine, heard, ManualClock(), holder="a")
    async with engine.connect() as slow:
        await tell(slow, "one", "told", {"n": 0})
        await tell_some(engine, 1, first=1)
        await relay.step()
        await slow.commit()
    await relay.step()
    assert heard.told == [1, 0]


async def test_what_could_not_be_told_comes_again_and_first(engine: AsyncEngine) -> None:
    heard = Heard()
    heard.refuses_after = 3
    relay = Relay(engine, heard, ManualClock(), holder="a")
    await tell_some(engine, 5)
    for _ in range(2):
        try:
            await relay.step()
        except ConnectionError:
            continue
    assert (heard.told, await left(engine)) == ([0, 1, 2], 2)
    heard.refuses_after = None
    await relay.step()
    assert (heard.told, await left(engine)) == ([0, 1, 2, 3, 4], 0)


async def test_one_relay_at_a_time_until_the_lease_runs_out(engine: AsyncEngine) -> None:
    first, second = Heard(), Heard()
    one = Relay(engine, first, ManualClock(), holder="a")
    other = Relay(engine, second, ManualClock(), holder="b")
    await tell_some(engine, 2)
    await one.step()
    await tell_some(engine, 2, first=2)
    await other.step()
    assert (first.told, second.told) == ([0, 1], [])
    await change(engine, "UPDATE leases SET expires_at = clock_timestamp()")
    await other.step()
    assert second.told == [2, 3]


async def test_a_relay_that_was_paused_past_its_lease_tells_nothing_more(engine: AsyncEngine) -> None:
    clock, heard = ManualClock(), Heard()
    heard.pause = clock
    relay = Relay(engine, heard, clock, holder="a")
    await tell_some(engine, 3)
    await relay.step()
    assert heard.told == [0]


async def test_a_lost_lease_marks_nothing(engine: AsyncEngine) -> None:
    await tell_some(engine, 1)
    async with engine.begin() as connection:
        old = await acquire(connection, "a")
        (event,) = await unpublished(connection)
    await change(engine, "UPDATE leases SET expires_at = clock_timestamp()")
    async with engine.begin() as connection:
        new = await acquire(connection, "b")
        assert old is not None
        assert new == old + 1
        assert await mark_published(connection, [event.outbox_id], lease=LEASE, epoch=old) == 0
        assert await mark_published(connection, [event.outbox_id], lease=LEASE, epoch=new) == 1


async def test_a_lease_is_renewed_in_its_epoch_and_given_up_at_once(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        assert await acquire(connection, "a") == await acquire(connection, "a") == 1
        assert await acquire(connection, "b") is None
    async with engine.begin() as connection:
        await resign(connection, "a")
    async with engine.begin() as connection:
        assert await acquire(connection, "b") == 2


async def test_old_events_are_forgotten_once_they_were_told(engine: AsyncEngine) -> None:
    await tell_some(engine, 3)
    await change(
        engine,
        """UPDATE outbox SET published_at = clock_timestamp() - interval '8 days'
        WHERE payload ->> 'n' < '2'""",
    )
    async with engine.begin() as connection:
        assert await prune(connection) == 2
        left_over = (await connection.execute(text("SELECT payload ->> 'n' FROM outbox"))).scalars().all()
    assert left_over == ["2"]
