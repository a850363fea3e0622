"""A builder of what a process of load-test clients wrote down, moment by moment."""

import itertools
from pathlib import Path
from typing import Any

import orjson

from server.loadtest import log
from server.loadtest.judge.verdict import Court, Verdict
from server.loadtest.log import LogWriter
from server.loadtest.transcript import Transcript

MS = 1_000_000


class Diary:
    """Writes one process's log; moments in milliseconds, in any order between connections."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: list[log.Entry] = []
        self._connections = itertools.count(1)
        self._commands = itertools.count(1)
        self._frames: dict[str, int] = {}

    def opens(self, at_ms: int, user_id: str, *, table_id: str = "test-1", is_player: bool = False) -> int:
        """A connection opens; its number."""
        number = next(self._connections)
        at_ns = at_ms * MS
        self._entries.append(log.Opened(at_ns, at_ns, number, user_id, table_id, is_player))
        return number

    def hears(self, at_ms: int, connection: int, event: str, payload: object) -> None:
        """It is told something."""
        self._hears(at_ms, connection, f"42{orjson.dumps([event, payload]).decode()}")

    def sends(
        self,
        at_ms: int,
        connection: int,
        event: str,
        payload: dict[str, object],
        *,
        due_ms: int | None = None,
    ) -> int:
        """It sends a command; the command's number."""
        number = next(self._commands)
        due_ns = (at_ms if due_ms is None else due_ms) * MS
        self._entries.append(log.Sent(at_ms * MS, due_ns, connection, number, event, payload))
        return number

    def answered(self, at_ms: int, connection: int, number: int, answer: object) -> None:
        """The command is answered."""
        self._hears(at_ms, connection, f"43{number}{orjson.dumps([answer]).decode()}")

    def ends(self, at_ms: int, connection: int, *, is_ours: bool = True) -> None:
        """It ends."""
        self._entries.append(log.Ended(at_ms * MS, connection, is_ours))

    def fails(self, at_ms: int, code: str) -> None:
        """A client is not let in."""
        self._entries.append(log.Failed(at_ms * MS, code))

    def _hears(self, at_ms: int, connection: int, text: str) -> None:
        if text not in self._frames:
            self._frames[text] = len(self._frames) + 1
            self._entries.append(log.Frame(self._frames[text], text))
        self._entries.append(log.Heard(at_ms * MS, connection, self._frames[text]))

    def written(self) -> Path:
        """The log's file, with all that was written down by now."""
        self.path.unlink(missing_ok=True)
        with LogWriter(self.path) as writer:
            for entry in self._entries:
                writer.write(entry)
        return self.path


def heard(*diaries: Diary) -> tuple[Court, Transcript]:
    """The court, after it has heard them."""
    court = Court()
    return court, court.hear([diary.written() for diary in diaries])


def judged(*diaries: Diary) -> Verdict:
    """The verdict on what the clients saw, without a database."""
    court, _ = heard(*diaries)
    court.without_database()
    return court.verdict()


def found(*diaries: Diary) -> dict[str, int]:
    """How often each kind was found."""
    return judged(*diaries).counts


def seen_view(version: int, **different: Any) -> dict[str, Any]:
    """A view of a table with two seats at which `ann` plays; the cards are a hand in play."""
    hand = {
        "cards": ["9S", "7H"],
        "total": 16,
        "soft": False,
        "bet": 100,
        "status": "playing",
        "doubled": False,
        "outcome": None,
        "payout": None,
    }
    seat = {
        "seat": 1,
        "player": {"user_id": "ann", "name": "Ann"},
        "bet": 100,
        "insurance": None,
        "hands": [hand],
    }
    return {
        "table_id": "test-1",
        "name": "Test",
        "game": "blackjack",
        "version": version,
        "phase": "playing",
        "deadline": "2026-01-01T00:00:00Z",
        "deadline_ms": 1_000,
        "rules": {"blackjack_pays": "3:2", "dealer_peeks": True},
        "min_bet": 100,
        "max_bet": 10_000,
        "hints": True,
        "round_id": "round-1",
        "shoe_number": 1,
        "commitment": "c" * 64,
        "next_commitment": "d" * 64,
        "cards_left": 300,
        "dealer": {"cards": ["TD", "??"], "total": 10, "soft": False},
        "turn": {"seat": 1, "hand": 0, "moves": ["hit", "stand"]},
        "seats": [seat, {"seat": 2, "player": None, "bet": 0, "insurance": None, "hands": []}],
        **different,
    }


def settled_view(
    version: int,
    *,
    cards: str = "9S KH",
    dealer: str = "TD 8C",
    outcome: str = "win",
    payout: int = 200,
    **different: Any,
) -> dict[str, Any]:
    """The same table when Ann's round of 100 cents has ended so."""
    view = seen_view(version, phase="settled", turn=None)
    view["seats"][0]["hands"][0].update(
        {"cards": cards.split(), "status": "stood", "outcome": outcome, "payout": payout}
    )
    view["dealer"] = {"cards": dealer.split(), "total": 0, "soft": False}
    return {**view, **different}
