"""The live dealer: shoes from wrapped seeds, their orders derived and cached, never stored."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import asyncpg

from economy.ids import new_id
from games.blackjack.state import TableState
from games.cards import Card
from games.fairness import commitment, shoe_order
from server.floor.seeds import SeedVault

_ORDERS_KEPT: Final = 512  # of about 2.5 kB each


class SeedMissing(Exception):
    """A table names a shoe that the database does not have."""


class LiveDealer:
    """Deals one decision of one table; a shoe that it prepares becomes real only with the commit."""

    __slots__ = ("_book", "_seeds", "_table_id", "prepared")

    def __init__(self, book: "ShoeBook", table_id: str, seeds: dict[int, bytes]) -> None:
        self._book = book
        self._table_id = table_id
        self._seeds = seeds
        self.prepared: dict[int, bytes] = {}

    def order(self, shoe_number: int, client_seeds: tuple[str, ...], decks: int) -> Sequence[Card]:
        """The shoe's cards in drawing order, from the cache or derived (about 0.1 to 0.4 ms)."""
        return self._book.order(self._table_id, shoe_number, self._seeds[shoe_number], client_seeds, decks)

    def commitment(self, shoe_number: int) -> str:
        """Prepare a shoe: a new seed, known to nobody before, and what is published of it."""
        seed = self.prepared[shoe_number] = self._book.vault.new_seed()
        return commitment(seed)

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
        """A dealer who knows the shoe in play, the next, and the one before: a round may have begun in it."""
        number = state.shoe_number
        known = self._seeds.get(table_id, {})
        if number not in known or number + 1 not in known:
            known = await self._read(table_id, number)
            self._seeds[table_id] = known
        return LiveDealer(self, table_id, known)

    async def _read(self, table_id: str, number: int) -> dict[int, bytes]:
        rows = await self._pool.fetch(
            "SELECT shoe_number, wrapped_seed FROM shoes"
            " WHERE table_id = $1 AND shoe_number BETWEEN $2 AND $3",
            table_id,
            number - 1,
            number + 1,
        )
        seeds = {row[0]: self.vault.unwrap(row[1], table_id, row[0]) for row in rows}
        if number not in seeds or number + 1 not in seeds:
            raise SeedMissing(f"{table_id} shoe {number}")
        return seeds

    def order(
        self, table_id: str, shoe_number: int, seed: bytes, client_seeds: tuple[str, ...], decks: int
    ) -> tuple[Card, ...]:
        """The order of one shoe; the seed is no part of the cache's key: it goes with the shoe."""
        key = (table_id, shoe_number, client_seeds, decks)
        cards = self._orders.get(key)
        if cards is None:
            cards = self._orders[key] = shoe_order(seed, client_seeds, table_id, shoe_number, decks)
            if len(self._orders) > _ORDERS_KEPT:
                self._orders.popitem(last=False)
        return cards

    def forget(self, table_id: str) -> None:
        """Forget a table's seeds: they are read again when they are needed."""
        self._seeds.pop(table_id, None)
