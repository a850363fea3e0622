"""What nobody may see: hidden cards, seeds before their time; and what looks like it and is none."""

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.diary import Diary, found, judged, seen_view, settled_view

SEED = bytes(range(32))
COMMITMENT = hashlib.sha256(SEED).hexdigest()


def saw(path: Path, *payloads: object, event: str = "table_changed") -> Diary:
    """A watcher who was told this."""
    diary = Diary(path / "clients-0.log")
    connection = diary.opens(0, "watcher")
    for number, payload in enumerate(payloads):
        diary.hears(100 * number, connection, event, payload)
    diary.ends(100 * len(payloads), connection)
    return diary


def with_dealer(**facts: Any) -> dict[str, Any]:
    """A hand in play, with this about the dealer."""
    view = seen_view(2)
    return {**view, "dealer": {**view["dealer"], **facts}}


def test_a_hand_in_play_and_its_end_show_nothing_that_is_hidden(tmp_path: Path) -> None:
    assert judged(saw(tmp_path, seen_view(1), seen_view(2, phase="insurance"), settled_view(3))).ok


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(with_dealer(cards=["TD", "KC"]), id="turned over"),
        pytest.param(with_dealer(hole="KC"), id="a field of its own"),
        pytest.param(seen_view(2, debug={"next": ["KC"]}), id="deep in something new"),
        pytest.param({**with_dealer(cards=["TD", "KC"]), "phase": "insurance"}, id="before the insurance"),
    ],
)
def test_a_hidden_card_is_named_wherever_it_stands(tmp_path: Path, view: dict[str, Any]) -> None:
    assert found(saw(tmp_path, view)) == {"hidden_card_leaked": 1}


def test_a_hidden_card_is_named_in_an_ack_and_in_any_event(tmp_path: Path) -> None:
    diary = saw(tmp_path, {"table_id": "test-1", "watchers": 1, "hint": "KC"}, event="presence_changed")
    connection = diary.opens(1_000, "ann", is_player=True)
    number = diary.sends(1_001, connection, "hint", {"table_id": "test-1"})
    diary.answered(1_002, connection, number, {"ok": True, "move": "hit", "because": "KC"})
    diary.ends(1_003, connection)
    assert found(diary) == {"hidden_card_leaked": 2}


def test_what_people_write_is_no_card(tmp_path: Path) -> None:
    said = {"table_id": "test-1", "user_id": "ann", "name": "AS", "text": "KC", "at": "2026-01-01T00:00:00Z"}
    assert judged(saw(tmp_path, said, event="said")).ok


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda seed: seed.hex(), id="hex"),
        pytest.param(lambda seed: seed.hex().upper(), id="HEX"),
        pytest.param(lambda seed: b64encode(seed).decode(), id="base64"),
        pytest.param(lambda seed: urlsafe_b64encode(seed).decode().rstrip("="), id="base64, url-safe"),
    ],
)
@pytest.mark.parametrize("name", ["commitment", "next_commitment"])
def test_a_seed_is_known_by_its_commitment(tmp_path: Path, text: Callable[[bytes], str], name: str) -> None:
    """Whether the commitment is shown before the seed or after it."""
    diary = saw(tmp_path, seen_view(1, seed=text(SEED)), seen_view(2, **{name: COMMITMENT}))
    assert found(diary) == {"seed_leaked": 1}


def test_commitments_and_other_long_numbers_are_no_seeds(tmp_path: Path) -> None:
    assert judged(saw(tmp_path, seen_view(1, commitment=COMMITMENT, other="ab" * 32))).ok


def test_two_clients_who_saw_one_version_differently_are_named(tmp_path: Path) -> None:
    diary = saw(tmp_path, seen_view(1), seen_view(2))
    connection = diary.opens(0, "watcher-2")
    diary.hears(0, connection, "table_changed", seen_view(1, deadline_ms=7, deadline="later"))
    diary.hears(100, connection, "table_changed", seen_view(2, cards_left=299))
    diary.ends(200, connection)
    verdict = judged(diary)
    assert verdict.counts == {"views_disagree": 1}
    assert "cards_left is 299, right is 300" in verdict.findings[0].detail
