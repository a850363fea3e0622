"""Rounds played again, tables told again: what is right has no finding, each damage by hand is named."""

from collections.abc import AsyncIterator
from itertools import count
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.audit import Finding
from economy.money import Money
from games.blackjack.commands import Deal, Expire, PlaceBet, SetClientSeed, TakeSeat, Void
from games.blackjack.events import SeatLeft, encode_events
from games.blackjack.terms import Phase
from games.ports import Guard, Request
from server.audit import Scope, audit_all
from server.floor import audit_journals, audit_rounds
from tests.integration.floor.world import FloorWorld, floor_world, request_of

if TYPE_CHECKING:
    from tests.services import Services

ALL = Scope(rounds=None, tables=None)
NONSENSE = encode_events((SeatLeft(seat=9, user_id="nobody"),)).hex()


def other_name(column: str) -> str:
    """SQL for the stored bytes with another player's name in them."""
    ann, eve = (f"encode('{name}'::bytea, 'hex')" for name in ("ann", "eve"))
    return f"decode(replace(encode({column}, 'hex'), {ann}, {eve}), 'hex')"


def with_field(path: str, value: str) -> str:
    """SQL that gives a field of every settled round's record another value."""
    return (
        f"UPDATE rounds SET record = jsonb_set(record, '{{{path}}}', '{value}')"
        " WHERE record -> 'seats' -> 0 -> 'hands' -> 0 ->> 'outcome' <> 'void'"
    )


# ruff: noqa: S608 - statements of constants

# What is broken, and by what; each line is run alone on a table that is right.
BREAKS = (
    ("rounds_replay_as_recorded", with_field("cards,0", '"??"')),
    ("rounds_replay_as_recorded", with_field("dealer,total", "99")),
    ("rounds_replay_as_recorded", with_field("seats,0,hands,0,cards,0", '"??"')),
    ("rounds_replay_as_recorded", with_field("seats,0,hands,0,payout", "7")),
    ("rounds_replay_as_recorded", with_field("seats,0,hands,0,outcome", '"abandoned"')),
    ("rounds_replay_as_recorded", with_field("seats,0,actions", '["dance"]')),
    ("rounds_replay_as_recorded", with_field("seats,0,bet", "501")),
    ("rounds_replay_as_recorded", with_field("rules,decks", "9")),
    ("rounds_replay_as_recorded", with_field("seats", '"nobody"')),
    ("rounds_match_their_shoes", with_field("shoes,0,first_card", "400")),
    ("rounds_match_their_shoes", with_field("shoes,0,commitment", f'"{"0" * 64}"')),
    ("rounds_match_their_shoes", "UPDATE shoes SET client_seeds[1] = 'loaded' WHERE server_seed IS NOT NULL"),
    (
        "rounds_match_their_shoes",
        "UPDATE shoes SET server_seed = NULL, commitment = 'a' WHERE shoe_number = 1",
    ),
    ("rounds_match_their_shoes", "DELETE FROM shoes WHERE shoe_number = 1"),
    ("rounds_match_their_transfers", "UPDATE transfers SET amount = amount + 1 WHERE reason = 'bet'"),
    ("rounds_match_their_transfers", "UPDATE transfers SET round_id = NULL WHERE reason = 'bet'"),
    ("rounds_match_their_transfers", "DELETE FROM transfers WHERE reason = 'voided'"),
    ("rounds_match_their_transfers", "UPDATE round_seats SET paid = paid + 1"),
    ("rounds_match_their_transfers", "UPDATE round_seats SET staked = staked + 1, paid = paid + 1"),
    ("rounds_match_their_transfers", "DELETE FROM round_seats"),
    ("journals_replay_to_states", f"UPDATE journal SET events = {other_name('events')}"),
    ("journals_replay_to_states", f"UPDATE tables SET state = {other_name('state')}"),
    ("journals_replay_to_states", "UPDATE journal SET events = set_byte(events, 0, 0) WHERE version = 4"),
    ("journals_replay_to_states", f"UPDATE journal SET events = '\\x{NONSENSE}' WHERE version = 4"),
    ("journals_replay_to_states", "UPDATE journal SET events = set_byte(events, 5, 65) WHERE version = 1"),
    ("journals_replay_to_states", "DELETE FROM journal WHERE version = 3"),
    ("journals_replay_to_states", "DELETE FROM journal WHERE version = (SELECT max(version) FROM journal)"),
    ("journals_replay_to_states", "DELETE FROM shoes WHERE shoe_number = 2"),
)


@pytest.fixture
async def world(pool: asyncpg.Pool, engine: AsyncEngine) -> AsyncIterator[FloorWorld]:
    """A table after a round that was played out, one that was voided with its shoe, and one in betting."""
    async with floor_world(pool, engine) as made:
        ann, bob = await made.player("ann"), await made.player("bob")
        for seat, (name, user_id) in enumerate((("ann", ann), ("bob", bob)), start=1):
            sit = TakeSeat(user_id=user_id, name=name, seat=seat)
            await made.store.commit(await made.step(sit, request_of(sit, user_id, f"sit-{name}-01")))
        seed = SetClientSeed(user_id=ann, client_seed="lucky 7")
        await made.store.commit(await made.step(seed, request_of(seed, ann, "seed-00001")))
        await bet(made, {ann: 500, bob: 700}, "1")
        await play_on(made, until=Phase.BETTING)
        for number in count(2):
            await bet(made, {ann: 500, bob: 900}, str(number))
            await operate(made, Deal(connected=frozenset()))
            if await phase_of(made) is not Phase.SETTLED:  # no natural has ended it
                await operate(made, Void(reason="a card fell"))
                break
            await play_on(made, until=Phase.BETTING)
        await play_on(made, until=Phase.BETTING)
        await bet(made, {ann: 300}, "last")
        yield made


