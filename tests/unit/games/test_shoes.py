"""Shoes at a table: the cut card, client seeds and commitments, shoes that run out in mid-round."""

import pytest
from msgspec.structs import replace

from economy.money import Money
from games.blackjack.commands import Change, Close, Open, SetClientSeed, Void
from games.blackjack.events import Event, ShoeFinished, ShoeStarted
from games.blackjack.history import round_record
from games.blackjack.rules import Rules, cut_card
from games.blackjack.state import HoleCard, TableConfig
from games.blackjack.terms import Move, Phase
from games.cards import parse_cards
from games.shoe import ScriptedDealer
from tests.builders import ShuffledDealer, Table, a_config, user

# ruff: noqa: SIM300 - expected stands before actual


def a_round(table: Table) -> list[Event]:
    """A round in which everybody bets and stands; gives all its events, the start of the next one too."""
    seated = [seat for seat, held in enumerate(table.state.seats, start=1) if held.user_id]
    table.bet(dict.fromkeys(seated, 1))
    events = list(table.deal())
    while table.state.phase is not Phase.SETTLED:
        assert table.state.turn is not None
        events += table.act(table.state.turn.seat, Move.STAND)
    return events + list(table.expire())


def finished(events: list[Event]) -> list[int]:
    """The shoes that may be revealed."""
    return [event.shoe_number for event in events if isinstance(event, ShoeFinished)]


def test_a_shoe_ends_after_the_round_in_which_its_cut_card_comes_out() -> None:
    rules = Rules(decks=1, penetration=0.5)
    table = Table(a_config(rules=rules), ShuffledDealer(3)).sit(1, 2, 3)
    events: list[Event] = []
    while table.state.shoe_number == 1:
        position = table.state.position
        assert position < cut_card(rules, 1)
        events = a_round(table)
    assert [1] == finished(events)
    names = [type(event).__name__ for event in events[-6:]]
    assert ["RoundSettled", "ShoeFinished", "TimerSet", "ShoeStarted", "RoundStarted", "TimerSet"] == names
    assert (2, 0, 0) == (table.state.shoe_number, table.state.position, table.state.first_card)


def test_the_next_commitment_becomes_the_commitment_and_never_changes() -> None:
    table = Table(a_config(rules=Rules(decks=1, penetration=0.5)), ShuffledDealer(4)).sit(1, 2, 3)
    for _ in range(5):
        number, promised = table.state.shoe_number, table.state.next_commitment
        while table.state.shoe_number == number:
            assert promised == table.state.next_commitment
            a_round(table)
        assert (number + 1, promised) == (table.state.shoe_number, table.state.commitment)
        assert promised != table.state.next_commitment


def test_a_client_seed_counts_for_the_next_shoe_and_for_no_other() -> None:
    table = Table(a_config(rules=Rules(decks=1, penetration=0.5)), ShuffledDealer(4)).sit(1, 2, 3)
    table.do(SetClientSeed(user_id=user(2), client_seed="first"))
    table.do(SetClientSeed(user_id=user(2), client_seed="lucky"))
    assert ("", "", "") == table.state.client_seeds
    for number, seeds in ((2, ("", "lucky", "")), (3, ("", "", ""))):
        while table.state.shoe_number < number:
            a_round(table)
        assert seeds == table.state.client_seeds


def test_a_shoe_that_runs_out_in_mid_round_goes_on_with_the_next_one() -> None:
    # Eleven rounds of four cards each, 20 against 20, leave eight cards; the cut card lies at 46.
    eleven_rounds = "TS TD TH TC " * 11
    rest_of_shoe_1 = "2S 6D 2H 5H 2C 2D 3S 3H "
    dealer = ShuffledDealer(1)
    dealer.replace(1, ("", ""), parse_cards(eleven_rounds + rest_of_shoe_1))
    dealer.replace(2, ("mine", ""), parse_cards("3C TD " + "8S " * 50))
    table = Table(a_config(rules=Rules(decks=1, penetration=0.9), seats=2), dealer).sit(1)
    table.do(SetClientSeed(user_id=user(1), client_seed="mine"))
    for _ in range(11):
        a_round(table)
    table.bet({1: 1}).deal()
    events = [event for _ in range(5) for event in table.act(1, Move.HIT)]
    assert [("mine", "")] == [event.client_seeds for event in events if isinstance(event, ShoeStarted)]
    assert HoleCard(1, 47) == table.state.hole
    assert [] == finished(events)
    assert [1] == finished(list(table.act(1, Move.STAND)))
    assert parse_cards("6D 5H TD") == table.state.dealer
    record = round_record(table.state, dealer)
    assert [(1, 44, 8), (2, 0, 2)] == [
        (shoe.shoe_number, shoe.first_card, shoe.cards) for shoe in record.shoes
    ]
    assert [*rest_of_shoe_1.split(), "3C", "TD"] == list(record.cards)
    table.expire()
    assert (2, 2, 2) == (table.state.shoe_number, table.state.position, table.state.first_card)


