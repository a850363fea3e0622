"""Stats of one operation, small enough to share and exact enough to trust.

Durations go into logarithmic buckets: sixteen to each power of two, so a bucket is at most 1/16 as wide as
its lower edge, and its middle is at most 1/32 (3.2 %) away from any duration in it. That is the relative
error of a percentile against the exact one (nearest rank). Below 32 ns every duration has a bucket of its
own. Counts, sums, the smallest and the largest are exact, and merging loses nothing: it is associative and
commutative.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

RELATIVE_ERROR: Final = 1 / 32  # of a percentile, at most
LONGEST_NS: Final = (1 << 47) - 1  # 39 hours; what takes longer counts as this long
NO_MINIMUM: Final = 1 << 62  # the smallest of no durations at all

_SUB_BITS: Final = 4  # sixteen buckets to a power of two
_SUB_COUNT: Final = 1 << _SUB_BITS


def bucket_of(duration_ns: int) -> int:
    """The number of the bucket that a duration of 0 to LONGEST_NS falls into."""
    shift = duration_ns.bit_length() - _SUB_BITS - 1
    if shift <= 0:
        return duration_ns
    return (shift << _SUB_BITS) + (duration_ns >> shift)


def bucket_middle_ns(bucket: int) -> int:
    """The duration that stands for a bucket: its middle."""
    if bucket < 2 * _SUB_COUNT:
        return bucket
    shift = (bucket >> _SUB_BITS) - 1
    lower = ((bucket & (_SUB_COUNT - 1)) + _SUB_COUNT) << shift
    return lower + (1 << shift) // 2


class Example(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One call that was slow, with what leads to its log lines."""

    duration_ns: int
    at: datetime
    process: str
    facts: tuple[tuple[str, str], ...] = ()  # ids: round, run, request, table, …


class Stats(msgspec.Struct, array_like=True):
    """What is known about one operation's calls; every call counts, however it ended."""

    errors: int = 0
    refused: int = 0
    cancelled: int = 0
    sum_ns: int = 0
    min_ns: int = NO_MINIMUM
    max_ns: int = -1
    slowest: Example | None = None
    buckets: dict[int, int] = {}

    @property
    def count(self) -> int:
        """How many calls there were, whether they succeeded, failed, were refused or cancelled."""
        return sum(self.buckets.values())

    def record(self, duration_ns: int, error: bool = False) -> None:  # noqa: FBT001, FBT002 # one flag, on the hot path
        """Count one call that took `duration_ns` (0 or more)."""
        if duration_ns > LONGEST_NS:
            duration_ns = LONGEST_NS
        self.sum_ns += duration_ns
        if duration_ns < self.min_ns:
            self.min_ns = duration_ns
        if duration_ns > self.max_ns:
            self.max_ns = duration_ns
        # bucket_of, written out: this line runs on every measured call
        shift = duration_ns.bit_length() - 5
        bucket = (shift << 4) + (duration_ns >> shift) if shift > 0 else duration_ns
        buckets = self.buckets
        buckets[bucket] = buckets.get(bucket, 0) + 1
        if error:
            self.errors += 1

    def merge(self, other: "Stats") -> None:
        """Take over what `other` has counted, as if every call had been recorded here."""
        self.errors += other.errors
        self.refused += other.refused
        self.cancelled += other.cancelled
        self.sum_ns += other.sum_ns
        self.min_ns = min(self.min_ns, other.min_ns)
        self.max_ns = max(self.max_ns, other.max_ns)
        if self.slowest is None or (other.slowest is not None and other.slowest > self.slowest):
            self.slowest = other.slowest
        if not self.buckets:
            self.buckets = other.buckets.copy()
            return
        buckets = self.buckets
        for bucket, number in other.buckets.items():
            buckets[bucket] = buckets.get(bucket, 0) + number

    def percentiles_ns(self, *shares: float) -> tuple[int | None, ...]:
        """The durations that these shares (0–1, ascending) of calls did not exceed; None without calls."""
        count = self.count
        if count == 0:
            return (None,) * len(shares)
        found: list[int] = []
        reached = 0
        numbers = self.buckets
        buckets = iter(sorted(numbers))
        bucket = 0
        for share in shares:
            # nearest rank, whatever binary fractions make of a share like 0.07
            rank = max(1, math.ceil(share * count - 1e-9))
            while reached < rank:
                bucket = next(buckets)
                reached += numbers[bucket]
            found.append(min(max(bucket_middle_ns(bucket), self.min_ns), self.max_ns))
        return tuple(found)


def merged(parts: Iterable[Stats]) -> Stats:
    """One Stats of all the parts, which stay as they are."""
    rest = iter(parts)
    first = next(rest, None)
    if first is None:
        return Stats()
    total = msgspec.structs.replace(first, buckets=first.buckets.copy())
    for part in rest:
        total.merge(part)
    return total


def slowest_of(parts: Iterable[Stats]) -> Example | None:
    """The slowest example of all the parts."""
    return max((part.slowest for part in parts if part.slowest is not None), default=None)
