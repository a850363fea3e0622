"""How far the clients are, in one line."""

from collections import Counter

from server.loadtest.messages import Tells
from server.loadtest.plan import Load
from telemetry.stats import Stats


class Ticker:
    """Merges what the processes tell each second."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._players: dict[int, int] = {}
        self._watchers: dict[int, int] = {}
        self._told: set[int] = set()
        self._acks = Stats()
        self._errors: Counter[str] = Counter()
        self._seconds = 0
        self.lag_max_ns = 0

    def take(self, process: int, tells: Tells) -> str | None:
        """Take in what a process tells; the line, once all have told."""
        progress = tells.progress
        self.lag_max_ns = max(self.lag_max_ns, tells.lag_ns)
        self._players[process], self._watchers[process] = progress.players, progress.watchers
        self._acks.merge(progress.acks)
        self._errors.update(progress.errors)
        self._told.add(process)
        if len(self._told) < self._load.processes:
            return None
        self._seconds += 1
        line = self._line()
        self._told.clear()
        self._acks = Stats()
        return line

    def _line(self) -> str:
        whole = int(self._load.before_s + self._load.duration_s)
        (p99,) = self._acks.percentiles_ns(0.99)
        parts = [
            f"{min(self._seconds, whole):>3}/{whole} s",
            f"players {sum(self._players.values())}/{self._load.players}",
            f"watchers {sum(self._watchers.values())}/{self._load.watchers}",
            f"{self._acks.count} actions/s",
            "ack p99 –" if p99 is None else f"ack p99 {p99 * 1e-6:.1f} ms",
        ]
        if self._errors:
            told = " ".join(f"{code} {count}" for code, count in self._errors.most_common(3))
            parts.append(f"errors: {told}")
        return "  ".join(parts)
