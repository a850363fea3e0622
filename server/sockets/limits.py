"""How much one socket may ask for: token buckets."""

from typing import Final

from telemetry.clock import Clock

_SECOND_NS: Final = 1_000_000_000


class TokenBucket:
    """Lets `burst` through at once, then `per_second`."""

    __slots__ = ("_burst_ns", "_clock", "_cost_ns", "_level_ns", "_seen_ns")

    def __init__(self, clock: Clock, *, burst: int, per_second: float) -> None:
        self._clock = clock
        self._cost_ns = int(_SECOND_NS / per_second)
        self._burst_ns = self._level_ns = burst * self._cost_ns
        self._seen_ns = clock.monotonic_ns()

    def take(self) -> int:
        """Take a token: 0, or the ms until there is one."""
        now = self._clock.monotonic_ns()
        self._level_ns = min(self._burst_ns, self._level_ns + now - self._seen_ns)
        self._seen_ns = now
        if self._level_ns < self._cost_ns:
            return (self._cost_ns - self._level_ns) // 1_000_000 + 1
        self._level_ns -= self._cost_ns
        return 0
