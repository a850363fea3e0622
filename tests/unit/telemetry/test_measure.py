"""Measuring: four ways in, four ways out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from telemetry import measure
from telemetry.alerts import Alerts
from telemetry.logs import bind_ids, subscribe
from telemetry.measure import Meter, configure, measure_db_operation, measure_duration, measure_game_loop
from telemetry.records import Record
from telemetry.registry import Registry
from telemetry.stats import Stats
from telemetry.thresholds import Thresholds
from tests.fakes import ManualClock


class BetRefused(Exception):
    """The bet is out of range."""


class NotYourTurn(Exception):
    """It is another player's turn."""


class Bench:
    """A meter with everything around it in hand."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.registry = Registry(self.clock, thresholds=Thresholds(overrides={"db:report": 1000}))
        self.alerts = Alerts(self.clock, process="web-1")
        self.meter = Meter(
            self.registry, self.clock, alerts=self.alerts, refusals=(NotYourTurn,), process="web-1"
        )
        self.lines: list[Record] = []

    def stats(self, name: str = "db:load") -> Stats:
        """What was counted under this name."""
        return self.registry.operations()[name]


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A meter of the test's own, and the warnings that are logged meanwhile."""
    bench = Bench()
    end = subscribe(bench.lines.append)
    yield bench
    end()


def in_a_with(bench: Bench, error: BaseException | None) -> None:
    with bench.meter.db_operation("load", refusals=(BetRefused,)):
        bench.clock.advance(ms=5)
        if error is not None:
            raise error


def in_an_async_with(bench: Bench, error: BaseException | None) -> None:
    async def run() -> None:
        async with bench.meter.db_operation("load", refusals=(BetRefused,)):
            bench.clock.advance(ms=5)
            if error is not None:
                raise error

    asyncio.run(run())


def as_a_decorator(bench: Bench, error: BaseException | None) -> None:
    @bench.meter.db_operation("load", refusals=(BetRefused,))
    def load() -> None:
        bench.clock.advance(ms=5)
        if error is not None:
            raise error

    load()


def as_a_decorator_of_a_coroutine(bench: Bench, error: BaseException | None) -> None:
    @bench.meter.db_operation("load", refusals=(BetRefused,))
    async def load() -> None:
        await asyncio.sleep(0)
        bench.clock.advance(ms=5)
        if error is not None:
            raise error

    asyncio.run(load())


WAYS = (in_a_with, in_an_async_with, as_a_decorator, as_a_decorator_of_a_coroutine)
OUTCOMES = (
    (None, (0, 0, 0)),
    (ValueError("broken"), (1, 0, 0)),
    (TimeoutError(), (1, 0, 0)),
    (BetRefused(), (0, 1, 0)),
    (NotYourTurn(), (0, 1, 0)),
    (asyncio.CancelledError(), (0, 0, 1)),
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("error", "expected"), OUTCOMES)
def test_every_call_counts_by_how_it_ended_and_the_exception_goes_on(
    bench: Bench,
    way: Callable[[Bench, BaseException | None], None],
    error: BaseException | None,
    expected: tuple[int, int, int],
) -> None:
    if error is None:
        way(bench, None)
    else:
        with pytest.raises(type(error)):
            way(bench, error)
    stats = bench.stats()
    assert (stats.count, stats.sum_ns) == (1, 5_000_000)
    assert expected == (stats.errors, stats.refused, stats.cancelled)


def test_a_decorated_function_keeps_its_answer_its_name_and_its_arguments(bench: Bench) -> None:
    @bench.meter.duration("sum")
    def add(one: int, *, other: int) -> int:
        """Add."""
        return one + other

    assert (add(1, other=2), add.__name__, add.__doc__) == (3, "add", "Add.")


async def test_one_decorator_serves_calls_at_the_same_time(bench: Bench) -> None:
    gate = asyncio.Event()

    @bench.meter.db_operation("load")
    async def load() -> None:
        await gate.wait()

    first = asyncio.create_task(load())
    await asyncio.sleep(0)
    bench.clock.advance(ms=10)
    second = asyncio.create_task(load())
    await asyncio.sleep(0)
    bench.clock.advance(ms=10)
    gate.set()
    await asyncio.gather(first, second)
    assert (bench.stats().min_ns, bench.stats().max_ns) == (10_000_000, 20_000_000)


def test_a_generator_is_not_measured_by_mistake(bench: Bench) -> None:
    def numbers() -> Iterator[int]:
        yield 1

    async def async_numbers() -> AsyncIterator[int]:
        yield 1

    for generator in (numbers, async_numbers):
        with pytest.raises(TypeError, match="measure what consumes it"):
            bench.meter.duration("numbers")(generator)


