"""The table store on real PostgreSQL: what one commit does, and what it refuses to do."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.money import Money
from economy.syndicates import create
from games.blackjack.commands import Deal, Expire, LeaveSeat, PlaceBet, TakeSeat, Void
from games.blackjack.events import decode_events
from games.blackjack.evolve import fold
from games.blackjack.state import new_table
from games.ports import Committed, Guard, Moved, Refused, Replayed, Request, Untimely
from server.errors import CommandIdReused, InsufficientFunds, Suspended, UnknownTable
from tests.integration.floor.world import CONFIG, FloorWorld, floor_world, request_of, uuid_of


@pytest.fixture
async def world(pool: asyncpg.Pool, engine: AsyncEngine) -> AsyncIterator[FloorWorld]:
    """A table with nobody at it."""
    async with floor_world(pool, engine) as made:
        yield made


async def sit(world: FloorWorld, name: str = "ann", seat: int = 1) -> str:
    """A new player in a seat."""
    user_id = await world.player(name)
    command = TakeSeat(user_id=user_id, name=name, seat=seat)
    outcome = await world.store.commit(
        await world.step(command, request_of(command, user_id, f"sit-{seat}-id"))
    )
    assert isinstance(outcome, Committed)
    return user_id


async def test_a_bet_moves_the_stake_to_escrow_and_the_ack_tells_the_balance(world: FloorWorld) -> None:
    ann = await sit(world)
    command = PlaceBet(user_id=ann, amount=Money(500))
    outcome = await world.store.commit(await world.step(command, request_of(command, ann, "bet-00001")))
    assert isinstance(outcome, Committed)
    assert outcome.ack == {"bet": 500, "balance": 99_500, "version": 3}
    assert [(change.user_id, change.balance, change.reason) for change in outcome.balances] == [
        (ann, 99_500, "bet")
    ]
    escrow = await world.pool.fetchval("SELECT balance FROM accounts WHERE kind = 'escrow'")
    assert escrow == 500


async def test_of_two_steps_on_one_version_one_commits_and_the_other_is_told(world: FloorWorld) -> None:
    ann = await sit(world)
    steps = [
        await world.step(command, request_of(command, ann, f"bet-0000{amount}"))
        for amount in (100, 200)
        for command in (PlaceBet(user_id=ann, amount=Money(amount)),)
    ]
    outcomes = await asyncio.gather(*(world.store.commit(step) for step in steps))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Committed", "Moved"]
    assert await world.balance(ann) in (99_900, 99_800)


async def test_a_used_command_id_replays_its_ack_and_moves_nothing(world: FloorWorld) -> None:
    ann = await sit(world)
    command = PlaceBet(user_id=ann, amount=Money(500))
    request = request_of(command, ann, "bet-00001")
    first = await world.store.commit(await world.step(command, request))
    again = await world.store.commit(await world.step(command, request))
    assert isinstance(first, Committed)
    assert again == Replayed(ack={**first.ack, "replayed": True})
    assert (await world.store.load("test-1")).version == 3
    assert await world.balance(ann) == 99_500


async def test_a_used_command_id_with_another_payload_is_refused(world: FloorWorld) -> None:
    ann = await sit(world)
    command = PlaceBet(user_id=ann, amount=Money(500))
    await world.store.commit(await world.step(command, request_of(command, ann, "bet-00001")))
    other = PlaceBet(user_id=ann, amount=Money(600))
    with pytest.raises(CommandIdReused):
        await world.store.commit(await world.step(other, request_of(other, ann, "bet-00001")))
    with pytest.raises(CommandIdReused):
        await world.store.recheck(request_of(other, ann, "bet-00001"), "test-1")
    assert await world.balance(ann) == 99_500


async def test_a_balance_that_does_not_cover_the_stake_changes_nothing(world: FloorWorld) -> None:
    ann = await sit(world)
    await world.pool.execute(
        "UPDATE accounts SET balance = 400 WHERE kind = 'wallet' AND owner = $1", ann
    )  # by hand: the audit would call it broken
    command = PlaceBet(user_id=ann, amount=Money(500))
    outcome = await world.store.commit(await world.step(command, request_of(command, ann, "bet-00001")))
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, InsufficientFunds)
    assert str(outcome.error) == "The balance does not cover a bet of 5.00."
    assert (await world.store.load("test-1")).version == 2
    assert await world.pool.fetchval("SELECT count(*) FROM commands WHERE command_id = 'bet-00001'") == 0


async def test_winnings_of_the_same_step_do_not_cover_its_stake(world: FloorWorld) -> None:
    ann = await sit(world)
    mint, wallet = await world.pool.fetchrow(
        "SELECT (SELECT account_id FROM accounts WHERE kind = 'mint'),"
        " (SELECT account_id FROM accounts WHERE kind = 'wallet' AND owner = $1)",
        ann,
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await world.pool.fetch(
            "SELECT * FROM post_transfers($1, $2, $3, $4, $5, $6, NULL, NULL)",
            [uuid_of(ann), uuid_of(ann)],
            ["test:1", "test:2"],
            [wallet, mint],
            [mint, wallet],
            [100_001, 200_000],
            ["test", "test"],
        )
    assert await world.balance(ann) == 100_000


async def test_a_suspended_player_moves_nothing(world: FloorWorld) -> None:
    ann = await sit(world)
    await world.pool.execute("UPDATE users SET suspended_at = now() WHERE user_id = $1", uuid_of(ann))
    command = PlaceBet(user_id=ann, amount=Money(500))
    outcome = await world.store.commit(await world.step(command, request_of(command, ann, "bet-00001")))
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, Suspended)
    assert await world.balance(ann) == 100_000


async def test_an_expiry_commits_only_from_the_deadline_on(world: FloorWorld) -> None:
    await sit(world)
    request = Request(command=Expire(), name="expire")
    early = await world.store.commit(await world.step(Expire(), request, guard=Guard.EXPIRED))
    assert isinstance(early, Untimely)
    assert early.deadline_ms is not None
    assert early.deadline_ms > 0
    await world.pool.execute("UPDATE tables SET deadline = clock_timestamp() - interval '1 ms'")
    due = await world.store.commit(await world.step(Expire(), request, guard=Guard.EXPIRED))
    assert isinstance(due, Committed)


async def test_a_players_command_commits_until_250_ms_after_the_deadline(world: FloorWorld) -> None:
    ann = await sit(world)
    command = PlaceBet(user_id=ann, amount=Money(500))
    await world.pool.execute("UPDATE tables SET deadline = clock_timestamp() - interval '10 s'")
    step = await world.step(command, request_of(command, ann, "bet-00001"), guard=Guard.IN_TIME)
    late = await world.store.commit(step)
    assert isinstance(late, Untimely)
    await world.pool.execute("UPDATE tables SET deadline = clock_timestamp() + interval '10 s'")
    assert isinstance(await world.store.commit(step), Committed)


async def test_the_stake_comes_back_when_the_seat_is_left_while_betting(world: FloorWorld) -> None:
    ann = await sit(world)
    bet, leave = PlaceBet(user_id=ann, amount=Money(500)), LeaveSeat(user_id=ann)
    await world.store.commit(await world.step(bet, request_of(bet, ann, "bet-00001")))
    outcome = await world.store.commit(await world.step(leave, request_of(leave, ann, "leave-001")))
    assert isinstance(outcome, Committed)
    assert outcome.ack == {"left": True, "balance": 100_000, "version": 4}


async def test_a_settled_round_leaves_its_record_its_seats_and_an_empty_escrow(world: FloorWorld) -> None:
    ann = await sit(world)
    bet = PlaceBet(user_id=ann, amount=Money(500))
    await world.store.commit(await world.step(bet, request_of(bet, ann, "bet-00001")))
    deal = Deal(connected=frozenset({1}))
    await world.store.commit(await world.step(deal, Request(command=deal, name="deal")))
    while (stored := await world.store.load("test-1")).state.phase.value != "settled":
        await world.pool.execute("UPDATE tables SET deadline = clock_timestamp() - interval '1 ms'")
        request = Request(command=Expire(), name="expire")
        await world.store.commit(await world.step(Expire(), request, guard=Guard.EXPIRED))
    row = await world.pool.fetchrow(
        "SELECT * FROM rounds WHERE round_id = $1", uuid_of(stored.state.round_id or "")
    )
    record = orjson.loads(row["record"])
    seat = await world.pool.fetchrow("SELECT * FROM round_seats WHERE round_id = $1", row["round_id"])
    assert record["seats"][0]["net"] == seat["paid"] - seat["staked"] == await world.balance(ann) - 100_000
    assert await world.pool.fetchval("SELECT balance FROM accounts WHERE kind = 'escrow'") == 0
    assert await world.pool.fetchval("SELECT sum(balance) FROM accounts") == 0


async def test_a_voided_round_is_its_players_too_and_earns_no_syndicate_anything(world: FloorWorld) -> None:
    ann = await sit(world)
    await sit(world, "bob", 2)
    async with world.engine.begin() as connection:
        await create(connection, uuid_of(ann), name="Ann's", dividend_bps=2_500)
    bet = PlaceBet(user_id=ann, amount=Money(500))
    await world.store.commit(await world.step(bet, request_of(bet, ann, "bet-00001")))
    deal, void = Deal(connected=frozenset({1})), Void(reason="test")
    dealt = await world.store.commit(await world.step(deal, Request(command=deal, name="deal")))
    assert isinstance(dealt, Committed)
    is_void = dealt.stored.state.phase.value != "settled"  # no natural
    if is_void:
        await world.store.commit(await world.step(void, Request(command=void, name="void")))
    record, seat = (
        await world.pool.fetchval("SELECT record FROM rounds"),
        await world.pool.fetchrow("SELECT seat, staked, paid, syndicate_id FROM round_seats"),
    )
    outcome = orjson.loads(record)["seats"][0]["hands"][0]["outcome"]
    assert (outcome == "void", seat["syndicate_id"] is None) == (is_void, is_void)
    assert (seat["seat"], seat["staked"], is_void <= (seat["paid"] == 500)) == (1, 500, True)
    assert await world.pool.fetchval("SELECT balance FROM accounts WHERE kind = 'escrow'") == 0


async def test_a_bet_that_is_voided_comes_back_for_the_round_that_it_was_for(world: FloorWorld) -> None:
    ann = await sit(world)
    round_id = (await world.store.load("test-1")).state.round_id
    bet, void = PlaceBet(user_id=ann, amount=Money(500)), Void(reason="test")
    await world.store.commit(await world.step(bet, request_of(bet, ann, "bet-00001")))
    await world.store.commit(await world.step(void, Request(command=void, name="void")))
    leave = LeaveSeat(user_id=ann)
    next_round = (await world.store.load("test-1")).state.round_id
    await world.store.commit(await world.step(bet, request_of(bet, ann, "bet-00002")))
    await world.store.commit(await world.step(leave, request_of(leave, ann, "leave-0001")))
    moved = await world.pool.fetch(
        "SELECT reason, round_id::text FROM transfers WHERE reason <> 'start' ORDER BY at"
    )
    assert (await world.store.load("test-1")).state.round_id is None
    assert [tuple(row) for row in moved] == [
        ("bet", round_id),
        ("voided", round_id),
        ("bet", next_round),
        ("bet_cleared", next_round),
    ]


async def test_the_journal_replays_to_the_stored_state(world: FloorWorld) -> None:
    ann = await sit(world)
    bet = PlaceBet(user_id=ann, amount=Money(500))
    await world.store.commit(await world.step(bet, request_of(bet, ann, "bet-00001")))
    first, second = await world.pool.fetch("SELECT commitment FROM shoes ORDER BY shoe_number")
    state = new_table(CONFIG, commitment=first[0], next_commitment=second[0])
    for (events,) in await world.pool.fetch("SELECT events FROM journal ORDER BY version"):
        state = fold(state, decode_events(events))
    assert state == (await world.store.load("test-1")).state


async def test_an_unknown_table_is_said_to_be_unknown(world: FloorWorld) -> None:
    with pytest.raises(UnknownTable):
        await world.store.load("nowhere")


async def test_a_lost_race_answers_moved(world: FloorWorld) -> None:
    ann = await sit(world)
    command = PlaceBet(user_id=ann, amount=Money(500))
    step = await world.step(command, request_of(command, ann, "bet-00001"))
    assert isinstance(await world.store.commit(step), Committed)
    again = await world.store.commit(
        step.__class__(
            request=request_of(command, ann, "bet-00002"),
            before=step.before,
            after=step.after,
            events=step.events,
            guard=step.guard,
            dealer=step.dealer,
        )
    )
    assert isinstance(again, Moved)
