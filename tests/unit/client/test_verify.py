"""The browser's verification: its own tests under Node.js, and its settlement against the live engine's."""

import json
import subprocess
from itertools import chain, product
from pathlib import Path

import pytest

from games.blackjack.proof import parse_proof
from games.blackjack.rules import BlackjackPays, DoubleOn, Rules, SplitBy, Surrender
from games.blackjack.verify import verify
from tests.node import node
from tests.proofs import records
from tests.vectors import FILE, vectors, written

HERE = Path(__file__).resolve().parent
VECTORS = json.loads(FILE.read_bytes())


def test_the_browsers_module_passes_its_own_tests() -> None:
    done = subprocess.run([node(), "--test", str(HERE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_browsers_settlement_agrees_with_the_engine_under_many_rules() -> None:
    tables = [
        Rules(
            decks=decks,
            dealer_hits_soft_17=flag,
            blackjack_pays=pays,
            double=double,
            double_after_split=not flag,
            max_hands=2 if flag else 4,
            resplit_aces=flag,
            hit_split_aces=decks == 1,
            split_by=SplitBy.RANK if flag else SplitBy.VALUE,
            surrender=Surrender.NONE if decks == 6 else Surrender.LATE,
            insurance=decks != 6,
            dealer_peeks=peeks,
            penetration=0.9,
        )
        for decks, flag, pays, double, peeks in product(
            (1, 2, 6), (True, False), BlackjackPays, DoubleOn, (True, False)
        )
    ]
    played = chain.from_iterable(
        records(f"table {number}", rules, rounds=12, voids=frozenset({5}))
        for number, rules in enumerate(tables)
    )
    lines = "\n".join(json.dumps(record) for record in played)
    done = subprocess.run(
        [node(), str(HERE / "verify_all.mjs")], input=lines, capture_output=True, text=True, check=True
    )
    assert lines.count("\n") == len(tables) * 12 - 1
    assert json.loads(done.stdout) == []


def test_the_published_vectors_are_those_of_the_code() -> None:
    assert FILE.read_text(encoding="utf-8") == written(vectors())


@pytest.mark.parametrize("vector", VECTORS["rounds"], ids=lambda vector: str(vector["what"]))
def test_a_published_round_is_verified(vector: dict[str, object]) -> None:
    assert verify(parse_proof(json.dumps(vector["record"]).encode())).ok