def test_a_slow_operation_is_logged_and_alerted_with_its_facts_and_ids(bench: Bench) -> None:
    with bind_ids(request_id="q1"), bench.meter.db_operation("load", table_id="main-1"):
        bench.clock.advance(ms=250)
    (line,) = bench.lines
    expected = {
        "severity": "WARNING",
        "event": "telemetry.threshold_exceeded",
        "type": "performance_warning",
        "operation": "db:load",
        "duration_ms": 250.0,
        "threshold_ms": 200.0,
        "table_id": "main-1",
        "request_id": "q1",
    }
    assert expected == {key: line.get(key) for key in expected}
    (alert,) = bench.alerts.open_alerts()
    assert (alert.type, alert.operation, alert.duration_ms, alert.threshold_ms) == (
        "performance_warning",
        "db:load",
        250.0,
        200.0,
    )
    assert alert.facts == {"request_id": "q1", "table_id": "main-1"}


def test_a_slow_step_is_game_loop_lag_and_names_table_and_step(bench: Bench) -> None:
    with bench.meter.game_loop("blackjack", operation="place_bet", table_id="main-1"):
        bench.clock.advance(ms=201)
    (line,) = bench.lines
    expected = {
        "type": "game_loop_lag",
        "game": "blackjack",
        "operation": "place_bet",
        "duration_ms": 201.0,
        "threshold_ms": 200.0,
        "table_id": "main-1",
    }
    assert expected == {key: line.get(key) for key in expected}
    (alert,) = bench.alerts.open_alerts()
    assert (alert.type, alert.operation) == ("game_loop_lag", "game:blackjack")
    assert alert.facts == {"table_id": "main-1", "step": "place_bet"}
    assert bench.stats("game:blackjack").count == 1


@pytest.mark.parametrize(
    ("name", "threshold_ms", "took_ms", "warns"),
    [
        ("load", None, 200, False),
        ("load", None, 201, True),
        ("report", None, 999, False),
        ("report", None, 1001, True),
        ("load", 20, 21, True),
        ("load", 500, 400, False),
    ],
)
def test_a_threshold_is_the_calls_own_or_the_operations_or_the_default(
    bench: Bench, name: str, threshold_ms: float | None, took_ms: int, *, warns: bool
) -> None:
    with bench.meter.db_operation(name, threshold_ms=threshold_ms):
        bench.clock.advance(ms=took_ms)
    assert warns == bool(bench.lines)
    assert warns == bool(bench.alerts.open_alerts())


def test_a_thousand_slow_calls_are_a_few_lines_and_one_alert(bench: Bench) -> None:
    for _ in range(1000):
        with bench.meter.db_operation("load"):
            bench.clock.advance(ms=201)
    (alert,) = bench.alerts.open_alerts()
    assert alert.occurrences == 1000
    assert len(bench.lines) == 5 + 1000 * 201 // 10_000
    withheld = sum(line["withheld"] for line in bench.lines if isinstance(line.get("withheld"), int))  # type: ignore[misc] # just checked
    assert len(bench.lines) + withheld <= 1000


def test_the_slowest_call_leaves_its_ids_and_no_secret(bench: Bench) -> None:
    for took_ms, round_id in ((5, "r1"), (9, "r2"), (7, "r3")):
        with bench.meter.db_operation("load", round_id=round_id, token="T0PSECRET"):
            bench.clock.advance(ms=took_ms)
    slowest = bench.stats().slowest
    assert slowest is not None
    assert (slowest.duration_ns, slowest.process) == (9_000_000, "web-1")
    assert dict(slowest.facts) == {"round_id": "r2", "token": "[REDACTED]"}


def test_the_modules_functions_count_where_they_are_configured_to() -> None:
    before = measure.default_meter()

    @measure_db_operation("decorated_early")
    def load() -> None:
        clock.advance(ms=1)

    clock = ManualClock()
    registry = Registry(clock)
    try:
        configure(registry=registry, clock=clock, process="web-1")
        load()
        with measure_duration("payout:pay_syndicate"), measure_game_loop("blackjack", table_id="main-1"):
            clock.advance(ms=2)
    finally:
        measure._default = before
    assert {name: stats.sum_ns for name, stats in registry.operations().items()} == {
        "db:decorated_early": 1_000_000,
        "game:blackjack": 2_000_000,
        "payout:pay_syndicate": 2_000_000,
    }
