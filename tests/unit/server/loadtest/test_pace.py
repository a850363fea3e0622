"""When players are due: by the moves before, and not by how fast the server was."""

from typing import Any

import pytest

from server.loadtest.pace import Pace
from server.loadtest.views import View, view_of
from tests.diary import MS, seen_view, settled_view


def view(version: int, **different: Any) -> View:
    """A view of the table, a hand in play unless it says otherwise."""
    made = view_of(seen_view(version, **different))
    assert made is not None
    return made


def settled(version: int, *, pause_ms: int) -> View:
    """The end of the round, with its pause."""
    made = view_of(settled_view(version, deadline_ms=pause_ms))
    assert made is not None
    return made


@pytest.mark.parametrize("delay_ms", [5, 900])
def test_a_turn_counts_from_when_the_move_before_was_due(delay_ms: int) -> None:
    """However late the server shows it, and whether or not it has answered the move."""
    pace = Pace()
    pace.sent("hit-1", 1_000 * MS)
    assert pace.asked_ns(view(7), (1_000 + delay_ms) * MS) == 1_000 * MS
    pace.answered("hit-1", 7)
    pace.sent("stand", 2_500 * MS)
    pace.answered("stand", 8)
    assert pace.asked_ns(view(8), (2_500 + delay_ms) * MS) == 2_500 * MS


def test_a_stalled_server_does_not_slow_the_schedule_down() -> None:
    """Ten moves of a second each, every one answered 3 s late, are due a second apart all the same."""
    pace, due_ms = Pace(), 1_000
    for version in range(2, 12):
        pace.sent(f"move-{version}", due_ms * MS)
        pace.answered(f"move-{version}", version)
        asked_ns = pace.asked_ns(view(version), (due_ms + 3_000 * (version - 1)) * MS)
        due_ms = asked_ns // MS + 1_000
    assert due_ms == 11_000


def test_what_somebody_else_caused_counts_from_when_it_was_seen() -> None:
    pace = Pace()
    pace.sent("hit-1", 1_000 * MS)
    pace.answered("hit-1", 7)
    assert pace.asked_ns(view(9), 4_000 * MS) == 4_000 * MS


def test_a_refused_move_causes_nothing() -> None:
    pace = Pace()
    pace.sent("hit-1", 1_000 * MS)
    pace.answered("hit-1", None)
    assert pace.asked_ns(view(7), 4_000 * MS) == 4_000 * MS


def test_a_deal_counts_from_the_last_bet_that_was_due() -> None:
    """It is a version of its own, after the last bet's."""
    pace = Pace()
    for name, due_ms, version in (("one", 1_000, 3), ("two", 1_800, 4)):
        pace.sent(name, due_ms * MS)
        pace.answered(name, version)
    assert pace.asked_ns(view(5, phase="insurance"), 2_000 * MS) == 1_800 * MS


def test_bets_count_from_the_end_of_the_pause_that_the_last_move_began() -> None:
    pace = Pace()
    pace.sent("stand", 1_000 * MS)
    pace.answered("stand", 9)
    assert pace.asked_ns(settled(9, pause_ms=3_000), 1_400 * MS) == 1_000 * MS
    next_round = {"phase": "betting", "round_id": "round-2", "turn": None}
    assert pace.asked_ns(view(10, **next_round), 4_600 * MS) == 4_000 * MS
    # Another one's bet asks nobody anew.
    pace.sent("bet", 5_000 * MS)
    assert pace.asked_ns(view(11, **next_round), 5_010 * MS) == 4_000 * MS


def test_the_first_round_counts_from_when_it_was_seen() -> None:
    assert Pace().asked_ns(view(2, phase="betting", turn=None), 700 * MS) == 700 * MS


def test_all_players_of_a_table_are_asked_at_the_same_moment() -> None:
    pace = Pace()
    assert pace.asked_ns(view(2), 700 * MS) == 700 * MS
    assert pace.asked_ns(view(2), 950 * MS) == 700 * MS
