"""Fakes of the world outside, each true to the Protocol that it stands for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from economy.dividends import AHEAD_MAX
from server.bells import Bell
from server.sockets.ports import Dividend


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = now
        self._elapsed_ns = 0

    def monotonic_ns(self) -> int:
        """Nanoseconds since the clock was made."""
        return self._elapsed_ns

    def now(self) -> datetime:
        """The present moment of this clock."""
        return self._start + timedelta(microseconds=self._elapsed_ns // 1000)

    def advance(self, *, s: float = 0, ms: float = 0, ns: int = 0) -> None:
        """Let time pass."""
        self._elapsed_ns += round(s * 1e9) + round(ms * 1e6) + ns


class FakeDividends:
    """The dividends of the ledger, as the sockets' books answer them."""

    def __init__(self, dividends: Iterable[Dividend] = ()) -> None:
        self._dividends = list(dividends)
        self.confirmed: dict[str, int] = {}
        self.queries = 0

    def add(self, *dividends: Dividend) -> None:
        """More were paid."""
        self._dividends.extend(dividends)

    async def dividends(self, after: Mapping[str, int]) -> Sequence[Dividend]:
        """These users' dividends past a seq each, in order, at most 100 past the confirmed; one query."""
        self.queries += 1
        found = [
            dividend
            for dividend in self._dividends
            if dividend.user_id in after
            and after[dividend.user_id] < dividend.seq <= self.confirmed.get(dividend.user_id, 0) + AHEAD_MAX
        ]
        return sorted(found, key=lambda dividend: (dividend.user_id, dividend.seq))


class RungBells:
    """Bells that only this process hears; keeps what was rung."""

    def __init__(self) -> None:
        self.rung: list[Bell] = []

    async def ring(self, bell: Bell) -> None:
        """Keep it."""
        self.rung.append(bell)
