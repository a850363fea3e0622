"""Who plays and watches where, from which process, and when each one comes."""

from collections.abc import Sequence
from typing import Final

import msgspec

_ARRIVALS_PER_S: Final = 50.0
SETTLE_S: Final = 2.0  # between the last arrival and the measured time: everybody finds a seat


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """One client: where it goes, and when, counted from the start."""

    table_id: str
    is_player: bool
    arrives_ns: int


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the load test."""

    url: str
    players: int
    watchers: int
    duration_s: float
    ramp_s: float
    think_s: tuple[float, float]
    processes: int
    seed: int

    @property
    def before_s(self) -> float:
        """How long after the start measuring begins."""
        return self.ramp_s + SETTLE_S


class NotEnoughSeats(Exception):
    """The open tables have too few free seats."""


def default_ramp_s(clients: int) -> float:
    """How long the clients take to come, unless told otherwise."""
    return max(1.0, clients / _ARRIVALS_PER_S)


def seat_plan(free: Sequence[tuple[str, int]], players: int) -> list[str]:
    """A table for each player: full ones first to last. Raises NotEnoughSeats."""
    places = [table_id for table_id, seats in free for _ in range(seats)]
    if len(places) < players:
        raise NotEnoughSeats(f"{players} players need as many free seats, {len(places)} are free")
    return places[:players]


def share_out(load: Load, places: Sequence[str], watched: Sequence[str]) -> list[list[Client]]:
    """The clients of each process.

    All players of a table are in one process, which must know each other's moves; watchers go where there
    are fewest clients, and to each watched table in turn. Players and watchers arrive mixed, evenly over
    the ramp.
    """
    order = _mixed(len(places), load.watchers)
    ramp_ns = int(load.ramp_s * 1e9)
    moments = [ramp_ns * number // max(1, len(order)) for number in range(len(order))]
    tables = list(dict.fromkeys(places))
    process_of = {table_id: number % load.processes for number, table_id in enumerate(tables)}
    shares: list[list[Client]] = [[] for _ in range(load.processes)]
    counts = [0] * load.processes
    for table_id in places:
        counts[process_of[table_id]] += 1
    players, watchers = iter(places), 0
    for is_player, moment in zip(order, moments, strict=True):
        if is_player:
            table_id = next(players)
            number = process_of[table_id]
        else:
            table_id = watched[watchers % len(watched)]
            watchers += 1
            number = counts.index(min(counts))
            counts[number] += 1
        shares[number].append(Client(table_id=table_id, is_player=is_player, arrives_ns=moment))
    return shares


def _mixed(players: int, watchers: int) -> list[bool]:
    """Players (True) and watchers, evenly mixed."""
    total = players + watchers
    return [number * players // total != (number + 1) * players // total for number in range(total)]
