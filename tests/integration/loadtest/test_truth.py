"""What clients saw, against the database: right when it is so, and every lie of either side is named."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.money import Money
from games.blackjack.commands import Act, ClearBet, Command, Deal, LeaveSeat, PlaceBet, TakeSeat
from games.blackjack.hand import is_ace
from games.blackjack.moves import legal_moves
from games.blackjack.rules import rules_text
from games.blackjack.strategy import best_move
from games.blackjack.terms import Phase
from games.blackjack.view import view
from games.fairness import shoe_order
from games.ports import Committed, Request, Stored
from server.floor.seeds import SeedVault
from server.loadtest.judge.truth import Before, look_before
from server.loadtest.judge.verdict import NO_SEEDS, Verdict
from tests.diary import Diary, heard
from tests.integration.floor.world import CONFIG, KEYS, FloorWorld, floor_world, request_of
from tests.services import Services

TABLE = "test-1"


@dataclass(slots=True, kw_only=True)
class Visit:
    """Ann plays a round at a real table, and writes down what she sees."""

    world: FloorWorld
    diary: Diary
    before: Before
    user_id: str
    connection: int
    now_ms: int = 0
    commands: int = 0
    shown: list[dict[str, Any]] = field(default_factory=list)

    async def do(self, name: str, command: Command, **payload: object) -> None:
        """Ask, have it committed, get the ack, be shown the table."""
        self.commands += 1
        command_id = f"command-{self.commands}"
        self.now_ms += 1_000
        asked: dict[str, object] = {"table_id": TABLE, "command_id": command_id, **payload}
        number = self.diary.sends(self.now_ms, self.connection, name, asked)
        request = replace(request_of(command, self.user_id, command_id), name=name)
        committed = await self.commit(command, request)
        self.diary.answered(self.now_ms + 5, self.connection, number, {"ok": True, **committed.ack})

    async def commit(self, command: Command, request: Request) -> Committed:
        """Have the house do something; Ann is shown it."""
        outcome = await self.world.store.commit(await self.world.step(command, request))
        assert isinstance(outcome, Committed)
        self.show(outcome.stored)
        return outcome

    def show(self, stored: Stored) -> None:
        """The table's view, as it is pushed."""
        shown = view(stored.state, version=stored.version, deadline=stored.deadline, deadline_ms=1_000)
        self.shown.append(msgspec.json.decode(msgspec.json.encode(shown)))
        self.diary.hears(self.now_ms + 10, self.connection, "table_changed", self.shown[-1])


class QuietVault(SeedVault):
    """Makes only seeds whose first round no natural ends: no ace is among its first four cards."""

    def new_seed(self) -> bytes:
        """A seed of chance, the next one if an ace comes."""
        while True:
            seed = super().new_seed()
            rules, seeds = CONFIG.rules, ("",) * CONFIG.seats
            order = shoe_order(seed, seeds, TABLE, 1, rules.decks, rules=rules_text(rules))
            if not any(is_ace(card) for card in order[:4]):
                return seed


async def play(visit: Visit) -> None:
    """A round from sitting down to getting up."""
    ann, store = visit.user_id, visit.world.store
    await visit.do("take_seat", TakeSeat(user_id=ann, name="ann", seat=1), seat=1)
    await visit.do("place_bet", PlaceBet(user_id=ann, amount=Money(500)), amount=500)
    await visit.do("clear_bet", ClearBet(user_id=ann))
    await visit.do("place_bet", PlaceBet(user_id=ann, amount=Money(700)), amount=700)
    deal = Deal(connected=frozenset({1}))
    await visit.commit(deal, Request(command=deal, name="deal"))
    while (state := (await store.load(TABLE)).state).phase is not Phase.SETTLED:
        moves = legal_moves(state, 1)
        hand = 0 if state.turn is None else state.turn.hand
        move = best_move(state.config.rules, state.seats[0].hands[hand].cards, state.dealer[0], moves)
        act = Act(user_id=ann, round_id=state.round_id or "", hand=hand, move=move)
        await visit.do("act", act, round_id=state.round_id or "", hand=hand, move=move.value)
    await visit.do("leave_seat", LeaveSeat(user_id=ann))
    visit.now_ms += 1_000
    visit.diary.ends(visit.now_ms, visit.connection)


@pytest.fixture
async def visit(pool: asyncpg.Pool, engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Visit]:
    """A visit that has ended, nothing of it judged yet."""
    async with floor_world(pool, engine, vault=QuietVault(KEYS)) as world:
        before = await look_before(engine, [TABLE])
        user_id = await world.player("ann")
        diary = Diary(tmp_path / "clients-0.log")
        connection = diary.opens(0, user_id, is_player=True)
        made = Visit(world=world, diary=diary, before=before, user_id=user_id, connection=connection)
        stored = await world.store.load(TABLE)
        made.show(stored)
        await play(made)
        yield made


async def judged(visit: Visit, vault: SeedVault | None = None) -> tuple[Verdict, bool]:
    """The verdict, and whether the books balance."""
    court, transcript = heard(visit.diary)
    books = await court.by_database(visit.world.engine, visit.before, transcript, vault or visit.world.vault)
    return court.verdict(), books


