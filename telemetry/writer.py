"""Lines on their way out: a bounded buffer and one thread, so that a blocked or closed output hurts nobody.

The thread takes what has come together, at most every few milliseconds, and writes it at once. When the
buffer is full, new lines are dropped and counted; when the output takes lines again, one line says how many
are missing.
"""

import atexit
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Final

MAX_BUFFERED: Final = 8 << 20  # bytes
MAX_LINE: Final = 200 << 10  # bytes; a log collector takes no longer ones
BATCH_S: Final = 0.005  # how long a line waits for company; an urgent one does not
EXIT_FLUSH_S: Final = 2.0


class LineWriter:
    """Writes lines to a file descriptor from a thread of its own; `put` never blocks and never raises."""

    def __init__(
        self,
        fd: int,
        *,
        max_buffered: int = MAX_BUFFERED,
        dropped_line: Callable[[int], bytes] | None = None,
    ) -> None:
        self._fd = fd
        self._max_buffered = max_buffered
        self._dropped_line = dropped_line
        self._lines: list[bytes] = []
        self._buffered = 0  # bytes, those being written included
        self._lock = threading.Lock()
        self._has_lines = threading.Event()
        self._is_urgent = threading.Event()
        self._is_empty = threading.Condition(self._lock)
        self._is_closing = False
        self._unreported = 0
        self.dropped = 0  # lines since the start
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def put(self, line: bytes, *, urgent: bool = False) -> None:
        """Take a line, or drop it when the buffer is full."""
        size = len(line)
        with self._lock:
            if self._buffered + size > self._max_buffered or size > MAX_LINE or self._is_closing:
                self.dropped += 1
                self._unreported += 1
                return
            self._buffered += size
            self._lines.append(line)
        if not self._has_lines.is_set():
            self._has_lines.set()
        if urgent:
            self._is_urgent.set()

    def flush(self, timeout_s: float = EXIT_FLUSH_S) -> bool:
        """Wait until everything is written; False when the output did not take it in time."""
        self._is_urgent.set()
        with self._lock:
            return self._is_empty.wait_for(lambda: self._buffered == 0, timeout_s)

    def close(self, timeout_s: float = EXIT_FLUSH_S) -> None:
        """Write what is there, in the time given, and end the thread; later lines are dropped."""
        atexit.unregister(self.close)
        self.flush(timeout_s)
        with self._lock:
            self._is_closing = True
        self._has_lines.set()
        self._thread.join(0.1)

    def _run(self) -> None:
        while not (self._is_closing and not self._lines):
            self._has_lines.wait()
            self._is_urgent.wait(BATCH_S)
            self._is_urgent.clear()
            self._has_lines.clear()
            while self._lines:
                self._write_batch()

    def _write_batch(self) -> None:
        with self._lock:
            batch, self._lines = self._lines, []
            lost, self._unreported = self._unreported, 0
        lines = b"".join(batch)
        report = self._dropped_line(lost) if lost and self._dropped_line else b""
        is_written = self._write(lines + report if report else lines)
        with self._lock:
            self._buffered -= len(lines)
            if not is_written:
                self.dropped += len(batch)
                self._unreported += len(batch) + lost
            if self._buffered == 0:
                self._is_empty.notify_all()

    def _write(self, lines: bytes) -> bool:
        """Write all of it, however slowly it is taken; False when the output is gone."""
        rest = memoryview(lines)
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:  # the other end made it non-blocking
                self._wait_for_room()
            except OSError:
                time.sleep(BATCH_S)  # a closed output stays closed: don't spin
                return False
        return True

    def _wait_for_room(self) -> None:
        try:
            select.select((), (self._fd,), (), 1.0)
        except (OSError, ValueError):
            time.sleep(BATCH_S)
