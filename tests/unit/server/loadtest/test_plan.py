"""Who goes where, from which process, and when."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.loadtest.plan import Load, NotEnoughSeats, default_ramp_s, seat_plan, share_out


def a_load(*, players: int, watchers: int, processes: int, ramp_s: float = 2.0) -> Load:
    """What is asked for."""
    return Load(
        url="http://127.0.0.1:8000",
        players=players,
        watchers=watchers,
        duration_s=10,
        ramp_s=ramp_s,
        think_s=(1, 3),
        processes=processes,
        seed=1,
    )


def test_tables_are_filled_one_after_the_other() -> None:
    assert seat_plan([("a", 2), ("b", 0), ("c", 5)], 4) == ["a", "a", "c", "c"]


def test_too_few_seats_are_refused() -> None:
    with pytest.raises(NotEnoughSeats, match="4 players need as many free seats, 3 are free"):
        seat_plan([("a", 2), ("b", 1)], 4)


def test_by_default_fifty_clients_come_each_second_and_a_few_in_one() -> None:
    assert (default_ramp_s(10), default_ramp_s(2_000)) == (1, 40)


@given(
    tables=st.integers(1, 9),
    seats=st.integers(1, 5),
    watchers=st.integers(0, 60),
    processes=st.integers(1, 5),
)
def test_everybody_comes_once_and_a_tables_players_from_one_process(
    tables: int, seats: int, watchers: int, processes: int
) -> None:
    names = [f"t{number}" for number in range(tables)]
    places = [name for name in names for _ in range(seats)]
    load = a_load(players=len(places), watchers=watchers, processes=processes)
    shares = share_out(load, places, names)
    clients = [client for share in shares for client in share]
    assert len(shares) == processes
    assert Counter(client.table_id for client in clients if client.is_player) == Counter(places)
    watched = Counter(client.table_id for client in clients if not client.is_player)
    assert watched.total() == watchers
    assert max(watched.values(), default=0) - min(watched.get(name, 0) for name in names) <= 1
    homes = {
        name: {
            number for number, share in enumerate(shares) for c in share if c.is_player and c.table_id == name
        }
        for name in names
    }
    assert all(len(home) == 1 for home in homes.values())
    assert all(0 <= client.arrives_ns < 2e9 for client in clients)
    assert all(share == sorted(share, key=lambda client: client.arrives_ns) for share in shares)
