"""Which faults of the database pass by themselves, and how long to wait before a repeat."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")

ATTEMPTS: Final = 5
_BASE_MS: Final = 20
_CAP_MS: Final = 1_000

_PASSING: Final = frozenset(
    {"40001", "40P01"}
)  # serialization failure, deadlock: the whole transaction again
# The server went or goes away: admin shutdown, crash shutdown, cannot connect now, idle session ended by it,
# too many connections; and everything of class 08.
_AWAY: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "53300"})


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's five characters for what went wrong, if it was PostgreSQL that said so."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlstate", None)


def constraint(error: DBAPIError) -> str | None:
    """The name of the constraint that was hurt, if one was."""
    cause = getattr(error.orig, "__cause__", None)
    return getattr(cause, "constraint_name", None)


def is_passing(error: BaseException) -> bool:
    """Whether the same transaction may well succeed at once: it lost against another one."""
    return sqlstate(error) in _PASSING


def is_away(error: BaseException) -> bool:
    """Whether the database could not be reached or was lost on the way: nobody's fault but the world's."""
    if isinstance(error, OSError | PoolTimeout):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = sqlstate(error)
    return state is not None and (state in _AWAY or state.startswith("08"))


def backoff_ms(attempt: int, *, base_ms: int, cap_ms: int) -> int:
    """The longest wait after the given attempt (1, 2, …): doubling from the base up to the cap."""
    return min(cap_ms, base_ms << min(attempt - 1, 30))


def jitter_ms(longest_ms: int) -> int:
    """A random wait up to the longest one: full jitter, so that those who failed together come back apart."""
    return secrets.randbelow(longest_ms + 1)


async def transact(
    engine: AsyncEngine, do: Callable[[AsyncConnection], Awaitable[T]], *, attempts: int = ATTEMPTS
) -> T:
    """Run `do` in one transaction; when it is lost in a race or on the way, the whole of it again.

    A connection lost at COMMIT leaves open whether it was committed, so `do` must be safe to repeat: keys,
    a status that is read under a lock, or no effect but an idempotent one.
    """
    for attempt in range(1, attempts):
        try:
            async with engine.begin() as connection:
                return await do(connection)
        except Exception as error:
            if not (is_passing(error) or is_away(error)):
                raise
        await asyncio.sleep(jitter_ms(backoff_ms(attempt, base_ms=_BASE_MS, cap_ms=_CAP_MS)) / 1000)
    async with engine.begin() as connection:
        return await do(connection)
