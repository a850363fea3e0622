"""Looks for what nobody may know yet, a live shoe's seed and its undealt cards, in what a casino leaves."""

import base64
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from games.blackjack.events import decode_events
from games.blackjack.state import RoundShoe, decode_state
from games.cards import TEXT, Card, card_texts

RUN = 6  # so many cards in a row are no chance: one in 52**6
_QUOTED_CARD = re.compile(rb"""["']([A2-9TJQK][SHDC])["']""")
_CARD_FIELDS = frozenset({"card", "cards", "up_card", "dealer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A piece of what was left, and where; `tables.state` and `journal.events` are read as what they are."""

    where: str
    data: bytes


def seed_leaks(traces: Iterable[Trace], seed: bytes) -> list[str]:
    """Where a server seed stands, in any of the forms in which programs write bytes."""
    return _found(traces, list(seed_forms(seed)))


def order_leaks(traces: Iterable[Trace], undealt: Sequence[Card]) -> list[str]:
    """Where a run of undealt cards stands, forwards or backwards."""
    return _found(traces, list(order_forms(undealt)))


def card_leaks(traces: Iterable[Trace], public: frozenset[Card]) -> list[str]:
    """Where a card stands alone that is not public yet, of a shoe of one deck that is the table's first."""
    leaks = []
    for trace in traces:
        named = {match.decode() for match in _QUOTED_CARD.findall(trace.data)}
        stored = {TEXT[card] for card in _stored_cards(trace)}
        leaks += [f"{trace.where}: {text}" for text in sorted((named | stored) - set(card_texts(public)))]
    return leaks


def seed_forms(seed: bytes) -> Iterator[bytes]:
    """Raw, in hex, in base64 at any place of a longer text, as a list of numbers, and as text escapes."""
    yield seed
    yield seed[::-1]
    yield seed.hex().encode()
    yield seed.hex().upper().encode()
    yield seed.hex(":").encode()
    yield from _base64_forms(seed)
    yield base64.b32encode(seed).rstrip(b"=")
    yield base64.b85encode(seed)
    yield str(int.from_bytes(seed, "big")).encode()
    yield from (separator.join(map(str, seed)).encode() for separator in (",", ", ", " "))
    yield repr(seed)[2:-1].encode()
    yield json.dumps(seed.decode("latin-1"))[1:-1].encode()


def _base64_forms(seed: bytes) -> Iterator[bytes]:
    """The characters that depend on the seed alone, for each of the three places where it may begin."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + seed + bytes(3))
        sure = encoded[-(-before * 8 // 6) : (before + len(seed)) * 8 // 6]
        yield sure
        yield sure.translate(bytes.maketrans(b"+/", b"-_"))


def order_forms(cards: Sequence[Card]) -> Iterator[bytes]:
    """Every run of six cards, as texts, as numbers, and as the bytes that msgpack makes of them."""
    for way in (list(cards), list(reversed(cards))):
        for start in range(len(way) - RUN + 1):
            run = way[start : start + RUN]
            texts = card_texts(run)
            yield bytes(run)
            yield msgspec.msgpack.encode(list(texts))[1:]
            yield json.dumps(texts)[1:-1].encode()
            yield json.dumps(texts, separators=(",", ":"))[1:-1].encode()
            yield from (separator.join(texts).encode() for separator in ("", " ", ",", ", "))
            yield repr(list(texts))[1:-1].encode()
            yield from (separator.join(map(str, run)).encode() for separator in (",", ", ", " "))


def _found(traces: Iterable[Trace], forms: Sequence[bytes]) -> list[str]:
    """The traces that hold one of the forms; also where the database shows bytes as hex."""
    needles = [*forms, *(form.hex().encode() for form in forms)]
    return [trace.where for trace in traces if any(needle in trace.data for needle in needles)]


def _stored_cards(trace: Trace) -> frozenset[Card]:
    """The cards in a table's stored state or events, which are numbers among others there."""
    match trace.where:
        case "tables.state":
            return frozenset(_cards_in(decode_state(trace.data)))
        case "journal.events":
            return frozenset(itertools.chain.from_iterable(map(_cards_in, decode_events(trace.data))))
        case _:
            return frozenset()


def _cards_in(value: object) -> Iterator[Card]:
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from _cards_in(item)
    elif isinstance(value, msgspec.Struct) and not isinstance(value, RoundShoe):
        for name in value.__struct_fields__:
            field = getattr(value, name)
            if name in _CARD_FIELDS:
                yield from (field if isinstance(field, tuple) else (field,))
            else:
                yield from _cards_in(field)
