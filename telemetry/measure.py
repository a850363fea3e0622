"""Measuring where it happens: `measure_duration`, `measure_game_loop`, `measure_db_operation`.

Each is a context manager (`with` and `async with`) and a decorator (of functions, sync and async):

    with measure_duration("payout:pay_syndicate", run_id=run_id, refusals=(PlanChanged,)):
        ...

    @measure_db_operation("load_table")
    async def load(...): ...

A call succeeds, fails, is refused (an exception that was declared a refusal) or is cancelled; each counts,
only failures are errors. A call over its operation's threshold is logged and raises an alert, with the facts
given here and the ids that are bound where it ran. One Measure serves one `with` at a time; as a decorator
it serves any number of calls.
"""

import functools
import inspect
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Final, ParamSpec, Self, TypeVar, cast

from telemetry.alerts import GAME_LOOP_LAG, PERFORMANCE_WARNING, Alerts
from telemetry.clock import Clock, SystemClock
from telemetry.logs import bound_ids, get_logger, is_debug, redact_facts
from telemetry.registry import Operation, Registry
from telemetry.stats import Example
from telemetry.throttle import Throttle

P = ParamSpec("P")
R = TypeVar("R")

Refusals = tuple[type[BaseException], ...]

WARNING_BURST: Final = 5  # log lines about one operation at once
WARNING_EVERY_S: Final = 10.0  # and then one in this time

log = get_logger()


class Meter:
    """Where measured calls are counted and judged."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        alerts: Alerts | None = None,
        refusals: Refusals = (),
        process: str = "",
    ) -> None:
        self.registry = registry
        self.alerts = alerts
        self.monotonic_ns = clock.monotonic_ns
        self._clock = clock
        self._refusals = refusals
        self._process = process
        self._throttle = Throttle(clock, burst=WARNING_BURST, every_s=WARNING_EVERY_S)

    def duration(
        self,
        operation: str,
        /,
        *,
        refusals: Refusals = (),
        threshold_ms: float | None = None,
        **facts: object,
    ) -> "Measure":
        """Measure under the operation's own name."""
        return Measure(operation, refusals, threshold_ms, facts, self)

    def game_loop(
        self,
        game: str,
        /,
        *,
        operation: str | None = None,
        refusals: Refusals = (),
        threshold_ms: float | None = None,
        **facts: object,
    ) -> "Measure":
        """Measure a step of a game's loop under `game:GAME`; `operation` is what logs and alerts call it."""
        return _game_loop(self, game, operation, refusals, threshold_ms, facts)

    def db_operation(
        self, name: str, /, *, refusals: Refusals = (), threshold_ms: float | None = None, **facts: object
    ) -> "Measure":
        """Measure a statement or a transaction under `db:NAME`."""
        return Measure(f"db:{name}", refusals, threshold_ms, facts, self)

    def end(self, measure: "Measure", started_ns: int, error: BaseException | None) -> None:
        """Count a call that ends now, and look at it more closely when it is slow."""
        duration_ns = self.monotonic_ns() - started_ns
        operation = self.registry.operation(measure.name)
        live = operation.live
        live.record(duration_ns)
        if error is not None:
            if not isinstance(error, Exception):  # CancelledError above all
                live.cancelled += 1
            elif isinstance(error, (*measure.refusals, *self._refusals)):
                live.refused += 1
            else:
                live.errors += 1
        threshold_ns = operation.threshold_ns if measure.threshold_ns is None else measure.threshold_ns
        if duration_ns > threshold_ns or duration_ns >= live.max_ns:
            self._examine(measure, operation, duration_ns, threshold_ns)
        if is_debug():
            _say_completed(measure, duration_ns, error)

    def _examine(self, measure: "Measure", operation: Operation, duration_ns: int, threshold_ns: int) -> None:
        facts = _ids(measure)
        if duration_ns >= operation.live.max_ns:
            operation.live.slowest = Example(
                duration_ns=duration_ns,
                at=self._clock.now(),
                process=self._process,
                facts=tuple(facts.items()),
            )
        if duration_ns > threshold_ns:
            self._warn(measure, round(duration_ns / 1e6, 3), threshold_ns / 1e6, facts)

    def _warn(
        self, measure: "Measure", duration_ms: float, threshold_ms: float, facts: dict[str, str]
    ) -> None:
        type_ = PERFORMANCE_WARNING if measure.game is None else GAME_LOOP_LAG
        withheld = self._throttle.admit(measure.name)
        if withheld is not None:
            log.warning(
                "telemetry.threshold_exceeded",
                **{
                    **facts,
                    **({} if measure.game is None else {"game": measure.game}),
                    **({"withheld": withheld} if withheld else {}),
                    "type": type_,
                    "message": f"{measure.step} took {duration_ms:.0f} ms, over {threshold_ms:.0f} ms",
                    "operation": measure.step,
                    "duration_ms": duration_ms,
                    "threshold_ms": threshold_ms,
                },
            )
        if self.alerts is not None:
            self.alerts.raise_alert(
                type_, measure.name, duration_ms=duration_ms, threshold_ms=threshold_ms, facts=facts
            )


