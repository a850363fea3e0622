"""What the clients of one process write down: every frame that came, every command that went, and when.

One JSON array a line, its name in front. Moments are nanoseconds of the machine's monotonic clock, which all
processes of one machine share. A frame that reaches many clients is written once; who heard it refers to it.
The token of a session is never written.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

_FLUSH_BYTES: Final = 256 * 1024


class _Entry(msgspec.Struct, frozen=True, array_like=True, tag=str.lower):
    """A line of the log; only here so that all are written alike."""


class Opened(_Entry, frozen=True):
    """A websocket was opened; `due_ns` is when the client was to come."""

    at_ns: int
    due_ns: int
    connection: int
    user_id: str
    table_id: str
    is_player: bool


class Failed(_Entry, frozen=True):
    """A client could not come in: why, as an error code of the wire or of ours."""

    at_ns: int
    code: str


class Frame(_Entry, frozen=True):
    """The text of a frame, before the first one who heard it."""

    number: int
    text: str


class Heard(_Entry, frozen=True):
    """A connection heard a frame."""

    at_ns: int
    connection: int
    frame: int


class Sent(_Entry, frozen=True):
    """A connection sent a command; `due_ns` is when it was to, by the schedule."""

    at_ns: int
    due_ns: int
    connection: int
    number: int
    event: str
    payload: dict[str, object]


class Unanswered(_Entry, frozen=True):
    """A command got no ack in time."""

    at_ns: int
    connection: int
    number: int


class Ended(_Entry, frozen=True):
    """A connection ended; `is_ours` when the client wanted it to."""

    at_ns: int
    connection: int
    is_ours: bool


Entry = Opened | Failed | Frame | Heard | Sent | Unanswered | Ended


class LogWriter:
    """Writes entries to a file, in large pieces."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self._encoder = msgspec.json.Encoder()
        self._buffer = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.flush()
        self._file.close()

    def write(self, entry: Entry) -> None:
        """Note an entry; it reaches the file a little later."""
        buffer = self._buffer
        self._encoder.encode_into(entry, buffer, -1)
        buffer += b"\n"
        if len(buffer) >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Bring everything noted so far to the file."""
        self._file.write(self._buffer)
        self._buffer.clear()


def read_log(path: Path) -> Iterator[tuple[int, Entry]]:
    """Every entry with the place in the file where its line begins."""
    decoder = msgspec.json.Decoder(Entry)
    place = 0
    with path.open("rb") as file:
        for line in file:
            yield place, decoder.decode(line)
            place += len(line)


def read_frame(path: Path, place: int) -> str:
    """The text of the frame whose line begins there."""
    with path.open("rb") as file:
        file.seek(place)
        return msgspec.json.decode(file.readline(), type=Frame).text
