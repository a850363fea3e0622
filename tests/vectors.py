"""Writes docs/fairness-vectors.json: `python -m tests.vectors`. The tests read it, and so may strangers."""

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from games.blackjack.commands import Void
from games.blackjack.rules import BlackjackPays, Rules, SplitBy, rules_text
from games.blackjack.terms import Move
from games.cards import card_texts
from games.fairness import commitment, shoe_order
from games.shoe import shuffled
from tests.proofs import Json, insured_table, record_of, records

FILE = Path(__file__).resolve().parent.parent / "docs" / "fairness-vectors.json"

BROKEN = (
    ("shoes 0 server_seed", "00" * 32, "commitment"),
    ("shoes 0 client_seeds 0", "lucky 8", "cards"),
    ("shoes 0 first_card", 1, "cards"),
    ("rules insurance", False, "cards"),
    ("table_id", "test-2", "cards"),
    ("cards 0", "??", "cards"),
    ("seats 0 actions 0", "hint", "replay"),
    ("seats 0 hands 0 outcome", "tie", "replay"),
    ("dealer total", 3, "replay"),
    ("seats 0 hands 0 payout", 1, "payouts"),
    ("seats 0 net", 1, "payouts"),
)


def shoe_vector(seed: bytes, table_id: str, number: int, rules: Rules, client_seeds: tuple[str, ...]) -> Json:
    """A shoe with what lies between its seeds and its cards; `cards` stand one after the other."""
    order = shoe_order(seed, client_seeds, table_id, number, rules.decks, rules=rules_text(rules))
    context = _context(table_id, number, rules, client_seeds)
    return {
        "server_seed": seed.hex(),
        "commitment": commitment(seed),
        "table_id": table_id,
        "shoe_number": number,
        "rules": msgspec.to_builtins(rules),
        "client_seeds": client_seeds,
        "context": context.hex(),
        "block_0": hmac.digest(seed, context + bytes(8), "sha256").hex(),
        "cards": "".join(card_texts(order)),
    }


def _context(table_id: str, number: int, rules: Rules, client_seeds: tuple[str, ...]) -> bytes:
    texts = [seed or f"{table_id}/{number}/{seat}" for seat, seed in enumerate(client_seeds, start=1)]
    fields = [len(text.encode()).to_bytes(4, "big") + text.encode() for text in (table_id, rules_text(rules))]
    seeds = [len(text.encode()).to_bytes(4, "big") + text.encode() for text in texts]
    head = number.to_bytes(8, "big") + bytes([len(texts)])
    return hashlib.sha256(b"moes-casino/shoe/1" + b"".join(fields) + head + b"".join(seeds)).digest()


def shuffle_vector() -> Json:
    """One deck from given numbers, three of which would favour some places and are thrown away."""
    words = [2**32 - 1, 2**32 - 2**32 % 52, 7, 2**32 - 1, *(1_000_003 * n for n in range(2, 53))]
    return {"decks": 1, "words": words, "cards": "".join(card_texts(shuffled(1, iter(words))))}


def rounds() -> list[Json]:
    """Rounds of many kinds, each with what it is there for."""
    two_decks, no_hole_card = Rules(decks=2), Rules(decks=2, dealer_peeks=False, dealer_hits_soft_17=True)
    short = Rules(decks=1, blackjack_pays=BlackjackPays.SIX_TO_FIVE, split_by=SplitBy.RANK, penetration=0.9)
    return [
        _found("split, double, hit and insurance", two_decks, _did("split", "double", "hit", "insure")),
        _found("blackjack at 6:5", short, _ended("blackjack")),
        _found("surrender and a push", two_decks, _ended("surrender", "push")),
        _found("the dealer's blackjack without a hole card", no_hole_card, _is_dealer_natural),
        _found("the dealer's blackjack, seen at once", two_decks, _is_dealer_natural),
        _found("four hands from splits", two_decks, lambda r: any(len(s["hands"]) == 4 for s in r["seats"])),
        _found("over two shoes", short, lambda record: len(record["shoes"]) == 2),
        _found("voided in play", two_decks, _ended("void"), voids=frozenset(range(400))),
        {"what": "voided amid the answers about insurance", "record": _voided_insurance()},
    ]


def _found(
    what: str, rules: Rules, fits: Callable[[Json], bool], voids: frozenset[int] = frozenset()
) -> Json:
    played = records(what, rules, rounds=400, voids=voids)
    record = next(record for record in played if fits(record) and record["shoes"][0]["first_card"] > 1)
    return {"what": what, "record": record}


def _did(*actions: str) -> Callable[[Json], bool]:
    return lambda record: set(actions) <= {action for seat in record["seats"] for action in seat["actions"]}


def _ended(*outcomes: str) -> Callable[[Json], bool]:
    return lambda record: set(outcomes) <= {hand["outcome"] for s in record["seats"] for hand in s["hands"]}


def _is_dealer_natural(record: Json) -> bool:
    return bool(record["dealer"]["total"] == 21 and len(record["dealer"]["cards"]) == 2) and _did("insure")(
        record
    )


def _voided_insurance() -> Json:
    dealer, table = insured_table({1: 100, 2: 501, 3: 1})
    table.act(2, Move.INSURE)
    table.do(Void(reason="test"))
    return record_of(table, dealer)


def vectors() -> Json:
    """All of the file."""
    seed = bytes(range(32))
    european = Rules(dealer_peeks=False, surrender="none", penetration=0.6)  # type: ignore[arg-type] # a StrEnum's word
    return {
        "scheme": "moes-casino/shoe/1",
        "shoes": [
            shoe_vector(seed, "main-1", 1, Rules(decks=1), ("",)),
            shoe_vector(
                hashlib.sha256(b"two").digest(), "main-1", 2, Rules(), ("lucky 7", "", "Zürich ☃ 🂡", "", "")
            ),
            shoe_vector(
                hashlib.sha256(b"three").digest(), "high-roller-9", 2**40 + 1, european, ("x" * 64,) * 7
            ),
            shoe_vector(bytes([255] * 32), "a", 255, Rules(decks=8, penetration=0.9), ("", "main-1/2/3")),
        ],
        "shuffles": [shuffle_vector()],
        "rounds": rounds(),
        "broken": [
            {"round": 0, "path": path.split(), "value": value, "check": check}
            for path, value, check in BROKEN
        ],
    }


def written(content: Any) -> str:
    """JSON with an entry a line, so that a change can be seen."""
    lines = []
    for name, value in content.items():
        if isinstance(value, list):
            entries = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in value)
            lines.append(f"{json.dumps(name)}: [\n{entries}\n]")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(written(vectors()), encoding="utf-8")
