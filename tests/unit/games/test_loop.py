"""The table loop on a store in memory: races, repeats, deadlines and faults."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from economy.money import Money
from games.blackjack.commands import Act, Command, LeaveSeat, PlaceBet, SetClientSeed, TakeSeat
from games.blackjack.errors import BetOutOfRange, BettingClosed, NotYourTurn, SeatOccupied
from games.blackjack.state import TableConfig, TableState, new_table
from games.blackjack.terms import Move, Phase
from games.cards import Card, parse_cards
from games.loop import EXPIRE, INBOX_LIMIT, TableBusy, TableFault, TableHalted, TableLoop
from games.ports import Request
from games.shoe import Dealer, ScriptedDealer
from tests.builders import NOTHING_SPECIAL, ShuffledDealer
from tests.fakes import ManualClock
from tests.table_world import Everybody, FundsTooLow, MemoryStore, RecordingAudience

CONFIG = TableConfig(table_id="test-1", name="Test", min_bet=Money(100), max_bet=Money(10_000), seats=3)
NO_NATURAL = f"5S 9H 6D TC {NOTHING_SPECIAL}"


class World:
    """A table and as many loops on it as a test wants."""

    def __init__(self, cards: Dealer | None = None) -> None:
        self.clock = ManualClock()
        cards = cards or ShuffledDealer(1)
        state = new_table(CONFIG, commitment=cards.commitment(1), next_commitment=cards.commitment(2))
        self.store = MemoryStore.of("test-1", state, cards, self.clock)
        self.audience = RecordingAudience()
        self.attendance: Everybody = Everybody()

    @asynccontextmanager
    async def loop(self) -> AsyncIterator[TableLoop]:
        """A running loop."""
        made = TableLoop(
            "test-1",
            store=self.store,
            audience=self.audience,
            attendance=self.attendance,
            clock=self.clock,
            stagger_ms=0,
        )
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.wait([task])


def request(command: Command, command_id: str, user_id: str = "ann") -> Request:
    """A player's request."""
    return Request(
        command=command,
        name=type(command).__name__,
        user_id=user_id,
        command_id=command_id,
        fingerprint=b"same",
    )


async def sit_and_bet(loop: TableLoop, user_id: str = "ann", amount: int = 500) -> None:
    """Take any seat and bet."""
    await loop.submit(request(TakeSeat(user_id=user_id, name=user_id), f"sit-{user_id}", user_id))
    await loop.submit(request(PlaceBet(user_id=user_id, amount=Money(amount)), f"bet-{user_id}", user_id))


async def expire(loop: TableLoop) -> None:
    """Let the deadline's work be tried now."""
    await loop.submit(EXPIRE)


async def test_a_command_is_acknowledged_after_its_commit_and_published() -> None:
    world = World()
    async with world.loop() as loop:
        ack = await loop.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-1"))
    assert ack == {"version": 2}
    assert [stored.version for stored in world.audience.published] == [2]


async def test_a_repeated_command_gets_its_first_ack_and_has_no_second_effect() -> None:
    world = World()
    async with world.loop() as loop:
        first = await loop.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-1"))
        again = await loop.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-1"))
    assert again == {**first, "replayed": True}
    assert world.store.commits == 1


async def test_a_loop_whose_state_is_old_decides_again_on_the_new_one() -> None:
    world = World()
    async with world.loop() as one, world.loop() as other:
        await one.submit(request(TakeSeat(user_id="ann", name="Ann", seat=1), "c-1"))
        await other.submit(request(TakeSeat(user_id="bob", name="Bob", seat=2), "c-2", "bob"))
        await one.submit(request(TakeSeat(user_id="cyd", name="Cyd", seat=3), "c-3", "cyd"))
    assert [seat.user_id for seat in world.store.stored.state.seats] == ["ann", "bob", "cyd"]


async def test_a_refusal_from_an_old_state_is_decided_again_before_it_leaves() -> None:
    world = World()
    async with world.loop() as stale, world.loop() as fresh:
        await stale.submit(request(TakeSeat(user_id="bob", name="Bob", seat=2), "c-1", "bob"))
        await fresh.submit(request(TakeSeat(user_id="ann", name="Ann", seat=1), "c-2"))
        ack = await stale.submit(request(PlaceBet(user_id="ann", amount=Money(100)), "c-3"))
    assert ack == {"version": 4}


async def test_a_refusal_says_the_seat_and_what_would_be_right() -> None:
    world = World()
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="ann", name="Ann", seat=2), "c-1"))
        with pytest.raises(BetOutOfRange, match=r"^Bets at this table go from 1\.00 to 100\.00\.$"):
            await loop.submit(request(PlaceBet(user_id="ann", amount=Money(10_001)), "c-2"))
        with pytest.raises(SeatOccupied, match=r"^Seat 2 is taken\.$"):
            await loop.submit(request(TakeSeat(user_id="bob", name="Bob", seat=2), "c-3", "bob"))


