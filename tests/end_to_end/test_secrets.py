"""Nobody learns an undealt card from what a casino writes down, sends and answers, however loud its logs."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import msgspec
from redis.asyncio import Redis

from games.blackjack.rules import Rules, rules_text
from games.blackjack.state import TableState, decode_state
from games.cards import TEXT, Card, card_texts
from games.fairness import shoe_order
from server.floor.seeds import SeedVault
from tests.end_to_end.checks import hole_leaks
from tests.end_to_end.clients import Client, Frame
from tests.end_to_end.house import House
from tests.end_to_end.left_behind import (
    answers_of,
    frames_of,
    listening,
    logs_of,
    operators_frames,
    rows_of,
)
from tests.end_to_end.play import Wish, play_until, sit
from tests.leaks import Trace, card_leaks, order_leaks, seed_leaks
from tests.services import Services

TABLE = "test-1"
RULES = Rules(decks=1, penetration=0.9)


@dataclass(slots=True, kw_only=True)
class Secrets:
    """What nobody may know now: the live shoe and the one after it."""

    state: TableState
    seeds: dict[int, bytes]
    order: tuple[Card, ...]

    @property
    def public(self) -> frozenset[Card]:
        """The cards of the shoe in play that lie open."""
        hole = None if self.state.hole is None else self.state.hole.index
        return frozenset(
            card for place, card in enumerate(self.order[: self.state.position]) if place != hole
        )

    def leaks(self, traces: list[Trace]) -> list[str]:
        """Where anything of it stands."""
        found = [
            f"seed {number}: {at}" for number, seed in self.seeds.items() for at in seed_leaks(traces, seed)
        ]
        found += [f"order: {at}" for at in order_leaks(traces, self.order[self.state.position :])]
        return found + [f"card: {at}" for at in card_leaks(traces, self.public)]


async def secrets_of(house: House) -> Secrets:
    """Opened with the key that only the processes have."""
    vault = SeedVault((house.environment["SHOE_KEYS"].encode(),))
    rows = await house.database.fetch("SELECT shoe_number, wrapped_seed FROM shoes WHERE revealed_at IS NULL")
    seeds = {row[0]: vault.unwrap(row[1], TABLE, row[0]) for row in rows}
    state = decode_state(await house.value("SELECT state FROM tables"))
    number = state.shoe_number
    order = shoe_order(seeds[number], state.client_seeds, TABLE, number, 1, rules=rules_text(RULES))
    return Secrets(state=state, seeds=seeds, order=order)


async def test_no_undealt_card_is_told_anywhere_and_a_planted_one_is_found(
    house: House, services: Services
) -> None:
    house.environment["LOG_LEVEL"] = "debug"
    await house.open(has_worker=True)
    await house.table(TABLE, rules=msgspec.to_builtins(RULES))
    async with (
        listening(house.environment["REDIS_URL"]) as valkey,
        operators_frames(house) as operator,
        house.client(await house.guest()) as player,
        house.client(await house.guest()) as watcher,
    ):
        await watcher.do("watch_table", table_id=TABLE)
        wish = Wish(missing={"nothing"})
        await sit(player, TABLE)
        await player.do("set_client_seed", table_id=TABLE, client_seed="lucky 7")
        await play_until(player, TABLE, wish, is_late_in_the_first_shoe)
        settled = wish.rounds[:-1]

        async def left_behind() -> list[Trace]:
            frames = [*operator, *player.frames, *watcher.frames]
            return [
                *await rows_of(house),
                *await valkey.traces(),
                *await answers_of(house, player.account.token, settled),
                *frames_of(frames),
                *logs_of(house, services),
            ]

        secrets = await secrets_of(house)
        traces = await left_behind()
        await check_that_these_are_the_cards(house, secrets, settled)
        check_that_it_was_looked_at(traces)
        assert secrets.leaks(traces) == []
        assert [*early_cards(player.frames, secrets.order), *await holes_told(house, player, settled)] == []

        planted = await plant(house, valkey.client, watcher, secrets)
        assert planted <= set(secrets.leaks(await left_behind()))
    assert house.faults() == []


def is_late_in_the_first_shoe(view: dict[str, Any]) -> bool:
    """Rounds lie behind, and the dealer has a hidden card."""
    assert view["shoe_number"] == 1, "the shoe was over before a hand could be looked at"
    return bool(view["phase"] == "playing" and view["cards_left"] < 38 and "??" in view["dealer"]["cards"])


async def check_that_these_are_the_cards(house: House, secrets: Secrets, rounds: Sequence[str]) -> None:
    """The secrets are the true ones: the settled rounds' cards are in the order that follows from them."""
    assert rounds
    assert sorted(secrets.seeds) == [1, 2]
    for round_id in rounds:
        record = await house.admin.get(f"/api/rounds/{round_id}")
        (shoe,) = record["shoes"]
        dealt = secrets.order[shoe["first_card"] : shoe["first_card"] + shoe["cards"]]
        assert list(card_texts(dealt)) == record["cards"]


