"""What a connection may count on, and how each way of breaking it is named."""

from pathlib import Path

import pytest

from tests.diary import Diary, found, judged, seen_view


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    """One process's log."""
    return Diary(tmp_path / "clients-0.log")


def watching(diary: Diary, *, times: dict[int, int], ends_ms: int = 20_000) -> int:
    """A watcher who is shown version 1 at once, and further versions at these moments (ms by version)."""
    connection = diary.opens(0, "watcher")
    number = diary.sends(0, connection, "watch_table", {"table_id": "test-1"})
    diary.answered(1, connection, number, {"ok": True, "table": seen_view(1)})
    for version, at_ms in times.items():
        diary.hears(at_ms, connection, "table_changed", seen_view(version))
    diary.ends(ends_ms, connection)
    return connection


def test_watchers_who_are_shown_every_version_in_order_are_content(diary: Diary) -> None:
    watching(diary, times={2: 1_000, 3: 2_000})
    watching(diary, times={2: 1_010, 3: 2_010})
    assert judged(diary).ok


def test_the_same_version_again_is_no_fault(diary: Diary) -> None:
    connection = watching(diary, times={2: 1_000})
    diary.hears(3_000, connection, "table_changed", seen_view(2))
    assert judged(diary).ok


def test_a_version_that_falls_is_named(diary: Diary) -> None:
    connection = watching(diary, times={3: 1_000})
    diary.hears(1_100, connection, "table_changed", seen_view(2))
    assert found(diary) == {"version_fell": 1}


def test_an_ack_may_show_an_older_view_than_a_push(diary: Diary) -> None:
    connection = watching(diary, times={3: 1_000})
    number = diary.sends(900, connection, "watch_table", {"table_id": "test-1"})
    diary.answered(1_100, connection, number, {"ok": True, "table": seen_view(2)})
    assert "version_fell" not in found(diary)


def test_a_push_that_others_had_and_one_did_not_is_dropped(tmp_path: Path) -> None:
    """Whoever had it, in whichever process."""
    here, there = Diary(tmp_path / "clients-0.log"), Diary(tmp_path / "clients-1.log")
    watching(here, times={2: 1_000, 3: 2_000})
    watching(there, times={3: 2_001})
    verdict = judged(here, there)
    assert verdict.counts == {"push_dropped": 1}
    (finding,) = verdict.findings
    assert (finding.version, finding.table_id, finding.connection) == (2, "test-1", "clients-1/1")


def test_changes_that_follow_each_other_fast_may_be_shown_as_one(diary: Diary) -> None:
    watching(diary, times={2: 1_000, 3: 1_200})
    watching(diary, times={3: 1_201})
    assert judged(diary).ok


def test_a_last_push_that_never_came_is_dropped(diary: Diary) -> None:
    watching(diary, times={2: 1_000}, ends_ms=3_000)
    watching(diary, times={}, ends_ms=3_000)
    assert found(diary) == {"push_dropped": 1}


def test_what_is_new_when_a_connection_ends_need_not_have_come(diary: Diary) -> None:
    watching(diary, times={2: 1_000}, ends_ms=1_900)
    watching(diary, times={}, ends_ms=1_900)
    assert judged(diary).ok


@pytest.mark.parametrize(("next_ms", "dropped"), [(3_000, 0), (3_700, 1)])
def test_a_version_that_only_its_player_knows_must_be_shown_within_the_time_of_healing(
    diary: Diary, next_ms: int, dropped: int
) -> None:
    """The ack says that it is there at 1.0 s; lost pushes are made good within two seconds."""
    watching(diary, times={3: next_ms})
    player = diary.opens(0, "ann", is_player=True)
    number = diary.sends(950, player, "act", {"table_id": "test-1", "command_id": "one"})
    diary.answered(1_000, player, number, {"ok": True, "version": 2, "balance": 1})
    diary.ends(20_000, player)
    assert found(diary).get("push_dropped", 0) == dropped


def test_a_view_that_is_later_than_anybody_may_wait_is_named(diary: Diary) -> None:
    watching(diary, times={2: 1_000})
    watching(diary, times={2: 6_500})
    assert found(diary) == {"push_late": 1}


def changing(diary: Diary, *versions: int) -> None:
    """A player whose balance is told in these versions, after a welcome at version 5."""
    connection = diary.opens(0, "ann", is_player=True)
    diary.hears(1, connection, "welcome", {"balance": 1_000, "balance_version": 5})
    for number, version in enumerate(versions):
        told = {"balance": 1_000 + version, "balance_version": version, "reason": "bet"}
        diary.hears(100 + number, connection, "balance_changed", told)
    diary.ends(5_000, connection)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ((6, 7, 8), {}),
        ((7, 6, 8), {}),  # no order is promised between processes, the version tells which is newer
        ((6, 8), {"balance_dropped": 1}),
        ((7,), {"balance_dropped": 1}),
        ((6, 6), {"told_twice": 1}),
    ],
)
def test_every_version_of_a_balance_is_told_once(
    diary: Diary, versions: tuple[int, ...], expected: dict[str, int]
) -> None:
    changing(diary, *versions)
    assert found(diary) == expected


@pytest.mark.parametrize(("ends_ms", "expected"), [(9_000, {}), (11_000, {"ack_missing": 1})])
def test_a_command_on_a_standing_connection_is_answered(
    diary: Diary, ends_ms: int, expected: dict[str, int]
) -> None:
    connection = diary.opens(0, "ann", is_player=True)
    diary.sends(100, connection, "act", {"table_id": "test-1", "command_id": "one"})
    diary.ends(ends_ms, connection, is_ours=False)
    assert found(diary) == expected
