"""Operation name -> Stats, in this process: totals since the start and the last minutes beside them.

A call is recorded once, in the slice of time that is open; `tick` closes it after ten seconds and adds it to
the totals and to the minutes. So windows cost the measured call nothing. A registry belongs to the thread of
its loop.
"""

from collections import deque
from enum import IntEnum
from typing import Final

from telemetry.clock import Clock, SystemClock
from telemetry.snapshots import OperationStats, summarize
from telemetry.stats import Stats, merged, slowest_of
from telemetry.thresholds import Thresholds

MAX_OPERATIONS: Final = 512
OVERFLOW: Final = "other"  # takes the calls of every name past the limit
MAX_NAME_LENGTH: Final = 120  # longer names are cut

SLICE_NS: Final = 10_000_000_000
SLICES_A_MINUTE: Final = 6
MINUTES_KEPT: Final = 15


class Window(IntEnum):
    """How far back numbers go; a window holds its minutes in full, and the one that is not over."""

    TOTAL = 0
    ONE_MINUTE = 1
    FIVE_MINUTES = 5
    FIFTEEN_MINUTES = 15


class Operation:
    """One operation's numbers; `live` takes the calls of the present slice."""

    __slots__ = ("_minute", "_minutes", "_slices", "_total", "live", "name", "threshold_ns")

    def __init__(self, name: str, threshold_ms: float) -> None:
        self.name = name
        self.threshold_ns = int(threshold_ms * 1e6)
        self.live = Stats()
        self._total = Stats()  # of all closed slices
        self._slices: deque[Stats] = deque(maxlen=SLICES_A_MINUTE)  # the last closed ones, oldest first
        self._minute = Stats()  # the closed slices of the minute that is not over
        self._minutes: deque[Stats] = deque(maxlen=MINUTES_KEPT)  # oldest first

    def stats(self, window: Window) -> Stats:
        """A copy of the numbers, those of the open slice included."""
        match window:
            case Window.TOTAL:
                total = merged((self._total, self.live))
                total.slowest = slowest_of((*self._minutes, self._minute, self.live))  # a recent one
                return total
            case Window.ONE_MINUTE:
                return merged((*self._slices, self.live))
            case _:
                return merged((*tuple(self._minutes)[-window:], self._minute, self.live))

    def close_slice(self, *, ends_minute: bool) -> None:
        """Put the live slice with those that are over, and begin the next."""
        slice_, self.live = self.live, Stats()
        self._total.merge(slice_)
        self._slices.append(slice_)
        self._minute.merge(slice_)
        if ends_minute:
            self._minutes.append(self._minute)
            self._minute = Stats()


class Registry:
    """All operations of this process; past `limit` names, calls count under OVERFLOW."""

    def __init__(
        self, clock: Clock | None = None, *, thresholds: Thresholds | None = None, limit: int = MAX_OPERATIONS
    ) -> None:
        self._clock: Clock = clock or SystemClock()
        self._thresholds = thresholds or Thresholds()
        self._limit = limit
        self._operations: dict[str, Operation] = {}
        self._slice = 0
        self._slice_ends_ns = self._clock.monotonic_ns() + SLICE_NS

    def operation(self, name: str) -> Operation:
        """The operation of this name, or OVERFLOW when there are too many; stays the same object for ever."""
        found = self._operations.get(name)
        if found is not None:
            return found
        name = name[:MAX_NAME_LENGTH]
        if len(self._operations) >= self._limit and name not in self._operations:
            name = OVERFLOW
        return self._operations.setdefault(name, Operation(name, self._thresholds.of(name)))

    def record(self, name: str, duration_ns: int, *, error: bool = False) -> None:
        """Count one call of an operation."""
        self.operation(name).live.record(duration_ns, error)

    def tick(self) -> None:
        """Close the slices that are over; call it every few seconds."""
        late_ns = self._clock.monotonic_ns() - self._slice_ends_ns
        if late_ns < 0:
            return
        slices = late_ns // SLICE_NS + 1
        self._slice_ends_ns += slices * SLICE_NS
        # after a long pause nothing that is kept is older than this many slices
        for _ in range(min(slices, (MINUTES_KEPT + 1) * SLICES_A_MINUTE)):
            self._slice += 1
            for operation in self._operations.values():
                operation.close_slice(ends_minute=self._slice % SLICES_A_MINUTE == 0)

    def operations(self, window: Window = Window.TOTAL) -> dict[str, Stats]:
        """Copies of the numbers by name, to share or to merge."""
        self.tick()
        return {name: operation.stats(window) for name, operation in self._operations.items()}

    def snapshot(self, window: Window = Window.TOTAL) -> tuple[OperationStats, ...]:
        """The numbers to show, in order of the operations' names."""
        return summarize(self.operations(window))
