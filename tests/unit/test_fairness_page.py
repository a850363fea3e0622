"""docs/fairness.md: what it prints is true, and what it offers as a verifier works."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from games.blackjack.rules import Rules, rules_text
from tests.vectors import FILE

PAGE = (FILE.parent / "fairness.md").read_text(encoding="utf-8")
VECTORS = json.loads(FILE.read_bytes())


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    """The names that the page's own program defines."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 - the page's promise is that this works
    return names


@pytest.mark.parametrize("vector", VECTORS["shoes"])
def test_the_printed_program_orders_the_published_shoes(
    printed: dict[str, Any], vector: dict[str, Any]
) -> None:
    bound = (vector[name] for name in ("server_seed", "table_id", "shoe_number", "rules", "client_seeds"))
    assert "".join(printed["order"](*bound)) == vector["cards"]


def test_the_printed_program_tells_true_records_from_false_ones(printed: dict[str, Any]) -> None:
    for vector in VECTORS["rounds"]:
        assert printed["has_its_cards"](vector["record"])
    broken = json.loads(json.dumps(VECTORS["rounds"][0]["record"]))
    broken["cards"][0] = "2S"
    assert not printed["has_its_cards"](broken)


def test_the_printed_vector_is_the_first_of_the_file() -> None:
    vector = VECTORS["shoes"][0]
    for name in ("server_seed", "commitment", "context", "block_0"):
        assert vector[name] in PAGE
    assert rules_text(Rules(decks=1)) in PAGE
    (written,) = re.findall(r"cards {9}(.*?)```", PAGE, re.DOTALL)
    assert "".join(written.split()) == vector["cards"]
    numbers = [int(vector["block_0"][start : start + 8], 16) for start in range(0, 64, 8)]
    assert " ".join(map(str, numbers)) in PAGE
    modulos = [f"{number % (52 - place)} (of {52 - place})" for place, number in enumerate(numbers)]
    assert " ".join(modulos) in PAGE


def test_the_front_pages_lead_to_it() -> None:
    root = Path(FILE).parent.parent
    for page in ("README.md", "ARCHITECTURE.md"):
        assert "docs/fairness.md" in (root / page).read_text(encoding="utf-8")
