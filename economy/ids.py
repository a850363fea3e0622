"""Ids in order of time (UUID version 7, RFC 9562), made here because PostgreSQL 16 and 17 cannot."""

import os
from uuid import UUID

from telemetry.clock import Clock, SystemClock

_clock: Clock = SystemClock()


def follow(clock: Clock) -> None:
    """Take the time of new ids from this clock: all processes should tell the same."""
    global _clock
    _clock = clock


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, then 74 random bits from the operating system."""
    stamp = int(_clock.now().timestamp() * 1000)
    bits = (stamp << 80) | int.from_bytes(os.urandom(10), "big")
    bits = (bits & ~(0xF << 76)) | (0x7 << 76)
    bits = (bits & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=bits)
