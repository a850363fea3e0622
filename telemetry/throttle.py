"""A limit on how often something is said about the same thing; what is left unsaid is counted."""

from typing import Final

from telemetry.clock import Clock

MAX_KEYS: Final = 1024


class _Bucket:
    __slots__ = ("filled_ns", "tokens", "withheld")

    def __init__(self, tokens: float, filled_ns: int) -> None:
        self.tokens = tokens
        self.filled_ns = filled_ns
        self.withheld = 0


class Throttle:
    """A token bucket per key: `burst` at once, then one every `every_s`; past MAX_KEYS the oldest goes."""

    def __init__(self, clock: Clock, *, burst: int, every_s: float) -> None:
        self._clock = clock
        self._burst = burst
        self._every_ns = every_s * 1e9
        self._buckets: dict[str, _Bucket] = {}

    def admit(self, key: str) -> int | None:
        """How many were withheld since the last one that was admitted; None when this one is withheld too."""
        now_ns = self._clock.monotonic_ns()
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= MAX_KEYS:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[key] = _Bucket(self._burst, now_ns)
        refill = (now_ns - bucket.filled_ns) / self._every_ns
        bucket.tokens = min(self._burst, bucket.tokens + refill)
        bucket.filled_ns = now_ns
        if bucket.tokens < 1:
            bucket.withheld += 1
            return None
        bucket.tokens -= 1
        withheld, bucket.withheld = bucket.withheld, 0
        return withheld
