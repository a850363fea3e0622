"""What a bot does next with what it sees."""

from random import Random
from typing import Any

import msgspec

from games.blackjack.commands import Expire
from games.blackjack.rules import Rules
from games.blackjack.state import TableConfig
from games.blackjack.view import view
from games.cards import parse_cards
from games.shoe import ScriptedDealer
from server.dev.bots import next_call
from tests.builders import NOTHING_SPECIAL, Table, user


def seen(table: Table) -> dict[str, Any]:
    """The table as a client gets it."""
    shown = view(table.state, version=1, deadline=None, deadline_ms=None)
    builtins: dict[str, Any] = msgspec.to_builtins(shown)
    return builtins


def a_table(cards: str = "", rules: Rules | None = None) -> Table:
    """A table of two seats with these cards on top of its shoe."""
    config = TableConfig(table_id="bots-1", name="Bots", seats=2, rules=rules or Rules())
    return Table(config, ScriptedDealer(parse_cards(f"{cards} {NOTHING_SPECIAL}")))


def test_a_bot_without_a_seat_takes_one() -> None:
    assert next_call(seen(a_table()), user(1), Random(1)) == ("take_seat", {"table_id": "bots-1", "seat": 0})


def test_a_seated_bot_bets_within_the_limits_and_only_once() -> None:
    table = a_table().sit(1)
    call = next_call(seen(table), user(1), Random(1))
    assert call is not None
    assert call[0] == "place_bet"
    amount = call[1]["amount"]
    assert isinstance(amount, int)
    assert table.state.config.min_bet <= amount <= table.state.config.max_bet
    table.bet({1: amount})
    assert next_call(seen(table), user(1), Random(1)) is None


def test_a_bot_declines_insurance() -> None:
    table = a_table("TS AH 9S KD").sit(1).bet({1: 200})
    table.deal()
    call = next_call(seen(table), user(1), Random(1))
    assert call is not None
    assert call[1]["move"] == "decline_insurance"


def test_a_bot_plays_basic_strategy_on_its_turn() -> None:
    table = a_table("8S 6H 8D TD").sit(1).bet({1: 200})
    table.deal()
    call = next_call(seen(table), user(1), Random(1))
    assert call is not None
    assert (call[0], call[1]["move"], call[1]["cards"]) == ("act", "split", 2)


def test_a_bot_waits_while_the_round_is_settled() -> None:
    table = a_table("TS 6H TD TC 2S 3S").sit(1).bet({1: 200})
    table.deal()
    while table.state.phase.value == "playing":
        table.do(Expire())
    assert next_call(seen(table), user(1), Random(1)) is None
