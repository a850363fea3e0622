"""Provably fair shoes: what is committed to, and how seeds become the order of the cards, byte by byte.

**Commitment.** SHA-256 of the shoe's server seed (its 32 bytes, not their hex form), written as 64 hex
digits. It is published before a client seed for that shoe can be set, and the server seed when the shoe is
finished.

**Order.** The key is the server seed. The context is the SHA-256 of these bytes, one after the other:

1. the 18 ASCII characters `moes-casino/shoe/1`;
2. the table id, as a field;
3. the rules of the table, as a field: the rules object as JSON, keys in alphabetical order, without blanks;
4. the shoe number, 8 bytes, big-endian; the number of seats, 1 byte;
5. each seat's client seed in seat order, as a field. A seat that has none counts with the public value
   `TABLE_ID/SHOE_NUMBER/SEAT` (decimal numbers, seats from 1), so nobody can choose by staying silent.

A *field* is the length of the text's UTF-8 bytes in 4 bytes, big-endian, and then those bytes: no two lists
of seeds give the same input. Block `n` (from 0) of the stream is HMAC-SHA-256 of context and `n` (8 bytes,
big-endian) under the key. A block gives eight numbers of 32 bits, big-endian, from the left.
`games.shoe.shuffled` says how they order the cards, as many decks as the rules say.

`docs/fairness.md` explains it to strangers, with test vectors.
"""

import hashlib
import hmac
import struct
from collections.abc import Iterator
from typing import Final

from games.cards import Card
from games.shoe import shuffled

SERVER_SEED_BYTES: Final = 32
_DOMAIN: Final = b"moes-casino/shoe/1"
_WORDS: Final = struct.Struct(">8I")
_COUNTER: Final = struct.Struct(">Q")


class SeedError(ValueError):
    """A server seed is 32 bytes long."""


def commitment(server_seed: bytes) -> str:
    """What is published of a server seed before it is used (hex); raises `SeedError`."""
    return hashlib.sha256(_checked(server_seed)).hexdigest()


def shoe_order(
    server_seed: bytes,
    client_seeds: tuple[str, ...],
    table_id: str,
    shoe_number: int,
    decks: int,
    *,
    rules: str = "",
) -> tuple[Card, ...]:
    """All cards of a shoe in drawing order; `client_seeds` in seat order, `""` where a seat has none.

    `rules` are the table's as text, `games.blackjack.rules.rules_text`; empty for cards that no table deals.
    """
    context = _context(client_seeds, table_id, shoe_number, rules)
    return shuffled(decks, _words(_checked(server_seed), context))


def _checked(server_seed: bytes) -> bytes:
    if len(server_seed) != SERVER_SEED_BYTES:
        raise SeedError(f"a server seed of {len(server_seed)} bytes")
    return server_seed


def _context(client_seeds: tuple[str, ...], table_id: str, shoe_number: int, rules: str) -> bytes:
    parts = [_DOMAIN, _field(table_id), _field(rules), struct.pack(">QB", shoe_number, len(client_seeds))]
    for seat, client_seed in enumerate(client_seeds, start=1):
        parts.append(_field(client_seed or f"{table_id}/{shoe_number}/{seat}"))
    return hashlib.sha256(b"".join(parts)).digest()


def _field(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">I", len(encoded)) + encoded


def _words(key: bytes, context: bytes) -> Iterator[int]:
    number = 0
    while True:
        yield from _WORDS.unpack(hmac.digest(key, context + _COUNTER.pack(number), "sha256"))
        number += 1
