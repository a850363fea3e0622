"""Time as a parameter: what code asks for the time, and the one adapter that reads the system's."""

import time
from datetime import UTC, datetime
from typing import Final, Protocol


class Clock(Protocol):
    """Tells the time; durations come from `monotonic_ns`, timestamps from `now`."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed moment; never goes back."""
        ...

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The clock of the machine that the process runs on."""

    __slots__ = ()

    monotonic_ns: Final = staticmethod(time.monotonic_ns)

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)
