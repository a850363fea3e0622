"""What the server's processes cost, read from /proc: only on the machine that they run on (Linux)."""

import asyncio
import ipaddress
import os
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from telemetry.clock import Clock

_PROC: Final = Path("/proc")
_LISTENS: Final = "0A"  # TCP_LISTEN, include/net/tcp_states.h
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
SAMPLE_S: Final = 1.0


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What processes have used by a moment: CPU seconds since they began, and the memory that they hold."""

    at_ns: int
    cpu_s: float
    rss_bytes: int


class Sampler:
    """Reads the usage of processes every second, as an asynchronous context."""

    def __init__(self, pids: Sequence[int], clock: Clock) -> None:
        self.pids = tuple(pids)
        self.samples: list[Usage] = []
        self._clock = clock

    def look(self) -> Usage | None:
        """What they have used by now."""
        return usage_of(self.pids, self._clock.monotonic_ns()) if self.pids else None

    async def run(self) -> None:
        """Keep samples until cancelled."""
        while True:
            sample = self.look()
            if sample is not None:
                self.samples.append(sample)
            await asyncio.sleep(SAMPLE_S)


def server_pids(url: str) -> tuple[int, ...]:
    """The processes here that listen where the URL points; empty when it is another machine's."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not _is_here(parts.hostname or ""):
        return ()
    inodes = _listening(port)
    return tuple(sorted(pid for pid in _pids() if inodes & _sockets_of(pid)))


def usage_of(pids: Iterable[int], at_ns: int) -> Usage | None:
    """Their sum now; None when one of them is gone."""
    cpu_s, rss_bytes = 0.0, 0
    for pid in pids:
        try:
            # after the name in brackets, fields 14 and 15 of proc(5): utime and stime, in ticks
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            resident = (_PROC / str(pid) / "statm").read_text().split()[1]
        except (OSError, IndexError):
            return None
        cpu_s += (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
        rss_bytes += int(resident) * _PAGE_BYTES
    return Usage(at_ns=at_ns, cpu_s=cpu_s, rss_bytes=rss_bytes)


def _is_here(host: str) -> bool:
    """Whether the name is this machine's: loopback, or an address that can be bound."""
    with suppress(OSError, ValueError):
        for family, _, _, _, place in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM):
            if ipaddress.ip_address(place[0]).is_loopback:
                return True
            with socket.socket(family) as probe:
                probe.bind((place[0], 0))
                return True
    return False


def _listening(port: int) -> set[str]:
    """The inodes of the sockets that listen on the port."""
    inodes = set()
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / name).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(fields[9])
    return inodes


def _pids() -> list[int]:
    with suppress(OSError):
        return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return []


def _sockets_of(pid: int) -> set[str]:
    """The inodes of the process's open sockets; empty where we may not look."""
    found = set()
    with suppress(OSError):
        for file in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                target = str(file.readlink())
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found
