"""The tables and the named rules, as anybody sees them."""

from typing import Any, Final

import msgspec

from games.blackjack.presets import PRESETS, Preset
from games.blackjack.published import PublishedEdge, published_edge
from games.blackjack.view import TableSummary, TableView
from server.http.calls import Asked, Call, Nothing, Who, get


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """Every table in a line."""

    items: list[TableSummary]


class OfferedPreset(Preset, frozen=True, kw_only=True):
    """Named rules, and what others have found that they cost the player, None where nobody has."""

    published: PublishedEdge | None


class Presets(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that have names."""

    items: list[OfferedPreset]


async def list_tables(asked: Asked[Nothing]) -> Tables:
    """Every table, lowest limits first."""
    return Tables(items=await asked.services.floor.summaries())


async def show_table(asked: Asked[Nothing]) -> TableView:
    """One table as its watchers see it."""
    return await asked.services.floor.view(asked.table_id())


async def list_presets(_asked: Asked[Nothing]) -> Presets:
    """The named rules that a table can be made with, the house's own first."""
    return Presets(
        items=[
            OfferedPreset(**msgspec.structs.asdict(each), published=published_edge(each.rules))
            for each in PRESETS
        ]
    )


CALLS: Final[tuple[Call[Any], ...]] = (
    get("/api/tables", list_tables, Tables, who=Who.ANYBODY),
    get("/api/tables/{id}", show_table, TableView, who=Who.ANYBODY),
    get("/api/presets", list_presets, Presets, who=Who.ANYBODY),
)