def check_that_it_was_looked_at(traces: Sequence[Trace]) -> None:
    """Something of every kind is there, and what is public is seen by the same scanner."""
    kinds = (
        "tables.state",
        "journal.events",
        "shoes.wrapped_seed",
        "valkey command",
        "GET /api/rounds/",
        "frame ",
        "log ",
    )
    assert [kind for kind in kinds if not any(trace.where.startswith(kind) for trace in traces)] == []
    assert any(b'"severity":"DEBUG"' in trace.data for trace in traces if trace.where.startswith("log "))
    seen = {leak.split(":")[0] for leak in card_leaks(traces, frozenset())}
    assert {
        "tables.state",
        "journal.events",
        "rounds",
        "valkey command",
        "frame table_changed",
    } <= seen


def early_cards(frames: Sequence[Frame], order: Sequence[Card]) -> Iterator[str]:
    """The frames that name a card before it was drawn, by the number of cards left in the next view."""
    drawn = 0
    for frame in reversed(frames):
        payload = frame.payload if isinstance(frame.payload, dict) else {}
        view = payload.get("table", payload)
        if "cards_left" in view:
            drawn = 52 - view["cards_left"]
        if drawn:
            yield from card_leaks(frames_of([frame]), frozenset(order[:drawn]))


async def holes_told(house: House, player: Client, rounds: Sequence[str]) -> list[str]:
    """The frames that name a hole card before its reveal."""
    records = [await house.admin.get(f"/api/rounds/{round_id}") for round_id in rounds]
    return [leak for record in records for leak in hole_leaks(player.frames, record)]


async def plant(house: House, valkey: Redis, watcher: Client, secrets: Secrets) -> set[str]:
    """Tell secrets in a log, a row, a new table, Valkey and a frame; what the scanner should say of it."""
    process = house.processes[0]
    with process.errors_file.open("ab") as log:
        log.write(b'{"event": "shoe.started", "seed": "' + secrets.seeds[1].hex().encode() + b'"}\n')
    copied = json.dumps({"next": base64.b64encode(secrets.seeds[2]).decode()})
    await house.database.execute(
        "INSERT INTO admin_actions (action_id, at, action, facts) VALUES ($1, now(), 'test', $2)",
        uuid4(),
        copied,
    )
    order = msgspec.msgpack.encode(secrets.order)
    await house.database.execute("CREATE TABLE planted (cards bytea)")
    await house.database.execute("INSERT INTO planted VALUES ($1)", order)
    await valkey.set("planted", b"before " + secrets.seeds[1] + b" after")
    assert secrets.state.hole is not None
    hole = TEXT[secrets.order[secrets.state.hole.index]]
    watcher.frames.append(replace(watcher.frames[-1], raw=f'42["said",{{"text":"{hole}"}}]', event="said"))
    return {
        f"seed 1: log {process.errors_file.name}",
        "seed 2: admin_actions",
        "order: planted",
        "order: planted.cards",
        "seed 1: valkey planted",
        f"card: frame said: {hole}",
    }