async def test_the_round_is_dealt_at_once_when_every_connected_seat_has_bet() -> None:
    world = World()
    world.attendance.away.add("bob")
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="bob", name="Bob"), "c-1", "bob"))
        await sit_and_bet(loop)
        await loop.submit(EXPIRE)
    assert world.store.stored.state.phase is not Phase.BETTING
    assert world.store.stored.state.seats[1].hands


async def test_a_connected_seat_without_a_bet_is_waited_for() -> None:
    world = World()
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="bob", name="Bob"), "c-1", "bob"))
        await sit_and_bet(loop)
        await loop.submit(EXPIRE)
    assert world.store.stored.state.phase is Phase.BETTING


async def test_the_round_is_dealt_when_the_last_seat_without_a_bet_is_left() -> None:
    world = World()
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="bob", name="Bob"), "c-1", "bob"))
        await sit_and_bet(loop)
        await loop.submit(request(LeaveSeat(user_id="bob"), "c-2", "bob"))
        await loop.submit(EXPIRE)
    assert world.store.stored.state.phase is not Phase.BETTING


async def test_an_expiry_before_the_databases_deadline_changes_nothing() -> None:
    world = World()
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-1"))
        await expire(loop)
    assert world.store.stored.version == 2


async def test_a_bet_after_the_deadline_lets_the_deadline_happen_first() -> None:
    world = World()
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="bob", name="Bob"), "c-1", "bob"))
        await sit_and_bet(loop)
        world.clock.advance(ms=CONFIG.betting_ms + 251)
        with pytest.raises(BettingClosed):
            await loop.submit(request(PlaceBet(user_id="bob", amount=Money(100)), "c-9", "bob"))
    assert world.store.stored.state.phase is not Phase.BETTING


async def test_a_deadline_fires_once_however_many_loops_wait_for_it() -> None:
    world = World()
    async with world.loop() as one, world.loop() as other:
        await one.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-1"))
        other.look_again()
        world.clock.advance(ms=CONFIG.betting_ms)
        await asyncio.gather(expire(one), expire(other))
    assert world.store.stored.version == 3
    assert world.store.stored.state.phase is Phase.BETTING


async def ask_ann(world: World, loop: TableLoop) -> TableState:
    """Deal to Ann alone: it is her turn."""
    await sit_and_bet(loop)
    await loop.submit(request(SetClientSeed(user_id="ann", client_seed="x"), "c-8"))  # after the deal
    assert world.store.stored.state.phase is Phase.PLAYING
    return world.store.stored.state


async def test_a_turn_whose_player_we_cut_off_gets_its_whole_time_back_once() -> None:
    world = World(ScriptedDealer(parse_cards(NO_NATURAL)))
    async with world.loop() as loop:
        before = await ask_ann(world, loop)
        world.store.owed.add("ann")
        world.clock.advance(ms=CONFIG.turn_ms)
        await expire(loop)
        assert world.store.stored.state == before
        assert world.audience.published[-1].deadline_ms == CONFIG.turn_ms

        world.clock.advance(ms=CONFIG.turn_ms)
        await expire(loop)
    assert world.store.stored.state.seats[0].actions


async def test_a_turn_of_a_player_who_went_away_by_themselves_gets_no_time_back() -> None:
    world = World(ScriptedDealer(parse_cards(NO_NATURAL)))
    async with world.loop() as loop:
        await ask_ann(world, loop)
        world.store.owed.add("bob")
        world.clock.advance(ms=CONFIG.turn_ms)
        await expire(loop)
    assert world.store.stored.state.seats[0].actions


async def test_a_move_after_the_deadline_of_a_player_whom_we_cut_off_is_in_time() -> None:
    world = World(ScriptedDealer(parse_cards(NO_NATURAL)))
    async with world.loop() as loop:
        state = await ask_ann(world, loop)
        world.store.owed.add("ann")
        world.clock.advance(ms=CONFIG.turn_ms + 251)
        act = Act(user_id="ann", round_id=state.round_id or "", hand=0, move=Move.STAND)
        await loop.submit(request(act, "c-9"))
    assert world.store.stored.state.seats[0].actions == (Move.STAND,)


