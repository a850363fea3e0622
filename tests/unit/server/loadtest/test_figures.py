"""What is measured: from which moment to which, and what counts."""

from pathlib import Path

import pytest

from server.loadtest.figures import Figures, Window, measure
from tests.diary import MS, Diary, heard, seen_view, settled_view

WINDOW = Window(start_ns=0, begins_ns=1_000 * MS, ends_ns=11_000 * MS)


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    """One process's log."""
    return Diary(tmp_path / "clients-0.log")


def figures_of(*diaries: Diary) -> Figures:
    """The figures of what they wrote down."""
    _, transcript = heard(*diaries)
    return measure(transcript, WINDOW)


def acting(diary: Diary, *, due_ms: int, sent_ms: int, answered_ms: int, version: int = 2) -> None:
    """Ann hits."""
    connection = diary.opens(0, "ann", is_player=True)
    payload: dict[str, object] = {"table_id": "test-1", "command_id": f"hit-{version}"}
    number = diary.sends(sent_ms, connection, "act", payload, due_ms=due_ms)
    diary.answered(answered_ms, connection, number, {"ok": True, "version": version, "balance": 1})


def ms(ns: int | None) -> float:
    """Nanoseconds as milliseconds."""
    assert ns is not None
    return ns / MS


def test_an_ack_counts_from_when_the_command_was_due_and_its_service_from_when_it_was_sent(
    diary: Diary,
) -> None:
    acting(diary, due_ms=2_000, sent_ms=2_400, answered_ms=2_500)
    figures = figures_of(diary)
    assert (ms(figures.acks.max_ns), ms(figures.service.max_ns), ms(figures.late.max_ns)) == (500, 100, 400)
    assert (figures.actions, figures.accepted) == (1, 1)


def test_what_is_answered_before_or_after_the_window_is_not_measured(diary: Diary) -> None:
    acting(diary, due_ms=900, sent_ms=900, answered_ms=999, version=2)
    acting(diary, due_ms=10_900, sent_ms=10_900, answered_ms=11_001, version=3)
    figures = figures_of(diary)
    assert (figures.actions, figures.accepted, figures.acks.count) == (0, 2, 0)
    assert figures.seconds[0].actions == figures.seconds[11].actions == 1


def test_a_broadcast_counts_from_when_its_move_was_due_to_each_who_was_shown_it(tmp_path: Path) -> None:
    """In another process too; a view shown again, or the one that a client came in with, does not count."""
    here, there = Diary(tmp_path / "clients-0.log"), Diary(tmp_path / "clients-1.log")
    acting(here, due_ms=2_000, sent_ms=2_001, answered_ms=2_020)
    for number, at_ms in enumerate((2_030, 2_100)):
        watcher = there.opens(0, f"watcher-{number}")
        there.hears(10, watcher, "table_changed", seen_view(1))
        there.hears(at_ms, watcher, "table_changed", seen_view(2))
        there.hears(at_ms + 500, watcher, "table_changed", seen_view(2))
    late_comer = there.opens(3_000, "watcher-3")
    there.hears(3_001, late_comer, "table_changed", seen_view(2))
    figures = figures_of(here, there)
    assert figures.broadcasts.count == 2
    assert (ms(figures.broadcasts.min_ns), ms(figures.broadcasts.max_ns)) == (30, 100)


def test_a_version_that_was_passed_over_counts_until_the_next_one_came(diary: Diary) -> None:
    acting(diary, due_ms=2_000, sent_ms=2_000, answered_ms=2_010, version=2)
    watcher = diary.opens(0, "watcher")
    diary.hears(10, watcher, "table_changed", seen_view(1))
    diary.hears(2_700, watcher, "table_changed", seen_view(3))
    assert ms(figures_of(diary).broadcasts.max_ns) == 700


def test_errors_are_counted_by_code_and_broken_connections_as_reconnects(diary: Diary) -> None:
    connection = diary.opens(0, "ann", is_player=True)
    number = diary.sends(2_000, connection, "act", {"table_id": "test-1", "command_id": "one"})
    error = {"ok": False, "error": {"code": "rate_limited", "message": "", "retry_after_ms": 5}}
    diary.answered(2_001, connection, number, error)
    diary.ends(2_500, connection, is_ours=False)
    diary.fails(3_000, "limit_reached")
    figures = figures_of(diary)
    assert figures.errors == {"rate_limited": 1, "limit_reached": 1}
    assert (figures.reconnects, figures.actions, figures.acks.count) == (1, 0, 0)


def test_rounds_are_counted_once_however_many_saw_them(diary: Diary) -> None:
    for name in ("one", "two"):
        connection = diary.opens(0, name)
        diary.hears(2_000, connection, "table_changed", settled_view(5, round_id="round-1"))
        diary.hears(4_000, connection, "table_changed", settled_view(9, round_id="round-2"))
    assert figures_of(diary).rounds == 2
