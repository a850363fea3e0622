"""Who blocks the event loop: a thread looks at the loop's stack while the loop is late."""

import sys
import threading
from pathlib import PurePath
from types import FrameType
from typing import Final

from telemetry.clock import Clock

MIN_PAUSE_S: Final = 0.02
_FOREIGN: Final = ("site-packages", f"python{sys.version_info.major}.{sys.version_info.minor}", "<frozen")


class LoopWatch:
    """Watches one thread; `beat` says that its loop is alive, `take` says where it was when it was late."""

    def __init__(self, clock: Clock, *, late_after_ms: float) -> None:
        self._clock = clock
        self._late_after_ns = int(late_after_ms * 1e6)
        self._pause_s = max(late_after_ms / 4e3, MIN_PAUSE_S)
        self._thread_id = threading.get_ident()
        self._beat_ns = clock.monotonic_ns()
        self._place: str | None = None
        self._is_over = threading.Event()
        self.has_seen = threading.Event()  # a place is waiting to be taken
        self._thread = threading.Thread(target=self._run, name="loop-watch", daemon=True)

    def start(self) -> None:
        """Watch the thread that made this object."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._is_over.set()
        self._thread.join()

    def beat(self) -> None:
        """Say that the loop is alive now."""
        self._beat_ns = self._clock.monotonic_ns()

    def take(self) -> str | None:
        """Where the loop was when it was seen late since the last call: `file:line function`."""
        self.has_seen.clear()
        place, self._place = self._place, None
        return place

    def _run(self) -> None:
        while not self._is_over.wait(self._pause_s):
            if self._clock.monotonic_ns() - self._beat_ns > self._late_after_ns:
                self._place = place_of(sys._current_frames().get(self._thread_id))  # noqa: SLF001 # made for this
                self.has_seen.set()


def place_of(frame: FrameType | None) -> str | None:
    """The innermost place in code of our own, else the innermost one: what a person would look at first."""
    innermost = frame
    while frame is not None and any(part in frame.f_code.co_filename for part in _FOREIGN):
        frame = frame.f_back
    shown = frame or innermost
    if shown is None:
        return None
    path = "/".join(PurePath(shown.f_code.co_filename).parts[-3:])
    return f"{path}:{shown.f_lineno} {shown.f_code.co_qualname}"
