"""How this process is: its name, age and memory."""

import os
import resource
import sys
from pathlib import Path

from telemetry.clock import Clock
from telemetry.snapshots import Process

_STATM = Path("/proc/self/statm")


class Vitals:
    """Knows since when this process runs; `read` says how it is now."""

    def __init__(self, clock: Clock, *, process: str, kind: str, version: str) -> None:
        self._clock = clock
        self._started_ns = clock.monotonic_ns()
        self._process = process
        self._kind = kind
        self._version = version

    def read(self, *, loop_lag_ms: float, connections: int) -> Process:
        """This process, now."""
        return Process(
            process=self._process,
            kind=self._kind,
            pid=os.getpid(),
            version=self._version,
            uptime_s=round((self._clock.monotonic_ns() - self._started_ns) / 1e9, 1),
            rss_bytes=resident_bytes(),
            loop_lag_ms=loop_lag_ms,
            connections=connections,
        )


def resident_bytes() -> int:
    """The memory that this process holds; where the system does not say, the most that it ever held."""
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