class Measure:
    """One `with`, or one decorated function."""

    __slots__ = ("_meter", "_started_ns", "facts", "game", "name", "refusals", "step", "threshold_ns")

    def __init__(
        self,
        name: str,
        refusals: Refusals,
        threshold_ms: float | None,
        facts: dict[str, object],
        meter: Meter | None = None,
    ) -> None:
        self.name = name
        self.step = name  # what logs and alerts call it
        self.game: str | None = None
        self.refusals = refusals
        self.threshold_ns = None if threshold_ms is None else int(threshold_ms * 1e6)
        self.facts = facts
        self._meter = meter
        self._started_ns = 0

    def __enter__(self) -> Self:
        self._started_ns = (self._meter or _default).monotonic_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        (self._meter or _default).end(self, self._started_ns, error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        (self._meter or _default).end(self, self._started_ns, error)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function, measured at each call; a coroutine function from its first step to its last."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{function.__qualname__} is a generator: measure what consumes it")
        if inspect.iscoroutinefunction(function):
            return cast("Callable[P, R]", self._around_coroutine(function))

        @functools.wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            meter = self._meter or _default
            started_ns = meter.monotonic_ns()
            try:
                answer = function(*args, **kwargs)
            except BaseException as error:
                meter.end(self, started_ns, error)
                raise
            meter.end(self, started_ns, None)
            return answer

        return measured

    def _around_coroutine(
        self, function: Callable[P, Coroutine[object, object, R]]
    ) -> Callable[P, Coroutine[object, object, R]]:
        @functools.wraps(function)
        async def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            meter = self._meter or _default
            started_ns = meter.monotonic_ns()
            try:
                answer = await function(*args, **kwargs)
            except BaseException as error:
                meter.end(self, started_ns, error)
                raise
            meter.end(self, started_ns, None)
            return answer

        return measured


_default = Meter(Registry(), SystemClock())


def configure(
    *,
    registry: Registry,
    clock: Clock,
    alerts: Alerts | None = None,
    refusals: Refusals = (),
    process: str = "",
) -> Meter:
    """Say where this module's functions count from now on, once, in a composition root."""
    global _default
    _default = Meter(registry, clock, alerts=alerts, refusals=refusals, process=process)
    return _default


def default_meter() -> Meter:
    """The meter that the module's own functions use."""
    return _default


def measure_duration(
    operation: str, /, *, refusals: Refusals = (), threshold_ms: float | None = None, **facts: object
) -> Measure:
    """Measure an operation of this name, like `payout:pay_syndicate`."""
    return Measure(operation, refusals, threshold_ms, facts)


def measure_game_loop(
    game: str,
    /,
    *,
    operation: str | None = None,
    refusals: Refusals = (),
    threshold_ms: float | None = None,
    **facts: object,
) -> Measure:
    """Measure a step of a game's loop under `game:GAME`; `operation` names the step in logs and alerts."""
    return _game_loop(None, game, operation, refusals, threshold_ms, facts)


def measure_db_operation(
    name: str, /, *, refusals: Refusals = (), threshold_ms: float | None = None, **facts: object
) -> Measure:
    """Measure a statement or a transaction under `db:NAME`."""
    return Measure(f"db:{name}", refusals, threshold_ms, facts)


def _game_loop(
    meter: Meter | None,
    game: str,
    operation: str | None,
    refusals: Refusals,
    threshold_ms: float | None,
    facts: dict[str, object],
) -> Measure:
    measure = Measure(f"game:{game}", refusals, threshold_ms, facts, meter)
    measure.game = game
    if operation is not None:
        measure.step = operation
    return measure


def _ids(measure: Measure) -> dict[str, str]:
    """The ids that lead to this call: those bound where it ran, and the facts that were given."""
    step = {} if measure.step == measure.name else {"step": measure.step}
    return {key: str(value) for key, value in redact_facts({**bound_ids(), **measure.facts, **step}).items()}


def _say_completed(measure: Measure, duration_ns: int, error: BaseException | None) -> None:
    outcome = "completed" if error is None else f"ended by {type(error).__name__}"
    log.debug(
        "telemetry.operation_completed",
        message=f"{measure.step} {outcome} in {duration_ns / 1e6:.0f} ms",
        operation=measure.name,
        duration_ms=round(duration_ns / 1e6, 3),
    )
