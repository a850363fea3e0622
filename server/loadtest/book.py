"""What the clients of one process hear and do: written to the log, and counted for the progress."""

from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from server.loadtest import frames, log
from telemetry.clock import Clock
from telemetry.stats import Stats

_FRAMES_KEPT: Final = 4_096  # the same view reaches its watchers within moments
NO_ANSWER: Final = "no_answer"  # the code that we give a command that got no ack in time


class Known:
    """A frame's text, read when somebody asks what it says, and then once for all who hear it."""

    __slots__ = ("_heard", "number", "text")

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.text = text
        self._heard: frames.Heard | None = None

    def read(self) -> frames.Heard:
        """What it says."""
        if self._heard is None:
            self._heard = frames.read(self.text)
        return self._heard


class Progress(msgspec.Struct, kw_only=True):
    """What has happened since the last look; connections are those that are open now."""

    players: int = 0
    watchers: int = 0
    actions: int = 0  # accepted commands that changed something
    heard: int = 0
    reconnects: int = 0
    errors: dict[str, int] = {}
    acks: Stats = msgspec.field(default_factory=Stats)

    def count(self, code: str) -> None:
        """Count an error."""
        self.errors[code] = self.errors.get(code, 0) + 1


class Book:
    """The log of one process and its progress, as a context manager."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._writer = log.LogWriter(path)
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._frames = 0
        self._connections = 0
        self._progress = Progress()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)

    def opened(self, *, due_ns: int, user_id: str, table_id: str, is_player: bool) -> int:
        """A websocket was opened; the connection's number."""
        self._connections += 1
        number = self._connections
        self._writer.write(
            log.Opened(self._clock.monotonic_ns(), due_ns, number, user_id, table_id, is_player)
        )
        if is_player:
            self._progress.players += 1
        else:
            self._progress.watchers += 1
        return number

    def ended(self, connection: int, *, is_ours: bool, is_player: bool) -> None:
        """It ended."""
        self._writer.write(log.Ended(self._clock.monotonic_ns(), connection, is_ours))
        if is_player:
            self._progress.players -= 1
        else:
            self._progress.watchers -= 1
        if not is_ours:
            self._progress.reconnects += 1

    def failed(self, code: str) -> None:
        """A client could not come in."""
        self._writer.write(log.Failed(self._clock.monotonic_ns(), code))
        self._progress.count(code)

    def heard(self, connection: int, text: str) -> Known:
        """A connection heard a frame."""
        now_ns = self._clock.monotonic_ns()
        known = self._known.get(text)
        if known is None:
            self._frames += 1
            known = self._known[text] = Known(self._frames, text)
            self._writer.write(log.Frame(known.number, text))
            if len(self._known) > _FRAMES_KEPT:
                self._known.popitem(last=False)
        self._writer.write(log.Heard(now_ns, connection, known.number))
        self._progress.heard += 1
        return known

    def sent(self, connection: int, number: int, event: str, payload: dict[str, object], due_ns: int) -> None:
        """A connection is about to send a command."""
        self._writer.write(log.Sent(self._clock.monotonic_ns(), due_ns, connection, number, event, payload))

    def answered(self, due_ns: int, code: str | None, *, is_action: bool) -> None:
        """A command was answered: accepted, or refused with a code."""
        if code is not None:
            self._progress.count(code)
        elif is_action:
            self._progress.actions += 1
            self._progress.acks.record(max(0, self._clock.monotonic_ns() - due_ns))

    def unanswered(self, connection: int, number: int) -> None:
        """A command got no ack in time."""
        self._writer.write(log.Unanswered(self._clock.monotonic_ns(), connection, number))
        self._progress.count(NO_ANSWER)

    def look(self) -> Progress:
        """The progress since the last look; what is written so far is in the file then."""
        self._writer.flush()
        now = self._progress
        self._progress = Progress(players=now.players, watchers=now.watchers)
        return now
