"""Each invariant of the tables, broken by hand: the audit names it, and it alone."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.money import Money
from games.blackjack.commands import Deal, Expire, PlaceBet, TakeSeat
from games.ports import Guard, Request
from server.floor.audit import INVARIANTS, audit_tables
from tests.integration.floor.world import FloorWorld, floor_world, request_of

ESCROW = "UPDATE accounts SET balance = 7 WHERE kind = 'escrow'"
BREAKS = {
    "table_escrow_equals_stakes": f"{ESCROW} AND owner = 'test-1'",
    "no_escrow_without_live_round": f"{ESCROW} AND owner = 'test-2'",
    "table_state_matches_its_row": "UPDATE tables SET phase = 'playing' WHERE table_id = 'test-1'",
    "journal_complete": "DELETE FROM journal WHERE table_id = 'test-1' AND version = 3",
    "shoe_numbers_without_gap": "DELETE FROM shoes WHERE table_id = 'test-1' AND shoe_number = 1",
    "round_records_match_bookings": "UPDATE round_seats SET paid = paid + 1",
    "bookings_have_round_records": "DELETE FROM rounds",
}


@pytest.fixture
async def world(pool: asyncpg.Pool, engine: AsyncEngine) -> AsyncIterator[FloorWorld]:
    """A table with one settled round behind it and a bet on it, and a second one with nobody at it."""
    async with floor_world(pool, engine, "test-1", "test-2") as made:
        ann = await made.player("ann")
        for number in (1, 2):
            sit = TakeSeat(user_id=ann, name="ann", seat=1)
            await made.store.commit(await made.step(sit, request_of(sit, ann, f"sit-0000{number}")))
            bet = PlaceBet(user_id=ann, amount=Money(500))
            await made.store.commit(await made.step(bet, request_of(bet, ann, f"bet-0000{number}")))
            if number == 1:
                deal = Deal(connected=frozenset({1}))
                await made.store.commit(await made.step(deal, Request(command=deal, name="deal")))
                while (await made.store.load("test-1")).state.phase.value != "betting":
                    await pool.execute("UPDATE tables SET deadline = clock_timestamp() - interval '1 ms'")
                    request = Request(command=Expire(), name="expire")
                    await made.store.commit(await made.step(Expire(), request, guard=Guard.EXPIRED))
        yield made


async def audited(engine: AsyncEngine) -> set[str]:
    """The invariants that the audit finds broken."""
    async with engine.connect() as connection:
        return {finding.invariant for finding in await audit_tables(connection)}


async def test_tables_that_were_played_at_are_right(world: FloorWorld) -> None:
    assert await audited(world.engine) == set()


@pytest.mark.parametrize("invariant", INVARIANTS)
async def test_a_broken_invariant_is_named(world: FloorWorld, invariant: str) -> None:
    await world.pool.execute(BREAKS[invariant])
    assert await audited(world.engine) == {invariant}
