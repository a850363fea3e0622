"""The live dealer: shoes from wrapped seeds, their orders derived and cached, never stored."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import asyncpg

from economy.ids import new_id
from games.blackjack.rules import rules_text
from games.blackjack.state import TableState
from games.cards import Card
from games.fairness import commitment, shoe_order
from server.floor.seeds import SeedVault

_ORDERS_KEPT: Final = 512  # of about 2.5 kB each


class SeedMissing(Exception):
    """A table names a shoe that the database does not have."""


class LiveDealer:
    """Deals one decision of one table; a shoe that it prepares becomes real only with the commit.

    `rules` (as text) are those of the round in play: none of its shoes was started under others.
    """

    __slots__ = ("_book", "_rules", "_seeds", "_table_id", "prepared")

    def __init__(self, book: "ShoeBook", table_id: str, seeds: dict[int, bytes], rules: str) -> None:
        self._book = book
        self._table_id = table_id
        self._seeds = seeds
        self._rules = rules
        self.prepared: dict[int, bytes] = {}

    def order(self, shoe_number: int, client_seeds: tuple[str, ...], decks: int) -> Sequence[Card]:
        """The shoe's cards in drawing order, from the cache or derived (about 0.1 to 0.4 ms).

        Of a shoe that it has prepared itself nothing is kept: another process may have prepared another.
        """
        if shoe_number in self.prepared:
            seed = self.prepared[shoe_number]
            return shoe_order(seed, client_seeds, self._table_id, shoe_number, decks, rules=self._rules)
        seed = self._seeds[shoe_number]
        return self._book.order(self._table_id, shoe_number, seed, client_seeds, decks, self._rules)

    def commitment(self, shoe_number: int) -> str:
        """Prepare a shoe: a new seed, known to nobody before, and what is published of it."""
        seed = self.prepared[shoe_number] = self._book.vault.new_seed()
        return commitment(seed)

    def seed(self, shoe_number: int) -> bytes:
        """The server seed of a shoe of this decision, to be revealed or to be kept wrapped."""
        return self.prepared.get(shoe_number) or self._seeds[shoe_number]

    def round_id(self) -> str:
        """A new id, in order of time."""
        return str(new_id())


class ShoeBook:
    """Seeds and orders of the live tables' shoes, read when needed and forgotten when old."""

    def __init__(self, pool: asyncpg.Pool, vault: SeedVault) -> None:
        self._pool = pool
        self.vault = vault
        self._seeds: dict[str, dict[int, bytes]] = {}
        self._orders: OrderedDict[tuple[object, ...], tuple[Card, ...]] = OrderedDict()

    async def dealer(self, table_id: str, state: TableState) -> LiveDealer:
        """A dealer who knows the shoes that the round has drawn from, the one in play and the next."""
        number = state.shoe_number
        needed = {number, number + 1, *(shoe.shoe_number for shoe in state.earlier_shoes)}
        known = self._seeds.get(table_id, {})
        if not needed <= known.keys():
            known = self._seeds[table_id] = await self._read(table_id, needed)
        return LiveDealer(self, table_id, known, rules_text(state.config.rules))

    async def check_keys(self) -> None:
        """Raise SeedUnreadable when a shoe that a table deals from, or will, can't be opened."""
        rows = await self._pool.fetch(
            "SELECT table_id, shoe_number, wrapped_seed FROM shoes WHERE revealed_at IS NULL"
        )
        for table_id, number, wrapped in rows:
            self.vault.unwrap(wrapped, table_id, number)

    async def _read(self, table_id: str, numbers: set[int]) -> dict[int, bytes]:
        rows = await self._pool.fetch(
            "SELECT shoe_number, wrapped_seed FROM shoes WHERE table_id = $1 AND shoe_number = ANY ($2)",
            table_id,
            list(numbers),
        )
        if len(rows) < len(numbers):
            raise SeedMissing(f"{table_id} shoes {sorted(numbers - {row[0] for row in rows})}")
        return {row[0]: self.vault.unwrap(row[1], table_id, row[0]) for row in rows}

    def order(
        self,
        table_id: str,
        shoe_number: int,
        seed: bytes,
        client_seeds: tuple[str, ...],
        decks: int,
        rules: str,
    ) -> tuple[Card, ...]:
        """The order of one stored shoe; the seed is no part of the cache's key: it goes with the shoe."""
        key = (table_id, shoe_number, client_seeds, rules)
        cards = self._orders.get(key)
        if cards is None:
            cards = self._orders[key] = shoe_order(
                seed, client_seeds, table_id, shoe_number, decks, rules=rules
            )
            if len(self._orders) > _ORDERS_KEPT:
                self._orders.popitem(last=False)
        return cards

    def forget(self, table_id: str) -> None:
        """Forget a table's seeds: they are read again when they are needed."""
        self._seeds.pop(table_id, None)
