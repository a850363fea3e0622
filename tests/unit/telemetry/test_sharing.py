"""Sharing: every process sees all, one that is gone disappears, and alone a process sees itself."""

import asyncio
import os

import pytest

from telemetry.logs import subscribe
from telemetry.records import Record
from telemetry.registry import Registry
from telemetry.sharing import Sharing
from telemetry.snapshots import Snapshot, merge_snapshots
from telemetry.vitals import Vitals, resident_bytes
from tests.fakes import ManualClock


class Shelf:
    """A shared place in memory; what lies there lives by the clock, and the whole place can be away."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.kept: dict[str, tuple[bytes, int]] = {}
        self.is_away = False

    async def put(self, process: str, snapshot: bytes, *, life_s: float) -> None:
        """Keep a snapshot for a while."""
        if self.is_away:
            raise ConnectionError("away")
        self.kept[process] = snapshot, self._clock.monotonic_ns() + int(life_s * 1e9)

    async def take_all(self) -> dict[str, bytes]:
        """What still lives."""
        if self.is_away:
            raise ConnectionError("away")
        now_ns = self._clock.monotonic_ns()
        return {process: snapshot for process, (snapshot, until_ns) in self.kept.items() if until_ns > now_ns}


class Floor:
    """Some processes that share on one shelf."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.shelf = Shelf(self.clock)
        self.registries: dict[str, Registry] = {}

    def process(self, name: str) -> Sharing:
        """A process that has measured one call."""
        registry = self.registries[name] = Registry(self.clock)
        registry.record("db:load", 1_000_000)
        vitals = Vitals(self.clock, process=name, kind="web", version="1.2")

        def measure() -> Snapshot:
            process = vitals.read(loop_lag_ms=0.5, connections=2)
            return Snapshot(process=process, at=self.clock.now(), operations=registry.operations())

        return Sharing(self.shelf, measure)


async def names(sharing: Sharing) -> list[str]:
    """The processes that this one sees."""
    return [snapshot.process.process for snapshot in await sharing.gather()]


async def test_processes_see_each_other_and_their_numbers_add_up() -> None:
    floor = Floor()
    web, worker = floor.process("web-1"), floor.process("worker-1")
    await worker.share()
    assert await names(web) == ["web-1", "worker-1"]
    (stats,) = merge_snapshots(await web.gather())
    assert (stats.operation, stats.count) == ("db:load", 2)


async def test_a_processs_own_numbers_are_fresh_and_count_once() -> None:
    floor = Floor()
    web = floor.process("web-1")
    await web.share()
    floor.registries["web-1"].record("db:load", 1)
    (stats,) = merge_snapshots(await web.gather())
    assert stats.count == 2


async def test_a_process_that_is_gone_disappears() -> None:
    floor = Floor()
    web, worker = floor.process("web-1"), floor.process("worker-1")
    await worker.share()
    floor.clock.advance(s=8)
    assert await names(web) == ["web-1"]


async def test_alone_a_process_sees_itself_and_says_so_once() -> None:
    floor = Floor()
    web = floor.process("web-1")
    lines: list[Record] = []
    end = subscribe(lines.append)
    floor.shelf.is_away = True
    await web.share()
    assert await names(web) == ["web-1"]
    await web.share()
    floor.shelf.is_away = False
    await web.share()
    floor.shelf.is_away = True
    await web.share()
    end()
    assert [line["event"] for line in lines] == ["telemetry.sharing_failed"] * 2


async def test_a_snapshot_of_another_version_is_left_out() -> None:
    floor = Floor()
    web = floor.process("web-1")
    await floor.shelf.put("web-0", b"older", life_s=5)
    assert await names(web) == ["web-1"]


async def test_a_process_goes_on_sharing_until_it_is_cancelled() -> None:
    floor = Floor()
    floor.process("web-1")
    shared: list[int] = []

    async def sleep(seconds: float) -> None:
        shared.append(len(floor.shelf.kept))
        floor.shelf.kept.clear()
        if len(shared) == 3:
            raise asyncio.CancelledError

    registry = Registry(floor.clock)
    vitals = Vitals(floor.clock, process="web-1", kind="web", version="1")
    sharing = Sharing(
        floor.shelf,
        lambda: Snapshot(
            process=vitals.read(loop_lag_ms=0, connections=0),
            at=floor.clock.now(),
            operations=registry.operations(),
        ),
        sleep=sleep,
    )
    with pytest.raises(asyncio.CancelledError):
        await sharing.run()
    assert shared == [1, 1, 1]


def test_vitals_say_how_this_process_is() -> None:
    clock = ManualClock()
    vitals = Vitals(clock, process="web-1", kind="web", version="1.2")
    clock.advance(s=90)
    process = vitals.read(loop_lag_ms=1.5, connections=4)
    assert (process.process, process.kind, process.version, process.pid) == (
        "web-1",
        "web",
        "1.2",
        os.getpid(),
    )
    assert (process.uptime_s, process.loop_lag_ms, process.connections) == (90.0, 1.5, 4)
    assert 1 << 20 < resident_bytes() < 1 << 40
