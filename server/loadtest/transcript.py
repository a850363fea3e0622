"""The logs of all processes, read back: what each connection heard, and what became of its commands.

 The text of a frame stays in its log, where
`text_of` finds it. An hour of a thousand clients is tens of millions of entries: logs of such a size want
more memory than a small machine has.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson

from server.loadtest import frames, log

_MOMENT: Final = ("deadline", "deadline_ms")  # of the moment, no part of the version
_PERSONAL: Final = frozenset(("welcome", "balance_changed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """A view that somebody saw."""

    table_id: str
    version: int
    phase: str
    round_id: str | None
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A frame: an event by its name, or an ack."""

    log: Path
    place: int
    event: str  # "" for an ack
    number: int  # of the command that it answers; 0 for an event
    facts: dict[str, Any]  # of an ack without its table, of a welcome, of a changed balance
    view: Glance | None


@dataclass(slots=True, kw_only=True)
class Command:
    """A command and its ack; resent after a broken connection it is another one with the same id."""

    event: str
    payload: dict[str, Any]
    due_ns: int
    sent_ns: int
    answered_ns: int | None = None
    answer: dict[str, Any] | None = None
    view: Glance | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it was done."""
        return self.answer is not None and self.answer.get("ok") is True

    @property
    def command_id(self) -> str | None:
        """Its id; None for one that changes nothing."""
        return self.payload.get("command_id")

    @property
    def code(self) -> str | None:
        """Why it was refused."""
        if self.answer is None or self.is_accepted:
            return None
        error = self.answer.get("error")
        return str(error.get("code")) if isinstance(error, dict) else "unreadable"

    @property
    def version(self) -> int | None:
        """The version of the table that it made."""
        if not self.is_accepted or self.answer is None:
            return None
        found = self.answer.get("version", self.view.version if self.view else None)
        return found if isinstance(found, int) else None


@dataclass(slots=True, kw_only=True)
class Connection:
    """One websocket from its opening to its end."""

    name: str
    user_id: str
    table_id: str
    is_player: bool
    due_ns: int
    opened_ns: int
    ended_ns: int | None = None
    is_ours: bool = False  # the client itself ended it
    heard: list[tuple[int, Said]] = field(default_factory=list)
    commands: dict[int, Command] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Transcript:
    """All that the clients wrote down."""

    connections: list[Connection] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)  # when, and the code
    unanswered: list[int] = field(default_factory=list)  # when
    frames: int = 0


Inspect = Callable[[Said, str, object], None]
"""Gets every frame once, with its text and what it holds."""


def read_transcript(paths: Iterable[Path], inspect: Inspect) -> Transcript:
    """Read the logs, each by one process."""
    transcript = Transcript()
    for path in paths:
        _Reading(path, transcript, inspect).read()
    return transcript


def text_of(said: Said) -> str:
    """The frame as it was on the wire."""
    return log.read_frame(said.log, said.place)


def digest_of(view: dict[str, Any]) -> bytes:
    """A digest of what everybody sees alike at this version."""
    lasting = {name: value for name, value in view.items() if name not in _MOMENT}
    return blake2b(orjson.dumps(lasting, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def view_in(event: str, payload: object) -> dict[str, Any] | None:
    """The view that an event or an ack carries."""
    if not isinstance(payload, dict):
        return None
    found = payload if event == "table_changed" else payload.get("table") if event == "" else None
    return found if isinstance(found, dict) and "version" in found and "seats" in found else None


class _Reading:
    """One log being read."""

    def __init__(self, path: Path, transcript: Transcript, inspect: Inspect) -> None:
        self._path = path
        self._into = transcript
        self._inspect = inspect
        self._frames: dict[int, Said] = {}
        self._connections: dict[int, Connection] = {}

    def read(self) -> None:
        for place, entry in log.read_log(self._path):
            match entry:
                case log.Heard():
                    self._heard(entry)
                case log.Frame():
                    self._frame(place, entry)
                case log.Sent():
                    self._connections[entry.connection].commands[entry.number] = Command(
                        event=entry.event, payload=entry.payload, due_ns=entry.due_ns, sent_ns=entry.at_ns
                    )
                case log.Opened():
                    self._opened(entry)
                case log.Ended():
                    ended = self._connections[entry.connection]
                    ended.ended_ns, ended.is_ours = entry.at_ns, entry.is_ours
                case log.Failed():
                    self._into.failures.append((entry.at_ns, entry.code))
                case log.Unanswered():
                    self._into.unanswered.append(entry.at_ns)

    def _opened(self, entry: log.Opened) -> None:
        connection = Connection(
            name=f"{self._path.stem}/{entry.connection}",
            user_id=entry.user_id,
            table_id=entry.table_id,
            is_player=entry.is_player,
            due_ns=entry.due_ns,
            opened_ns=entry.at_ns,
        )
        self._connections[entry.connection] = connection
        self._into.connections.append(connection)

    def _heard(self, entry: log.Heard) -> None:
        said, connection = self._frames[entry.frame], self._connections[entry.connection]
        connection.heard.append((entry.at_ns, said))
        command = connection.commands.get(said.number) if said.event == "" else None
        if command is not None and command.answer is None:
            command.answered_ns, command.answer, command.view = entry.at_ns, said.facts, said.view

    def _frame(self, place: int, entry: log.Frame) -> None:
        self._into.frames += 1
        event, number, payload = _parts(frames.read(entry.text))
        view = view_in(event, payload)
        facts: dict[str, Any] = {}
        if isinstance(payload, dict) and (event == "" or event in _PERSONAL):
            facts = {name: value for name, value in payload.items() if name != "table"}
        said = Said(
            log=self._path,
            place=place,
            event=event,
            number=number,
            facts=facts,
            view=None if view is None else _glance(view),
        )
        self._frames[entry.number] = said
        self._inspect(said, entry.text, payload)


def _parts(heard: frames.Heard) -> tuple[str, int, object]:
    """Event, number and what it holds, as `Said` has them."""
    match heard:
        case frames.Event(name, told):
            return name, 0, told
        case frames.Ack(number, answer):
            return "", number, answer
        case _:
            return "noise", 0, None


def _glance(view: dict[str, Any]) -> Glance | None:
    try:
        return Glance(
            table_id=view["table_id"],
            version=view["version"],
            phase=view["phase"],
            round_id=view["round_id"],
            digest=digest_of(view),
        )
    except (KeyError, TypeError):
        return None
