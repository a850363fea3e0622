"""How late the event loop is: a task asks to be woken at fixed times and looks at the clock when it is."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from telemetry.alerts import PERFORMANCE_WARNING, Alerts
from telemetry.blame import LoopWatch
from telemetry.clock import Clock
from telemetry.logs import get_logger
from telemetry.registry import Registry
from telemetry.thresholds import DEFAULT_THRESHOLD_MS
from telemetry.throttle import Throttle

LOOP_LAG: Final = "loop:lag"  # the operation that lag is recorded under
INTERVAL_S: Final = 0.1
RECENT: Final = 100  # probes that `recent_max_ms` looks back: ten seconds

log = get_logger()

Sleep = Callable[[float], Awaitable[None]]


class LagProbe:
    """Measures the loop that it runs on; also closes the registry's slices and the alerts that are over."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        alerts: Alerts | None = None,
        threshold_ms: float = DEFAULT_THRESHOLD_MS,
        interval_s: float = INTERVAL_S,
        sleep: Sleep = asyncio.sleep,
        watch: LoopWatch | None = None,
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._alerts = alerts
        self._threshold_ms = threshold_ms
        self._interval_s = interval_s
        self._sleep = sleep
        self._watch = watch
        self._recent: deque[float] = deque((0.0,), maxlen=RECENT)
        self._throttle = Throttle(clock, burst=3, every_s=10)

    @property
    def last_ms(self) -> float:
        """How late the loop was at the last probe."""
        return self._recent[-1]

    @property
    def recent_max_ms(self) -> float:
        """How late the loop was at worst in the last moments."""
        return max(self._recent)

    async def run(self) -> None:
        """Probe until cancelled."""
        interval_ns = int(self._interval_s * 1e9)
        while True:
            due_ns = self._clock.monotonic_ns() + interval_ns
            if self._watch is not None:
                self._watch.beat()
            await self._sleep(self._interval_s)
            self._note(max(0, self._clock.monotonic_ns() - due_ns))
            self._registry.tick()
            if self._alerts is not None:
                self._alerts.sweep()

    def _note(self, lag_ns: int) -> None:
        lag_ms = round(lag_ns / 1e6, 3)
        self._recent.append(lag_ms)
        self._registry.record(LOOP_LAG, lag_ns)
        place = None if self._watch is None else self._watch.take()
        if lag_ms <= self._threshold_ms:
            return
        facts = {} if place is None else {"blocked_at": place}
        if self._throttle.admit(LOOP_LAG) is not None:
            log.warning(
                "telemetry.loop_lagged",
                type=PERFORMANCE_WARNING,
                message=f"the event loop was {lag_ms:.0f} ms late",
                operation=LOOP_LAG,
                duration_ms=lag_ms,
                threshold_ms=self._threshold_ms,
                **facts,
            )
        if self._alerts is not None:
            self._alerts.raise_alert(
                PERFORMANCE_WARNING,
                LOOP_LAG,
                duration_ms=lag_ms,
                threshold_ms=self._threshold_ms,
                facts=facts,
            )
