"""Bring a database's schema up to date: `casino migrate`, the release step of a deploy."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from server.settings import sqlalchemy_url

_LOCK = 0x6D6F6573  # "moes": one migration at a time, whoever starts it


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def migrate_async(database_url: str) -> str:
    """Run every migration that is due, under an advisory lock, in one transaction; answers the revision."""
    engine = create_async_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await connection.run_sync(_upgrade)
            return str(await connection.scalar(text("SELECT version_num FROM alembic_version")))
    finally:
        await engine.dispose()


def migrate(database_url: str) -> str:
    """Run every migration that is due; for callers without a running event loop."""
    return asyncio.run(migrate_async(database_url))
