"""The tables as anybody sees them."""

from typing import Any, Final

import msgspec

from games.blackjack.view import TableSummary, TableView
from server.http.calls import Asked, Call, Nothing, Who, get


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """Every table in a line."""

    items: list[TableSummary]


async def list_tables(asked: Asked[Nothing]) -> Tables:
    """Every table, lowest limits first."""
    return Tables(items=await asked.services.floor.summaries())


async def show_table(asked: Asked[Nothing]) -> TableView:
    """One table as its watchers see it."""
    return await asked.services.floor.view(asked.table_id())


CALLS: Final[tuple[Call[Any], ...]] = (
    get("/api/tables", list_tables, Tables, who=Who.ANYBODY),
    get("/api/tables/{id}", show_table, TableView, who=Who.ANYBODY),
)
