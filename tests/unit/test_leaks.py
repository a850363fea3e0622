"""The scanner for leaks finds what it looks for, in each form, and nothing in what is clean."""

import base64
import hashlib
import json
from collections.abc import Callable

import msgspec
import pytest

from games.blackjack.events import encode_events
from games.blackjack.rules import Rules, rules_text
from games.blackjack.state import encode_state
from games.cards import TEXT, Card, card_texts
from games.fairness import shoe_order
from tests.builders import a_dealt_table
from tests.leaks import Trace, card_leaks, order_leaks, seed_leaks

SEED = hashlib.sha256(b"secret").digest()
ORDER = shoe_order(SEED, ("",), "test-1", 1, 1, rules=rules_text(Rules(decks=1)))

SEED_WRITERS: tuple[Callable[[bytes], bytes], ...] = (
    lambda seed: seed,
    lambda seed: seed.hex().encode(),
    lambda seed: seed.hex().upper().encode(),
    base64.b64encode,
    base64.urlsafe_b64encode,
    base64.b32encode,
    base64.b85encode,
    lambda seed: base64.b64encode(b"x" + seed + b"yz"),
    lambda seed: base64.b64encode(b"xy" + seed),
    lambda seed: json.dumps(list(seed)).encode(),
    lambda seed: repr(seed).encode(),
    lambda seed: json.dumps(seed.decode("latin-1")).encode(),
    lambda seed: str(int.from_bytes(seed, "big")).encode(),
    msgspec.msgpack.encode,
    lambda seed: f"\\x{msgspec.msgpack.encode({'seed': seed}).hex()}".encode(),
)
ORDER_WRITERS: tuple[Callable[[list[Card]], bytes], ...] = (
    bytes,
    msgspec.msgpack.encode,
    lambda cards: msgspec.msgpack.encode(card_texts(cards)),
    lambda cards: json.dumps(card_texts(cards)).encode(),
    lambda cards: msgspec.json.encode(card_texts(cards)),
    msgspec.json.encode,
    lambda cards: repr(list(card_texts(cards))).encode(),
    lambda cards: " ".join(card_texts(cards)).encode(),
    lambda cards: "".join(card_texts(cards)).encode(),
    lambda cards: str(cards).encode(),
    lambda cards: bytes(reversed(cards)),
    lambda cards: f"\\x{bytes(cards).hex()}".encode(),
)


def trace(data: bytes, where: str = "somewhere") -> list[Trace]:
    """One trace, amid other bytes."""
    return [Trace(where=where, data=b"before " + data + b" after")]


@pytest.mark.parametrize("write", SEED_WRITERS)
def test_a_seed_is_found_in_each_form(write: Callable[[bytes], bytes]) -> None:
    assert seed_leaks(trace(write(SEED)), SEED) == ["somewhere"]
    assert seed_leaks(trace(write(hashlib.sha256(b"another").digest())), SEED) == []


@pytest.mark.parametrize("write", ORDER_WRITERS)
def test_a_part_of_the_order_is_found_in_each_form(write: Callable[[list[Card]], bytes]) -> None:
    undealt = ORDER[20:]
    assert order_leaks(trace(write(list(undealt[3:12]))), undealt) == ["somewhere"]
    assert order_leaks(trace(write(list(ORDER[:20]))), undealt) == []


def test_a_card_that_is_not_public_is_found_alone() -> None:
    public = frozenset(ORDER[:5])
    hidden = TEXT[ORDER[5]]
    assert card_leaks(trace(f'{{"card": "{hidden}"}}'.encode()), public) == [f"somewhere: {hidden}"]
    assert card_leaks(trace(f"Card({hidden!r})".encode()), public) == [f"somewhere: {hidden}"]
    assert card_leaks(trace(json.dumps(card_texts(ORDER[:5])).encode()), public) == []


def test_a_card_is_found_in_a_stored_state_and_in_stored_events() -> None:
    table = a_dealt_table("8S AD 8H 7D")
    state = Trace(where="tables.state", data=encode_state(table.state))
    events = Trace(where="journal.events", data=encode_events(table.expire()))
    shown = frozenset(Card(card) for card in range(52) if TEXT[card] in {"8S", "AD", "8H"})
    assert card_leaks([state, events], shown) == []
    assert card_leaks([state, events], shown - {table.state.dealer[0]}) == ["tables.state: AD"]
