"""One player: sits down, bets the least, plays basic strategy, thinks before each move, and gets up."""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from random import Random
from typing import Final
from uuid import uuid4

from server.loadtest import frames
from server.loadtest.book import Known
from server.loadtest.line import Ack, Line, LineBroken, NoAnswer, Office
from server.loadtest.pace import Pace
from server.loadtest.views import Ask, View, ask_of, is_in_play, is_seated, view_of

_AGAIN_AFTER_S: Final = {"rate_limited": 1.0, "table_busy": 0.1, "server_restarting": 0.5, "internal": 0.5}
_NO_SEAT: Final = frozenset(("seat_taken", "table_closed"))
_TRIES: Final = 8
_LOOK_AGAIN_S: Final = 1.0  # after a refusal, when no new view has come

Think = Callable[[Random], int]
"""How long a player thinks, in nanoseconds."""


class End(Enum):
    """Why a player stopped playing at a table."""

    LEFT = auto()
    BROKE = auto()
    NO_SEAT = auto()


class Player:
    """Plays on one line, for one user, at one table."""

    def __init__(
        self, *, table_id: str, user_id: str, balance: int, pace: Pace, think: Think, office: Office
    ) -> None:
        self.table_id = table_id
        self.user_id = user_id
        self._balance = balance
        self._pace = pace
        self._think = think
        self._chance = office.chance
        self._book = office.book
        self._clock = office.clock
        self._line: Line | None = None
        self._view: View | None = None
        self._after = 0  # views older than this version are not acted on
        self._seated_ns = 0
        self._is_leaving = False
        self._is_ready = False
        self._has_no_seat = False
        self._news = asyncio.Event()

    def leave(self) -> None:
        """Play the hand in play to its end without thinking, then get up."""
        self._is_leaving = True
        self._news.set()

    def hear(self, known: Known) -> None:
        """Take in what the server tells."""
        event = known.read()
        if not isinstance(event, frames.Event) or not isinstance(event.payload, dict):
            return
        match event.name:
            case "table_changed":
                self._see(event.payload)
            case "welcome" | "balance_changed":
                self._balance = event.payload["balance"]

    async def joined(self) -> None:
        """Look at the table again, after every connection; play begins once that has worked."""
        if self._line is None:
            return
        answer = await self._line.ask("watch_table", {"table_id": self.table_id}, self._clock.monotonic_ns())
        if answer.get("ok"):
            self._is_ready = True
            self._see(answer["table"])

    async def play(self, line: Line) -> End:
        """Play until told to leave, until the money is gone, or find no seat."""
        self._line = line
        while True:
            ask = self._asked()
            if self._is_gone():
                return End.LEFT
            if self._has_no_seat:
                return End.NO_SEAT
            if ask is None:
                await self._news.wait()
                self._news.clear()
            elif ask.event == "place_bet" and self._balance < int(str(ask.payload["amount"])):
                await self._command("leave_seat", {"table_id": self.table_id}, self._clock.monotonic_ns())
                return End.BROKE
            else:
                await self._answer(ask)

    def _see(self, payload: object) -> None:
        view = view_of(payload)
        if view is None or view.table_id != self.table_id:
            return
        if self._view is None or view.version >= self._view.version:
            self._view = view
            self._pace.asked_ns(view, self._clock.monotonic_ns())
            self._news.set()

    def _asked(self) -> Ask | None:
        """What to do now, if anything."""
        view = self._view
        if view is None or not self._is_ready or view.version < self._after:
            return None
        if self._is_leaving and not is_in_play(view, self.user_id):
            leaving: dict[str, object] = {"table_id": self.table_id}
            return Ask(key=("leave",), event="leave_seat", payload=leaving) if self._sits(view) else None
        return ask_of(view, self.user_id, balance=self._balance, chance=self._chance)

    def _is_gone(self) -> bool:
        view = self._view
        return self._is_leaving and (view is None or not self._sits(view))

    def _sits(self, view: View) -> bool:
        return is_seated(view, self.user_id)

    async def _answer(self, ask: Ask) -> None:
        """Think, then do it, unless the table has gone on meanwhile."""
        due_ns = self._due_ns(ask)
        await self._until(due_ns)
        now = self._asked()
        if now is None or now.key != ask.key:
            return
        answer = await self._command(ask.event, ask.payload, due_ns)
        if answer is not None and answer.get("ok"):
            self._learn(ask, answer)
        elif answer is not None and answer["error"]["code"] in _NO_SEAT:
            self._has_no_seat = True
        else:
            await self._look_again()

    def _due_ns(self, ask: Ask) -> int:
        now_ns = self._clock.monotonic_ns()
        if self._is_leaving or ask.event == "take_seat" or self._view is None:
            return now_ns
        shown_ns = self._pace.asked_ns(self._view, now_ns)
        return max(shown_ns, self._seated_ns) + self._think(self._chance)

    async def _until(self, due_ns: int) -> None:
        """Wait for the moment, or for the call to leave."""
        while not self._is_leaving and (left_ns := due_ns - self._clock.monotonic_ns()) > 0:
            self._news.clear()
            try:
                async with asyncio.timeout(left_ns / 1e9):
                    await self._news.wait()
            except TimeoutError:
                return

    def _learn(self, ask: Ask, answer: Ack) -> None:
        if answer.get("balance") is not None:
            self._balance = answer["balance"]
        if ask.event == "take_seat":
            self._seated_ns = self._clock.monotonic_ns()
            self._see(answer["table"])
            return
        self._after = max(self._after, answer["version"])
        if ask.event == "leave_seat" and answer["left"]:
            self._view = None

    async def _look_again(self) -> None:
        """It was refused, so the table is not as it looked: wait for its next view, or ask for it."""
        seen = 0 if self._view is None else self._view.version
        self._after = seen + 1
        try:
            async with asyncio.timeout(_LOOK_AGAIN_S):
                while self._view is None or self._view.version <= seen:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            self._after = 0
            try:
                await self.joined()
            except (LineBroken, NoAnswer):
                return

    async def _command(self, event: str, payload: dict[str, object], due_ns: int) -> Ack | None:
        """Send a command until it is decided, always with the same id; None when it never was."""
        command_id = uuid4().hex
        payload = {**payload, "command_id": command_id}
        self._pace.sent(command_id, due_ns)
        answer: Ack | None = None
        for _ in range(_TRIES):
            answer = await self._sent(event, payload, due_ns)
            pause_s = 0.0 if answer is None else _pause_s(answer)
            if answer is not None and pause_s == 0:
                break
            await asyncio.sleep(pause_s)
        self._pace.answered(command_id, _version_of(answer))
        return answer

    async def _sent(self, event: str, payload: dict[str, object], due_ns: int) -> Ack | None:
        """Send it once, on the connection that stands; None when no answer came."""
        line = self._line
        if line is None:
            return None
        await line.is_open.wait()
        try:
            answer = await line.ask(event, payload, due_ns)
        except (LineBroken, NoAnswer):
            return None
        code = None if answer.get("ok") else str(answer["error"]["code"])
        self._book.answered(due_ns, code, is_action=True)
        return answer


def _pause_s(answer: Ack) -> float:
    """How long to wait before the same command again; 0 when the answer is final."""
    if answer.get("ok"):
        return 0.0
    error = answer["error"]
    return float(error.get("retry_after_ms", 0)) / 1e3 or _AGAIN_AFTER_S.get(str(error["code"]), 0.0)


def _version_of(answer: Ack | None) -> int | None:
    if answer is None or not answer.get("ok"):
        return None
    table = answer.get("table")
    found = answer.get("version", table["version"] if isinstance(table, dict) else None)
    return found if isinstance(found, int) else None
