"""Shoes on real PostgreSQL: what is promised, frozen, revealed, and never changed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.money import Money
from games.blackjack.commands import (
    Change,
    Close,
    Command,
    Deal,
    Expire,
    LeaveSeat,
    Open,
    PlaceBet,
    SetClientSeed,
    TakeSeat,
    Void,
)
from games.blackjack.decide import decide_and_evolve
from games.blackjack.rules import Rules
from games.blackjack.terms import Phase
from games.fairness import commitment
from games.ports import Committed, Guard, Moved, Request, Step
from server.floor.audit import audit_tables
from server.floor.dealer import LiveDealer, SeedMissing, ShoeBook
from server.floor.seeds import SeedUnreadable, SeedVault
from server.floor.store import TableStore
from telemetry.clock import SystemClock
from tests.integration.floor.world import CONFIG, KEYS, FloorWorld, floor_world, request_of

ONE_DECK = replace(CONFIG, rules=Rules(decks=1, penetration=0.5))


@pytest.fixture
async def world(pool: asyncpg.Pool, engine: AsyncEngine) -> AsyncIterator[FloorWorld]:
    """A table with nobody at it."""
    async with floor_world(pool, engine) as made:
        yield made


async def decided(store: TableStore, command: Command, request: Request) -> Step:
    """What a process with this store would commit."""
    stored = await store.load("test-1")
    dealer = await store.dealer(stored)
    events, after = decide_and_evolve(stored.state, command, dealer)
    return Step(request=request, before=stored, after=after, events=events, guard=Guard.ANY, dealer=dealer)


async def do(world: FloorWorld, command: Command, user_id: str | None = None) -> Committed:
    """Carry a command out, as a player or as the house."""
    request = Request(command=command, name=type(command).__name__.lower())
    if user_id is not None:
        request = request_of(command, user_id, uuid4().hex)
    outcome = await world.store.commit(await decided(world.store, command, request))
    assert isinstance(outcome, Committed), outcome
    return outcome


async def sit(world: FloorWorld, name: str = "ann", seat: int = 1) -> str:
    """A new player in a seat."""
    user_id = await world.player(name)
    await do(world, TakeSeat(user_id=user_id, name=name, seat=seat), user_id)
    return user_id


async def shoes_of(world: FloorWorld) -> list[dict[str, Any]]:
    """Every shoe's row, by its number."""
    return [dict(row) for row in await world.pool.fetch("SELECT * FROM shoes ORDER BY shoe_number")]


async def play_a_round(world: FloorWorld, user_id: str) -> None:
    """Bet, and let the clock stand on everything."""
    await do(world, PlaceBet(user_id=user_id, amount=Money(500)), user_id)
    state = (await do(world, Deal(connected=frozenset({1})))).stored.state
    while state.phase is not Phase.SETTLED:
        state = (await do(world, Expire())).stored.state


async def test_a_seed_is_frozen_when_its_shoe_starts_and_the_shoe_before_is_revealed(
    world: FloorWorld,
) -> None:
    ann = await sit(world)
    ack = (await do(world, SetClientSeed(user_id=ann, client_seed="lucky ☃"), ann)).ack
    promised = (await world.store.load("test-1")).state.next_commitment
    assert ack["shoe_number"] == 2
    before = await shoes_of(world)
    assert [(row["client_seeds"], row["server_seed"]) for row in before] == [
        (["", "", ""], None),
        (None, None),
    ]

    await do(world, Void(reason="test"))  # of the bets: nothing is dealt

    first, second, third = await shoes_of(world)
    assert commitment(first["server_seed"]) == first["commitment"]
    assert first["revealed_at"] is not None
    assert second["commitment"] == promised
    assert (second["client_seeds"], second["server_seed"], second["revealed_at"]) == (
        ["lucky ☃", "", ""],
        None,
        None,
    )
    assert (third["client_seeds"], third["started_at"]) == (None, None)


async def test_a_shoe_that_ends_by_its_cut_card_is_revealed_with_its_last_round(world: FloorWorld) -> None:
    await do(world, Change(config=ONE_DECK))
    ann = await sit(world)
    while len(rows := await shoes_of(world)) == 3:
        assert rows[1]["revealed_at"] is None
        await play_a_round(world, ann)
        is_cut = (await world.store.load("test-1")).state.position >= 26
        second = (await shoes_of(world))[1]
        assert (second["server_seed"] is not None) == is_cut
        await do(world, Expire())
    assert commitment(rows[1]["server_seed"]) == rows[1]["commitment"]
    assert [row["revealed_at"] is not None for row in rows] == [True, True, False, False]


async def test_rules_that_change_after_a_seed_was_given_skip_the_shoe_it_was_for(world: FloorWorld) -> None:
    ann = await sit(world)
    await do(world, SetClientSeed(user_id=ann, client_seed="mine"), ann)
    other = replace(CONFIG, rules=Rules(decks=2, dealer_hits_soft_17=True), seats=2)
    await do(world, Change(config=other))
    await do(world, Void(reason="test"))
    first, skipped, third, fourth = await shoes_of(world)
    assert [row["server_seed"] is not None for row in (first, skipped, third, fourth)] == [
        True,
        True,
        False,
        False,
    ]
    assert (skipped["client_seeds"], skipped["decks"]) == (["mine", "", ""], 6)
    assert msgspec.json.decode(skipped["rules"], type=Rules) == CONFIG.rules
    assert (third["client_seeds"], third["decks"]) == (["", ""], 2)
    assert msgspec.json.decode(third["rules"], type=Rules) == other.rules
    async with world.engine.connect() as connection:
        assert await audit_tables(connection) == []


