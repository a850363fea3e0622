"""Fakes of the world outside, each true to the Protocol that it stands for."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = now
        self._elapsed_ns = 0

    def monotonic_ns(self) -> int:
        """Nanoseconds since the clock was made."""
        return self._elapsed_ns

    def now(self) -> datetime:
        """The present moment of this clock."""
        return self._start + timedelta(microseconds=self._elapsed_ns // 1000)

    def advance(self, *, s: float = 0, ms: float = 0, ns: int = 0) -> None:
        """Let time pass."""
        self._elapsed_ns += round(s * 1e9) + round(ms * 1e6) + ns
