"""The idempotent frame of commands that move money outside a table."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy.errors import CommandIdReused, EconomyError
from economy.faults import transact
from economy.store import find_command, record_command

Do = Callable[[AsyncConnection], Awaitable[dict[str, object]]]


class _UsedBefore(Exception):
    """The command id was recorded by another transaction; this one must not count."""


def fingerprint(name: str, payload: Mapping[str, object]) -> bytes:
    """What tells a repeat from another command: SHA-256 of its name and payload, in any order of keys."""
    facts = {key: value for key, value in payload.items() if key != "command_id"}
    return hashlib.sha256(orjson.dumps([name, facts], option=orjson.OPT_SORT_KEYS)).digest()


async def once(
    engine: AsyncEngine,
    user_id: UUID,
    command_id: str,
    name: str,
    payload: Mapping[str, object],
    do: Do,
) -> dict[str, object]:
    """Carry a command out once and answer its ack; a repeat gets the first ack with `replayed: true`.

    `do` runs in the transaction that records its ack, which must be JSON; what it refuses is not recorded.
    Raises `CommandIdReused` when the id belongs to another command, and what `do` refuses.
    """
    print_ = fingerprint(name, payload)

    async def attempt(connection: AsyncConnection) -> dict[str, object]:
        found = await _replay(connection, user_id, command_id, print_)
        if found is not None:
            return found
        ack = await do(connection)
        if not await record_command(connection, user_id, command_id, print_, ack):
            raise _UsedBefore
        return ack

    try:
        return await transact(engine, attempt)
    except (_UsedBefore, EconomyError) as refused:
        # A twin may have been carried out between our look and our refusal: then its ack is the answer.
        async with engine.connect() as connection:
            found = await _replay(connection, user_id, command_id, print_)
        if found is None:
            raise refused from None
        return found


async def _replay(
    connection: AsyncConnection, user_id: UUID, command_id: str, print_: bytes
) -> dict[str, object] | None:
    found = await find_command(connection, user_id, command_id)
    if found is None:
        return None
    if found[0] != print_:
        raise CommandIdReused
    return {**found[1], "replayed": True}