def test_a_shoe_that_runs_out_while_it_is_dealt_goes_on_with_the_next_one() -> None:
    cards = "TS TD TH TC " * 11 + "9S " + "2S 3S 4S 5S 6S 7S 8S" + " 8D 9D TD JD QD KD 9C 8C 7C"
    dealer = ScriptedDealer(parse_cards(cards + " 2H" * 40))
    table = Table(a_config(rules=Rules(decks=1, penetration=0.9), seats=7), dealer).sit(1)
    for _ in range(11):
        a_round(table)
    table.sit(*range(2, 8)).bet(dict.fromkeys(range(1, 8), 1)).deal()
    assert parse_cards("8S") == table.state.dealer
    assert [
        parse_cards(pair) for pair in ("9S 8D", "2S 9D", "3S TD", "4S JD", "5S QD", "6S KD", "7S 9C")
    ] == [seat.hands[0].cards for seat in table.state.seats]
    assert HoleCard(2, 7) == table.state.hole
    assert (2, 8) == (table.state.shoe_number, table.state.position)


@pytest.mark.parametrize(
    "config",
    [
        replace(a_config(), rules=Rules(decks=2)),
        replace(a_config(), rules=Rules(penetration=0.76)),
        replace(a_config(), seats=4),
        replace(a_config(), seats=2),
    ],
)
def test_other_rules_or_seats_bring_a_new_shoe_with_the_next_round(config: TableConfig) -> None:
    table = Table(a_config(), ShuffledDealer(1)).sit(1)
    table.do(Change(config=config))
    promised = table.state.next_commitment
    events = a_round(table)
    assert [1] == finished(events)
    assert (2, promised) == (table.state.shoe_number, table.state.commitment)
    assert (config.rules.decks, config.seats) == (table.state.decks, len(table.state.client_seeds))


def test_limits_and_times_change_without_a_new_shoe() -> None:
    table = Table(a_config(), ShuffledDealer(1)).sit(1)
    table.do(Change(config=replace(a_config(), max_bet=Money(500), turn_ms=9_000, name="Other")))
    assert [] == finished(a_round(table))
    assert (1, 500) == (table.state.shoe_number, table.state.config.max_bet)


def test_whoever_sets_the_rules_can_not_choose_among_orders_after_a_player_gave_a_seed() -> None:
    table = Table(a_config(), ShuffledDealer(1)).sit(1, 3)
    table.do(SetClientSeed(user_id=user(3), client_seed="mine"))
    table.do(Change(config=replace(a_config(), rules=Rules(decks=2), seats=2)))
    events = a_round(table)
    started = [event for event in events if isinstance(event, ShoeStarted)]
    assert [(2, 6, ("", "", "mine")), (3, 2, ("", ""))] == [
        (shoe.shoe_number, shoe.decks, shoe.client_seeds) for shoe in started
    ]
    assert [1, 2] == finished(events)
    assert (3, 2) == (table.state.shoe_number, table.state.decks)


def test_other_rules_count_at_once_at_an_empty_table() -> None:
    table = Table(a_config(), ShuffledDealer(1))
    events = table.do(Change(config=replace(a_config(), rules=Rules(decks=1))))
    assert [1] == finished(list(events))
    assert (2, 1) == (table.state.shoe_number, table.state.decks)


def test_closing_a_table_ends_a_shoe_that_was_used() -> None:
    table = Table(a_config(), ShuffledDealer(1)).sit(1)
    a_round(table)
    assert [1] == finished(list(table.do(Close())))
    assert (Phase.CLOSED, 2, 0) == (table.state.phase, table.state.shoe_number, table.state.position)
    table.do(Open())
    assert [] == finished(list(table.do(Close())))
    assert 2 == table.state.shoe_number


def test_a_voided_round_ends_its_shoe() -> None:
    table = Table(a_config(), ScriptedDealer(parse_cards("5S 6D 6H TD"))).sit(1).bet({1: 1})
    table.deal()
    assert [1] == finished(list(table.do(Void(reason="test"))))
    assert table.state.is_shoe_finished
