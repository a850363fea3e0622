"""The tables as the code knows them are those that the migrations make."""

import pytest
from sqlalchemy import Connection, Table, inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.schema import metadata
from server import schema

EDGE = (schema.users, schema.tables, schema.shoes)  # in the same metadata, once their module is read


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
async def test_the_columns_are_those_of_the_database(engine: AsyncEngine, table: Table) -> None:
    def columns(connection: Connection) -> dict[str, tuple[str, bool]]:
        found = inspect(connection).get_columns(table.name)
        types = {column["name"]: column["type"].compile(connection.dialect) for column in found}
        return {column["name"]: (types[column["name"]], column["nullable"]) for column in found}

    async with engine.connect() as connection:
        actual = await connection.run_sync(columns)
        dialect = connection.dialect
    known = {
        column.name: (str(column.type.compile(dialect)), bool(column.nullable)) for column in table.columns
    }
    assert {name: nullable for name, (_, nullable) in known.items()} == {
        name: nullable for name, (_, nullable) in actual.items()
    }
    for name, (type_, _) in known.items():
        assert type_.split()[0] == actual[name][0].split()[0], name


def test_the_edges_tables_stand_beside_the_economys() -> None:
    assert {table.name for table in EDGE} <= metadata.tables.keys()
