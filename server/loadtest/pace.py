"""When the players of a table are due: reckoned as if the server answered in no time.

A player thinks from the moment at which the table asks. Counted from when its view arrives, a slow server
would slow its own load down, and the waits that it causes would never be measured (coordinated omission). So
the moment is reckoned: what asks a player was caused by a move of another client here, which was itself due
at a known moment, or by the end of the pause after a round, which began at one. Only what somebody else
caused (a bot, a deadline) counts from when it was seen.
"""

from typing import Final

from server.loadtest.views import View

_KEPT: Final = 32  # versions whose cause may still be asked for


class Pace:
    """The schedule of one table. Moments in nanoseconds of the monotonic clock."""

    def __init__(self) -> None:
        self._in_flight: dict[str, int] = {}  # command id -> when it was due
        self._caused: dict[int, int] = {}  # version -> when the command that made it was due
        self._asked: dict[int, int] = {}  # version -> when its view counts as shown
        self._round_id: str | None = None
        self._betting_since_ns = 0
        self._pause_ends_ns: int | None = None

    def sent(self, command_id: str, due_ns: int) -> None:
        """A player here sent a command that was due then."""
        self._in_flight[command_id] = due_ns

    def answered(self, command_id: str, version: int | None) -> None:
        """It was answered: it made this version, or none."""
        due_ns = self._in_flight.pop(command_id, None)
        if due_ns is not None and version is not None:
            self._caused[version] = due_ns
            if len(self._caused) > _KEPT:
                del self._caused[min(self._caused)]

    def asked_ns(self, view: View, now_ns: int) -> int:
        """When this view counts as shown: the same for all players of the table."""
        asked = self._asked.get(view.version)
        if asked is None:
            asked = self._asked[view.version] = self._reckon(view, now_ns)
            if len(self._asked) > _KEPT:
                del self._asked[min(self._asked)]
        return asked

    def _reckon(self, view: View, now_ns: int) -> int:
        if view.phase == "betting":
            return self._betting_ns(view, now_ns)
        asked = self._cause_ns(view.version, now_ns)
        if view.phase == "settled" and view.deadline_ms is not None:
            self._pause_ends_ns = asked + view.deadline_ms * 1_000_000
        return asked

    def _betting_ns(self, view: View, now_ns: int) -> int:
        """All players of a round are asked for their bets at once, when the pause before it is over."""
        if view.round_id != self._round_id:
            self._round_id = view.round_id
            ends_ns, self._pause_ends_ns = self._pause_ends_ns, None
            self._betting_since_ns = now_ns if ends_ns is None else min(now_ns, ends_ns)
        return self._betting_since_ns

    def _cause_ns(self, version: int, now_ns: int) -> int:
        """The latest command that can have led here: a deal is a version of its own after the last bet's."""
        due = [due_ns for made, due_ns in self._caused.items() if made >= version - 1]
        return max([*due, *self._in_flight.values()], default=now_ns)
