"""Every limit of the sockets, in one place: `SocketLimits`, and what counts against it.

What keeps the process alive always holds: sizes, queues, deadlines, and the watchers of a table. The paces
and the caps on sockets, which tell one client from another, are off with RATE_LIMITS=off. Counts are those of
one process; only a table's watchers are counted over all of them.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final, Self

from server.settings import Settings
from telemetry.clock import Clock

_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`burst` at once, then `per_second`."""

    burst: int
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """What the sockets of a process may use, and what happens past it."""

    are_on: bool = True  # the paces and the caps on sockets

    # Each socket, always
    frame_bytes: int = 16 * 1024  # of a client's message; past it the connection is closed with 1009
    inbox_events: int = 64  # that wait for their turn; past it they are answered `rate_limited`
    outbox_packets: int = 256  # that wait for a slow reader; past it the connection is cut
    outbox_bytes: int = 256 * 1024
    stall_s: float = 1.5  # in which a client reads nothing of what waits; past it the connection is cut
    pipe_bytes: int = 16 * 1024  # handed to the transport before anything waits in the outbox
    kernel_bytes: int = 64 * 1024  # the socket's send buffer, of which Linux makes twice as much
    connect_deadline_s: float = 10.0  # without a namespace; past it the connection is closed
    ping_interval_s: float = 10.0
    ping_timeout_s: float = 5.0  # without a pong; past it the connection is closed

    # Each socket, when on
    commands: Pace = Pace(burst=60, per_second=30.0)  # past it they are answered `rate_limited`
    chat: Pace = Pace(burst=5, per_second=0.5)  # as above
    frames: Pace = Pace(burst=600, per_second=40.0)  # of any kind; past it the connection is closed with 1008

    # Together
    sockets_per_address: int = 5_000  # when on; past it they are refused with `limit_reached`
    sockets_per_user: int = 50  # as above, in each namespace
    watchers_per_table: int = 2_000  # past it `watch_table` is refused with `limit_reached`; who sits may

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The limits that the settings ask for."""
        return cls(
            are_on=settings.rate_limits,
            sockets_per_address=settings.sockets_per_address,
            sockets_per_user=settings.sockets_per_user,
            watchers_per_table=settings.watchers_per_table,
        )


class TokenBucket:
    """Lets a pace's burst through at once, then so many a second."""

    __slots__ = ("_burst_ns", "_clock", "_cost_ns", "_level_ns", "_seen_ns")

    def __init__(self, clock: Clock, pace: Pace) -> None:
        self._clock = clock
        self._cost_ns = int(_SECOND_NS / pace.per_second)
        self._burst_ns = self._level_ns = pace.burst * self._cost_ns
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


class Turnstile:
    """Counts who is in, by key; `cap` of each may be."""

    def __init__(self, cap: int, *, is_on: bool) -> None:
        self._cap = cap
        self._is_on = is_on
        self._inside: Counter[str] = Counter()

    def enter(self, key: str) -> bool:
        """Whether there was room; whoever was let in has to leave."""
        if self._is_on and self._inside[key] >= self._cap:
            return False
        self._inside[key] += 1
        return True

    def leave(self, key: str) -> None:
        """Somebody who was let in goes."""
        self._inside[key] -= 1
        if not self._inside[key]:
            del self._inside[key]
