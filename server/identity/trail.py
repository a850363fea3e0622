"""The audit trail: every act of an operator is a row before it is an act."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy.ids import new_id
from economy.pages import Page, page_of
from server.errors import Refusal
from server.schema import admin_actions, users
from telemetry.logs import get_logger
from telemetry.measure import measure_db_operation

log = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What an operator did; `admin_id` is None for the command line."""

    action_id: UUID
    at: datetime
    admin_id: UUID | None
    admin: str | None
    action: str
    target: str | None
    facts: dict[str, object]


async def write_action(
    connection: AsyncConnection,
    admin_id: UUID | None,
    action: str,
    target: str | None,
    facts: Mapping[str, object],
) -> None:
    """Write a row in the caller's transaction: act and row are committed together."""
    await connection.execute(
        insert(admin_actions).values(
            action_id=new_id(), admin_id=admin_id, action=action, target=target, facts=dict(facts)
        )
    )
    log.info("admin.action_taken", action=action, admin_id=str(admin_id) if admin_id else None, target=target)


@asynccontextmanager
async def recorded(
    engine: AsyncEngine, admin_id: UUID | None, action: str, target: str | None, facts: Mapping[str, object]
) -> AsyncIterator[None]:
    """Around an act that commits by itself: its row is there first, and a second one when it is refused."""
    async with engine.begin() as connection:
        await write_action(connection, admin_id, action, target, facts)
    try:
        yield
    except Exception as refused:
        if isinstance(refused, Refusal):
            async with engine.begin() as connection:
                await write_action(
                    connection, admin_id, f"{action}_refused", target, {**facts, "code": refused.code}
                )
        raise


async def actions(connection: AsyncConnection, *, before: UUID | None, limit: int) -> Page[Action]:
    """The trail, newest first."""
    query = (
        select(admin_actions, users.c.name)
        .outerjoin(users, users.c.user_id == admin_actions.c.admin_id)
        .order_by(admin_actions.c.action_id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(admin_actions.c.action_id < before)
    async with measure_db_operation("admin_actions"):
        rows = (await connection.execute(query)).all()
    found = [
        Action(
            action_id=row.action_id,
            at=row.at,
            admin_id=row.admin_id,
            admin=row.name,
            action=row.action,
            target=row.target,
            facts=row.facts,
        )
        for row in rows
    ]
    return page_of(found, limit, lambda action: str(action.action_id))
