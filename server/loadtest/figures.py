"""What the clients measured: rates, latencies and errors, over the time in which all of them were there."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from server.loadtest.book import NO_ANSWER
from server.loadtest.transcript import Command, Connection, Transcript
from telemetry.stats import Stats

ACTIONS: Final = frozenset(
    ("take_seat", "leave_seat", "place_bet", "clear_bet", "act", "set_client_seed", "confirm_payouts")
)
_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The moments between which is measured, on the monotonic clock; before them the clients came."""

    start_ns: int
    begins_ns: int
    ends_ns: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.ends_ns - self.begins_ns) / _SECOND_NS

    def __contains__(self, moment_ns: int) -> bool:
        return self.begins_ns <= moment_ns < self.ends_ns


@dataclass(slots=True, kw_only=True)
class Second:
    """One second of the run, counted from its start."""

    actions: int = 0
    errors: int = 0
    opened: int = 0
    closed: int = 0
    acks: Stats = field(default_factory=Stats)
    broadcasts: Stats = field(default_factory=Stats)


@dataclass(slots=True, kw_only=True)
class Figures:
    """All numbers; the Stats are in nanoseconds and of the window alone, the seconds are of the whole run.

    `acks`, `broadcasts` and `joins` count from when the command was due, `service` from when it was sent;
    `late` is what the clients themselves were behind.
    """

    actions: int = 0  # accepted commands that change something, in the window
    accepted: int = 0  # the same, in the whole run
    rounds: int = 0
    heard: int = 0
    connections: int = 0  # open at the end of the window
    reconnects: int = 0
    players: int = 0  # who took a seat
    watchers: int = 0  # who saw a table
    acks: Stats = field(default_factory=Stats)
    service: Stats = field(default_factory=Stats)
    late: Stats = field(default_factory=Stats)
    broadcasts: Stats = field(default_factory=Stats)
    joins: Stats = field(default_factory=Stats)
    by_event: defaultdict[str, Stats] = field(default_factory=lambda: defaultdict(Stats))
    errors: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[int, Second] = field(default_factory=lambda: defaultdict(Second))


def measure(transcript: Transcript, window: Window) -> Figures:
    """The figures of a run."""
    figures = Figures()
    _measure_commands(transcript, window, figures)
    _measure_broadcasts(transcript, window, figures)
    for at_ns, code in transcript.failures:
        _count_error(figures, window, at_ns, code)
    for at_ns in transcript.unanswered:
        _count_error(figures, window, at_ns, NO_ANSWER)
    figures.rounds = _count_rounds(transcript, window)
    for connection in transcript.connections:
        _measure_connection(connection, window, figures)
    return figures


def _count_rounds(transcript: Transcript, window: Window) -> int:
    """Rounds that were settled, as the clients saw it."""
    rounds = {
        (said.view.table_id, said.view.round_id)
        for connection in transcript.connections
        for at_ns, said in connection.heard
        if said.view is not None and said.view.phase == "settled" and at_ns in window
    }
    return len(rounds)


def _second_of(figures: Figures, window: Window, at_ns: int) -> Second:
    return figures.seconds[max(0, at_ns - window.start_ns) // _SECOND_NS]


def _count_error(figures: Figures, window: Window, at_ns: int, code: str) -> None:
    figures.errors[code] += 1
    _second_of(figures, window, at_ns).errors += 1


def _commands(transcript: Transcript) -> Iterator[Command]:
    for connection in transcript.connections:
        yield from connection.commands.values()


def _measure_commands(transcript: Transcript, window: Window, figures: Figures) -> None:
    for command in _commands(transcript):
        if command.code is not None and command.answered_ns is not None:
            _count_error(figures, window, command.answered_ns, command.code)
        if command.event in ACTIONS:
            _measure_action(command, window, figures)


def _measure_action(command: Command, window: Window, figures: Figures) -> None:
    if command.sent_ns in window:
        figures.late.record(max(0, command.sent_ns - command.due_ns))
    if command.answered_ns is None or not command.is_accepted:
        return
    waited_ns = max(0, command.answered_ns - command.due_ns)
    second = _second_of(figures, window, command.answered_ns)
    second.actions += 1
    figures.accepted += 1
    second.acks.record(waited_ns)
    figures.players += command.event == "take_seat"
    if command.answered_ns in window:
        figures.actions += 1
        figures.acks.record(waited_ns)
        figures.service.record(command.answered_ns - command.sent_ns)
        figures.by_event[command.event].record(waited_ns)


def _measure_broadcasts(transcript: Transcript, window: Window, figures: Figures) -> None:
    """From when a command was due until each connection of the table's room had a view with its effect."""
    due: dict[tuple[str, int], int] = {}
    for command in _commands(transcript):
        if command.event in ACTIONS and command.version is not None:
            due[command.payload["table_id"], command.version] = command.due_ns
    for connection in transcript.connections:
        last: dict[str, int] = {}
        for at_ns, said in connection.heard:
            view = said.view
            if view is None:
                continue
            before = last.get(view.table_id)
            if before is not None and said.event:
                for version in range(before + 1, view.version + 1):
                    since_ns = due.get((view.table_id, version))
                    if since_ns is not None:
                        _note_broadcast(figures, window, at_ns, at_ns - since_ns)
            last[view.table_id] = max(view.version, before or 0)


def _note_broadcast(figures: Figures, window: Window, at_ns: int, took_ns: int) -> None:
    took_ns = max(0, took_ns)
    _second_of(figures, window, at_ns).broadcasts.record(took_ns)
    if at_ns in window:
        figures.broadcasts.record(took_ns)


def _measure_connection(connection: Connection, window: Window, figures: Figures) -> None:
    figures.heard += sum(at_ns in window for at_ns, _ in connection.heard)
    _second_of(figures, window, connection.opened_ns).opened += 1
    is_there = connection.ended_ns is None or connection.ended_ns >= window.ends_ns
    figures.connections += is_there and connection.opened_ns < window.ends_ns
    if connection.ended_ns is not None:
        _second_of(figures, window, connection.ended_ns).closed += 1
        figures.reconnects += not connection.is_ours
    has_seen = False
    for at_ns, said in connection.heard:
        if said.event == "welcome":
            figures.joins.record(max(0, at_ns - connection.due_ns))
        has_seen = has_seen or said.view is not None
    figures.watchers += has_seen and not connection.is_player
