"""Connections to PostgreSQL: a Core engine for everything, a raw pool for the floor's hot path."""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from economy.faults import is_away
from server.settings import asyncpg_dsn, sqlalchemy_url

# No statement, lock or idle transaction may hold others up for longer than this.
_LIMITS = {
    "statement_timeout": "15000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "15000",
    "timezone": "UTC",
}

UNUSABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class DatabaseUnusable(Exception):
    """Nobody can work with the database at this address; the message says why in one line."""


def create_engine(database_url: str, *, pool_size: int, application: str) -> AsyncEngine:
    """The SQLAlchemy engine; errors never show parameters, for they may be secret."""
    return create_async_engine(
        sqlalchemy_url(database_url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"server_settings": {**_LIMITS, "application_name": application}, "timeout": 10},
    )


def is_cut(error: Exception) -> bool:
    """Whether the database was away, or the connection broke: nobody's fault but the world's.

    What the driver calls a fault of its own is what it says of a connection that broke between its steps.
    """
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else None
    return is_away(error) or isinstance(cause, asyncpg.InterfaceError | asyncpg.InternalClientError)


async def reach(database_url: str) -> None:
    """Connect once; raises DatabaseUnusable."""
    try:
        connection = await asyncpg.connect(asyncpg_dsn(database_url), timeout=10)
    except UNUSABLE as fault:
        raise _unusable(fault) from fault
    await connection.close()


async def create_pool(database_url: str, *, pool_size: int, application: str) -> asyncpg.Pool:
    """The raw pool, opened and ready; raises DatabaseUnusable."""
    try:
        return await asyncpg.create_pool(
            asyncpg_dsn(database_url),
            min_size=min(2, pool_size),
            max_size=pool_size,
            timeout=10,
            command_timeout=20,
            server_settings={**_LIMITS, "application_name": application},
        )
    except UNUSABLE as fault:
        raise _unusable(fault) from fault


def _unusable(fault: Exception) -> DatabaseUnusable:
    return DatabaseUnusable(" ".join(str(fault).split()) or type(fault).__name__)