async def test_a_visit_is_true_in_every_part(visit: Visit) -> None:
    verdict, books = await judged(visit)
    assert (verdict.findings, verdict.ok, verdict.notes, books) == ([], True, [], True)
    checked = verdict.checked
    assert checked["effects"] == visit.commands
    assert checked["versions"] == checked["versions_in_journal"] == visit.commands + 2
    assert checked["rounds"] == checked["rounds_against_shoes"] == 1
    assert checked["transfers"] >= 5  # the start money, a bet that is cleared, a bet, the settlement


async def test_without_the_keys_the_cards_are_not_held_against_the_shoes_and_it_is_said(visit: Visit) -> None:
    verdict, _ = await judged(visit, SeedVault((b"another key of sixteen bytes",)))
    assert verdict.notes == [NO_SEEDS]
    assert (verdict.ok, verdict.checked["rounds"]) == (True, 1)
    assert "rounds_against_shoes" not in verdict.checked


# What is done to the database behind everybody's back, and by which names it must be found.
LIES: dict[str, tuple[str, set[str]]] = {
    "a double pay": (
        """SELECT post_transfers(ARRAY[gen_random_uuid()], ARRAY['planted'], ARRAY[b.account_id],
            ARRAY[t.credit], ARRAY[t.amount], ARRAY[t.reason], t.round_id, NULL)
        FROM transfers t, accounts b WHERE t.reason = 'bet_cleared' AND b.kind = 'bank'""",
        {"double_pay"},
    ),
    "chips from nowhere": (
        """SELECT post_transfers(ARRAY[gen_random_uuid()], ARRAY['planted'], ARRAY[m.account_id],
            ARRAY[a.account_id], ARRAY[77::bigint], ARRAY['credit'], NULL, NULL)
        FROM accounts a, accounts m WHERE a.kind = 'wallet' AND m.kind = 'mint'""",
        {"transfer_unexplained"},
    ),
    "a bet that was never taken": (
        "DELETE FROM transfers WHERE reason = 'bet' AND amount = 700",
        {"transfer_missing"},
    ),
    "another amount": (
        "UPDATE transfers SET amount = amount + 1 WHERE reason = 'bet'",
        {"transfer_wrong"},
    ),
    "a move that is not in the journal": (
        "DELETE FROM journal WHERE command = 'clear_bet'",
        {"effect_missing", "version_not_in_journal"},
    ),
    "a move that is there twice": (
        """INSERT INTO journal
        SELECT table_id, version + 100, at, round_id, user_id, command_id, command, events
        FROM journal WHERE command = 'leave_seat'""",
        {"effect_twice", "version_not_in_journal"},
    ),
    "a move that nobody asked for": (
        "UPDATE journal SET command_id = 'nobodys-command' WHERE command = 'leave_seat'",
        {"effect_unasked", "effect_missing"},
    ),
    "another ack than the one that was given": (
        "UPDATE commands SET ack = ack || '{\"balance\": 1}' WHERE ack ->> 'bet' = '500'",
        {"ack_wrong"},
    ),
    "an ack that was not kept": ("DELETE FROM commands WHERE ack ->> 'bet' = '500'", {"ack_not_stored"}),
    "a round without a record": ("DELETE FROM rounds", {"record_missing"}),
    "a record with another end": (
        "UPDATE rounds SET record = jsonb_set(record, '{seats,0,net}', '123456')",
        {"record_wrong"},
    ),
    "cards that are not of the shoe": (
        """UPDATE rounds SET record = jsonb_set(record, '{cards,0}',
            to_jsonb(CASE record #>> '{cards,0}' WHEN 'AS' THEN 'AH' ELSE 'AS' END))""",
        {"card_not_of_the_shoe"},
    ),
    "a seed that was not promised": (
        "UPDATE shoes SET commitment = repeat('0', 64) WHERE shoe_number = 1",
        {"commitment_broken"},
    ),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_database_that_lies_is_found_out(visit: Visit, services: Services, lie: str) -> None:
    statement, kinds = LIES[lie]
    name = urlsplit(visit.world.engine.url.render_as_string()).path
    connection = await asyncpg.connect(f"{services.admin_url.rsplit('/', 1)[0]}{name}")
    try:
        await connection.execute("SET session_replication_role = replica")  # past the triggers
        done = await connection.execute(statement)
    finally:
        await connection.close()
    assert done.split()[-1] != "0", done
    verdict, _ = await judged(visit)
    assert kinds <= verdict.counts.keys(), verdict
    assert not verdict.ok


def _later(view_: dict[str, Any]) -> dict[str, Any]:
    return {**view_, "cards_left": view_["cards_left"] - 1}


def _with_hole(view_: dict[str, Any]) -> dict[str, Any]:
    dealer = view_["dealer"]
    return {**view_, "dealer": {**dealer, "cards": [dealer["cards"][0], "KD"]}}


@pytest.mark.parametrize(
    ("change", "kind"), [(_later, "view_wrong"), (_with_hole, "hidden_card_leaked")], ids=["view", "hole"]
)
async def test_a_client_that_was_shown_something_else_is_found_out(
    visit: Visit, change: Callable[[dict[str, Any]], dict[str, Any]], kind: str
) -> None:
    dealt = next(shown for shown in visit.shown if "??" in shown["dealer"]["cards"])
    watcher = visit.diary.opens(visit.now_ms, visit.user_id)
    visit.diary.hears(visit.now_ms, watcher, "table_changed", change(dealt))
    visit.diary.ends(visit.now_ms, watcher)
    verdict, _ = await judged(visit)
    assert kind in verdict.counts