class _Latecomer(Everybody):
    """While it is first asked who is here, somebody comes who is not in its answer any more."""

    def __init__(self, come: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._come: Callable[[], Awaitable[object]] | None = come

    async def connected(self, table_id: str, user_ids: tuple[str, ...]) -> frozenset[str]:
        """Who was here when it was asked."""
        del table_id
        come, self._come = self._come, None
        if come is not None:
            await come()
        return frozenset(user_ids)


async def test_who_was_here_on_an_old_version_deals_no_cards_on_the_new_one() -> None:
    world = World()
    async with world.loop() as other:
        world.attendance = _Latecomer(
            lambda: other.submit(request(TakeSeat(user_id="cyd", name="Cyd"), "c-1", "cyd"))
        )
        async with world.loop() as loop:
            await sit_and_bet(loop)
            await loop.submit(EXPIRE)
    state = world.store.stored.state
    assert (state.phase, state.seats[1].user_id) == (Phase.BETTING, "cyd")


async def test_funds_that_do_not_cover_a_bet_are_refused_and_nothing_changes() -> None:
    world = World()
    world.store.balances["ann"] = 99
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-1"))
        before = world.store.stored
        with pytest.raises(FundsTooLow):
            await loop.submit(request(PlaceBet(user_id="ann", amount=Money(100)), "c-2"))
    assert world.store.stored.version == before.version
    assert world.store.balances["ann"] == 99


async def test_a_connection_lost_at_the_commit_gives_the_ack_of_what_was_committed() -> None:
    world = World()
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="bob", name="Bob"), "c-0", "bob"))
        await loop.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-1"))
        world.store.lost_connections = 1
        ack = await loop.submit(request(PlaceBet(user_id="ann", amount=Money(500)), "c-2"))
    assert ack == {"version": 4, "replayed": True}
    assert world.store.balances["ann"] == 9_500
    assert [stored.version for stored in world.audience.refreshed][-1:] == [4]


async def test_a_full_inbox_is_answered_table_busy() -> None:
    world = World()
    made = TableLoop(
        "test-1",
        store=world.store,
        audience=world.audience,
        attendance=world.attendance,
        clock=world.clock,
        stagger_ms=0,
    )
    waiting = [
        asyncio.create_task(made.submit(request(TakeSeat(user_id="ann", name="Ann"), f"c-{n}")))
        for n in range(INBOX_LIMIT)
    ]
    await asyncio.sleep(0)
    with pytest.raises(TableBusy, match="too much to do"):
        await made.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-last"))
    task = asyncio.create_task(made.run())
    await asyncio.wait(waiting)
    task.cancel()
    await asyncio.wait([task])
    assert all(done.exception() is None for done in waiting)


class _BrokenShoe(ShuffledDealer):
    """Has no cards."""

    def order(self, shoe_number: int, client_seeds: tuple[str, ...], decks: int) -> Sequence[Card]:
        del shoe_number, client_seeds, decks
        raise RuntimeError("planted")


async def test_a_fault_of_the_rules_voids_the_round_and_gives_the_stakes_back() -> None:
    world = World(_BrokenShoe(1))
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="bob", name="Bob"), "c-1", "bob"))
        await sit_and_bet(loop)
        world.clock.advance(ms=CONFIG.betting_ms)
        with pytest.raises(TableFault):
            await expire(loop)
        await loop.submit(request(TakeSeat(user_id="cyd", name="Cyd"), "c-3", "cyd"))
    assert world.store.balances["ann"] == 10_000
    assert world.store.escrow == 0


class _BrokenCommit(MemoryStore):
    """Fails every commit that voids."""

    async def commit(self, step):  # type: ignore[no-untyped-def] # as the class above declares it
        if step.request.name == "void":
            raise RuntimeError("planted")
        return await super().commit(step)


async def test_a_table_that_can_not_even_be_voided_stops_and_says_so() -> None:
    world = World(_BrokenShoe(1))
    world.store.__class__ = _BrokenCommit
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="bob", name="Bob"), "c-1", "bob"))
        await sit_and_bet(loop)
        world.clock.advance(ms=CONFIG.betting_ms)
        with pytest.raises(TableFault):
            await expire(loop)
        with pytest.raises(TableHalted, match="has stopped after a fault"):
            await loop.submit(request(TakeSeat(user_id="cyd", name="Cyd"), "c-3", "cyd"))


async def test_an_act_without_a_turn_is_refused_after_a_look_at_the_store() -> None:
    world = World()
    async with world.loop() as loop:
        await loop.submit(request(TakeSeat(user_id="bob", name="Bob"), "c-1", "bob"))
        await sit_and_bet(loop)
        round_id = world.store.stored.state.round_id or ""
        with pytest.raises(NotYourTurn):
            await loop.submit(request(Act(user_id="ann", round_id=round_id, hand=0, move=Move.HIT), "c-7"))


async def test_a_store_out_of_reach_is_tried_again_and_the_table_goes_on() -> None:
    world = World()
    world.store.unreachable = 1
    async with world.loop() as loop:
        with pytest.raises(OSError, match="unreachable"):
            await loop.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-1"))
        ack = await loop.submit(request(TakeSeat(user_id="ann", name="Ann"), "c-1"))
    assert ack == {"version": 2}