async def bet(world: FloorWorld, amounts: dict[str, int], name: str) -> None:
    """Let players bet."""
    for user_id, amount in amounts.items():
        command = PlaceBet(user_id=user_id, amount=Money(amount))
        request = request_of(command, user_id, f"bet-{name}-{amount}")
        await world.store.commit(await world.step(command, request))


async def operate(world: FloorWorld, command: Deal | Void) -> None:
    """Do what the house does."""
    request = Request(command=command, name="operate")
    await world.store.commit(await world.step(command, request))


async def play_on(world: FloorWorld, *, until: Phase) -> None:
    """Let deadlines pass, one at least."""
    while True:
        await world.pool.execute("UPDATE tables SET deadline = clock_timestamp() - interval '1 ms'")
        request = Request(command=Expire(), name="expire")
        await world.store.commit(await world.step(Expire(), request, guard=Guard.EXPIRED))
        if await phase_of(world) is until:
            return


async def phase_of(world: FloorWorld) -> Phase:
    """Where the table stands."""
    return (await world.store.load("test-1")).state.phase


async def damaged(services: "Services", postgres_url: str, damage: str) -> bool:
    """Do what the application may not: no trigger holds it back. Whether any row was hit."""
    url = services.admin_url.rsplit("/", 1)[0] + urlsplit(postgres_url).path
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool, pool.acquire() as connection:
        await connection.execute("SET session_replication_role = replica")
        return not (await connection.execute(damage)).endswith(" 0")


async def found(engine: AsyncEngine, scope: Scope) -> list[Finding]:
    """What is found about rounds and journals."""
    named = {*audit_rounds.INVARIANTS, *audit_journals.INVARIANTS}
    seen: list[tuple[str, int, int]] = []
    findings = await audit_all(engine, scope, Random(1), lambda *progress: seen.append(progress))
    return [finding for finding in findings if finding.invariant in named]


async def test_a_table_that_was_played_at_is_right(world: FloorWorld) -> None:
    seen: list[tuple[str, int, int]] = []
    findings = await audit_all(world.engine, ALL, Random(1), lambda *progress: seen.append(progress))
    played = await world.pool.fetchval("SELECT count(*) FROM rounds")
    assert findings == []
    assert {("rounds", played, played), ("tables", 1, 1)} <= set(seen)


@pytest.mark.parametrize(("invariant", "damage"), BREAKS)
async def test_a_damage_is_named(
    world: FloorWorld, services: "Services", postgres_url: str, invariant: str, damage: str
) -> None:
    round_ids = {str(row[0]) for row in await world.pool.fetch("SELECT round_id FROM rounds")}
    assert await damaged(services, postgres_url, damage)
    findings = [finding for finding in await found(world.engine, ALL) if finding.invariant == invariant]
    assert findings
    if invariant != "journals_replay_to_states":
        assert all(any(round_id in finding.detail for round_id in round_ids) for finding in findings)
    else:
        assert all(finding.detail.startswith("test-1: ") for finding in findings)


async def test_a_table_that_is_older_than_the_journals_first_row_is_told_all_the_same(
    world: FloorWorld,
) -> None:
    await world.pool.execute("DELETE FROM journal WHERE version = 1")
    assert await found(world.engine, ALL) == []


async def test_a_sample_looks_at_the_newest_rounds_and_at_some_of_any_time(world: FloorWorld) -> None:
    first = await world.pool.fetchval("SELECT min(round_id::text) FROM rounds")
    for step in range(1, 9):  # older rounds, each the copy of one that has its transfers
        await world.pool.execute(
            """INSERT INTO rounds SELECT $1, table_id, started_at, settled_at, record FROM rounds
            WHERE round_id = $2""",
            UUID(int=UUID(first).int - step),
            UUID(first),
        )
    seen: list[tuple[str, int, int]] = []

    async def looked_at(scope: Scope) -> int:
        seen.clear()
        await audit_all(world.engine, scope, Random(1), lambda *progress: seen.append(progress))
        return max(done for what, done, _ in seen if what == "rounds")

    assert await looked_at(Scope(rounds=2, tables=0)) == 4
    assert await looked_at(Scope(rounds=0, tables=0)) == 0
    assert await looked_at(ALL) == await world.pool.fetchval("SELECT count(*) FROM rounds") >= 10
    in_older = [finding for finding in await found(world.engine, ALL) if first not in finding.detail]
    assert {finding.invariant for finding in in_older} == {"rounds_match_their_transfers"}


async def test_of_many_findings_some_are_told_and_the_others_counted(world: FloorWorld) -> None:
    first = await world.pool.fetchval("SELECT min(round_id::text) FROM rounds")
    for step in range(1, 31):
        await world.pool.execute(
            """INSERT INTO rounds SELECT $1, table_id, started_at, settled_at,
                jsonb_set(record, '{dealer,total}', '99') FROM rounds WHERE round_id = $2""",
            UUID(int=UUID(first).int - step),
            UUID(first),
        )
    replays = [
        finding.detail
        for finding in await found(world.engine, ALL)
        if finding.invariant == "rounds_replay_as_recorded"
    ]
    assert (len(replays), replays[-1]) == (21, "… and 10 more")


def test_every_invariant_is_broken_once() -> None:
    assert {invariant for invariant, _ in BREAKS} == {*audit_rounds.INVARIANTS, *audit_journals.INVARIANTS}