async def test_closing_and_opening_again_leaves_no_gap_and_no_used_shoe_unrevealed(world: FloorWorld) -> None:
    for name in ("ann", "bob"):
        user_id = await sit(world, name)
        await play_a_round(world, user_id)
        await do(world, LeaveSeat(user_id=user_id), user_id)
        await do(world, Close())
        state = (await world.store.load("test-1")).state
        if state.phase is not Phase.CLOSED:
            await do(world, Expire())
        await do(world, Open())
    rows = await shoes_of(world)
    assert [row["shoe_number"] for row in rows] == [1, 2, 3, 4]
    assert [row["server_seed"] is not None for row in rows] == [True, True, False, False]


async def test_of_two_processes_that_start_the_same_shoe_one_prepares_the_next(world: FloorWorld) -> None:
    """Both have a seed ready, and whoever loses has told nobody: there is nothing to pick from."""
    await sit(world)
    stores = [TableStore(world.pool, ShoeBook(world.pool, world.vault), SystemClock()) for _ in range(2)]
    command = Void(reason="test")
    steps = [await decided(store, command, Request(command=command, name="void")) for store in stores]
    outcomes = await asyncio.gather(*(store.commit(step) for store, step in zip(stores, steps, strict=True)))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Committed", "Moved"]
    winner = next(
        step for step, outcome in zip(steps, outcomes, strict=True) if isinstance(outcome, Committed)
    )
    loser = next(step for step, outcome in zip(steps, outcomes, strict=True) if isinstance(outcome, Moved))
    rows = await shoes_of(world)
    assert isinstance(winner.dealer, LiveDealer)
    assert isinstance(loser.dealer, LiveDealer)
    assert [row["shoe_number"] for row in rows] == [1, 2, 3]
    assert rows[2]["commitment"] == commitment(winner.dealer.prepared[3])
    assert world.vault.unwrap(rows[2]["wrapped_seed"], "test-1", 3) == winner.dealer.prepared[3]
    assert loser.dealer.prepared[3] != winner.dealer.prepared[3]


async def test_a_shoe_that_was_prepared_and_not_committed_leaves_nothing(world: FloorWorld) -> None:
    await sit(world)
    command = Void(reason="test")
    step = await decided(world.store, command, Request(command=command, name="void"))
    assert isinstance(step.dealer, LiveDealer)
    assert list(step.dealer.prepared) == [3]
    order = step.dealer.order(3, ("", "", ""), 6)
    await do(world, command)  # another process was first
    assert isinstance(await world.store.commit(step), Moved)
    stored = await world.store.load("test-1")
    dealer = await world.store.dealer(stored)
    assert dealer.order(3, ("", "", ""), 6) != order
    assert [row["shoe_number"] for row in await shoes_of(world)] == [1, 2, 3]


FIXED = {
    "the commitment": "commitment = repeat('0', 64)",
    "the seed": "wrapped_seed = 'x'",
    "the client seeds": "client_seeds = ARRAY['a', 'b', 'c']",
    "the rules": "rules = '{}'",
    "the decks": "decks = 2",
    "the start": "started_at = now()",
    "the number": "shoe_number = 9",
    "the end": "revealed_at = NULL, server_seed = NULL",
    "the revealed seed": "server_seed = sha256('x')",
}


@pytest.mark.parametrize("change", FIXED.values(), ids=FIXED)
async def test_the_database_itself_refuses_to_change_what_was_promised(
    world: FloorWorld, change: str
) -> None:
    await sit(world)
    await do(world, Void(reason="test"))
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
        await world.pool.execute(f"UPDATE shoes SET {change} WHERE shoe_number = 1")  # noqa: S608


async def test_the_database_refuses_to_reveal_another_seed_than_was_committed_to(world: FloorWorld) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await world.pool.execute(
            "UPDATE shoes SET revealed_at = now(), server_seed = sha256('x') WHERE shoe_number = 1"
        )


async def test_a_revealed_seed_outlives_the_key_that_wrapped_it(world: FloorWorld) -> None:
    await sit(world)
    await do(world, Void(reason="test"))
    first, second, _ = await shoes_of(world)
    vault = SeedVault((b"another key altogether",))
    with pytest.raises(SeedUnreadable):
        vault.unwrap(second["wrapped_seed"], "test-1", 2)
    assert commitment(first["server_seed"]) == first["commitment"]


async def test_a_wrapped_seed_opens_for_its_own_shoe_only_and_never_twice_alike(world: FloorWorld) -> None:
    first, second = await shoes_of(world)
    for table_id, number in (("test-1", 2), ("test-2", 1)):
        with pytest.raises(SeedUnreadable):
            world.vault.unwrap(first["wrapped_seed"], table_id, number)
    seed = world.vault.unwrap(first["wrapped_seed"], "test-1", 1)
    assert seed not in first["wrapped_seed"]
    assert world.vault.wrap(seed, "test-1", 1) != first["wrapped_seed"]
    assert len({seed, world.vault.unwrap(second["wrapped_seed"], "test-1", 2)}) == 2
    assert KEYS[0] not in first["wrapped_seed"]


async def test_a_shoe_that_is_not_there_stops_the_decision(world: FloorWorld) -> None:
    await world.pool.execute("DELETE FROM shoes WHERE shoe_number = 2")
    with pytest.raises(SeedMissing):
        await world.store.dealer(await world.store.load("test-1"))
