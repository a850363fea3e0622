"""What a watcher sees of a table, as it is written."""

import json

import msgspec

from games.blackjack.commands import Close
from games.blackjack.moves import legal_moves
from games.blackjack.presets import PresetName
from games.blackjack.rules import Rules
from games.blackjack.terms import Move, Phase
from games.blackjack.view import TableView, TurnView, summary, view
from tests.builders import Table, a_dealt_table, a_table

# ruff: noqa: SIM300 - expected stands before actual

DEADLINE = "2026-01-01T00:00:00Z"


def shown(table: Table) -> TableView:
    """The view of a table at version 7, a second before its deadline."""
    return view(table.state, version=7, deadline=DEADLINE, deadline_ms=1_000)


def test_a_view_is_written_as_agreed() -> None:
    table = a_dealt_table("8S AD 8H KH 3D 5C", {1: 101}, seats=2)
    commitments = {"commitment": f"{1:064x}", "next_commitment": f"{2:064x}"}
    assert {
        "table_id": "test-1",
        "name": "Test",
        "game": "blackjack",
        "version": 7,
        "phase": "insurance",
        "deadline": DEADLINE,
        "deadline_ms": 1_000,
        "rules": {
            "decks": 6,
            "dealer_hits_soft_17": False,
            "blackjack_pays": "3:2",
            "double": "any",
            "double_after_split": True,
            "max_hands": 4,
            "resplit_aces": False,
            "hit_split_aces": False,
            "split_by": "value",
            "surrender": "late",
            "insurance": True,
            "dealer_peeks": True,
            "penetration": 0.75,
        },
        "preset": {"name": "house", "title": "House rules"},
        "min_bet": 1,
        "max_bet": 100_000,
        "hints": True,
        "round_id": "round-1",
        "shoe_number": 1,
        **commitments,
        "cards_left": 308,
        "dealer": {"cards": ["AD", "??"], "total": 11, "soft": True},
        "turn": None,
        "seats": [
            {
                "seat": 1,
                "player": {"user_id": "user-1", "name": "Player 1"},
                "bet": 101,
                "insurance": None,
                "hands": [
                    {
                        "cards": ["8S", "8H"],
                        "total": 16,
                        "soft": False,
                        "bet": 101,
                        "status": "playing",
                        "doubled": False,
                        "outcome": None,
                        "payout": None,
                    }
                ],
            },
            {"seat": 2, "player": None, "bet": 0, "insurance": None, "hands": []},
        ],
    } == json.loads(msgspec.json.encode(shown(table)))


def test_the_turn_shows_the_moves_and_the_bet_of_a_doubled_hand_is_the_doubled_stake() -> None:
    table = a_dealt_table("8S 6D 8H TD 3D TC 5C", {1: 101})
    assert ["hit", "stand", "double", "split", "surrender"] == list(_turn(table).moves)
    table.act(1, Move.SPLIT)
    assert ["hit", "stand", "double"] == list(_turn(table).moves)
    table.act(1, Move.DOUBLE)
    assert (1, 1) == (_turn(table).seat, _turn(table).hand)
    hands = shown(table).seats[0].hands
    assert [(202, True, "doubled"), (101, False, "playing")] == [
        (hand.bet, hand.doubled, hand.status.value) for hand in hands
    ]
    assert shown(table).seats[0].bet == 101


def _turn(table: Table) -> TurnView:
    turn = shown(table).turn
    assert turn is not None
    return turn


def test_moves_are_those_of_the_seat_that_is_asked() -> None:
    table = a_dealt_table("TS 9S AD 9H 9D 6D", {1: 100, 2: 1})
    assert [(Move.INSURE, Move.DECLINE_INSURANCE), (), ()] == [
        legal_moves(table.state, seat) for seat in (1, 2, 3)
    ]
    table.act(1, Move.INSURE)
    assert (Move.HIT, Move.STAND, Move.DOUBLE, Move.SURRENDER) == legal_moves(table.state, 1)
    assert () == legal_moves(table.state, 2)


def test_the_dealers_cards_are_shown_when_the_round_is_settled() -> None:
    table = a_dealt_table("TS AD 9H 6D TC")
    table.act(1, Move.INSURE)
    table.act(1, Move.STAND)
    dealer = shown(table).dealer
    assert (("AD", "6D"), 17, True) == (dealer.cards, dealer.total, dealer.soft)
    hand = shown(table).seats[0].hands[0]
    assert ("win", 200) == (hand.outcome, hand.payout)
    assert 50 == shown(table).seats[0].insurance


def test_a_table_without_a_deadline_shows_none() -> None:
    table = a_table()
    for phase in (Phase.WAITING, Phase.CLOSED):
        seen = shown(table)
        assert (phase, None, None) == (seen.phase, seen.deadline, seen.deadline_ms)
        table.do(Close())


def test_an_empty_table_has_no_cards() -> None:
    dealer = shown(a_table()).dealer
    assert ((), 0, False) == (dealer.cards, dealer.total, dealer.soft)


def test_a_summary_counts_seats_players_and_watchers() -> None:
    table = a_table(seats=5).sit(2, 4)
    seen = summary(table.state, watchers=9)
    assert (Phase.BETTING, 5, 2, 9) == (seen.phase, seen.seats, seen.players, seen.watchers)
    assert {
        "table_id", "name", "game", "phase", "seats", "players", "watchers",
        "min_bet", "max_bet", "rules", "preset", "hints",
    } == set(json.loads(msgspec.json.encode(seen)))  # fmt: skip


def test_rules_without_a_name_are_shown_without_one() -> None:
    table = a_table(rules=Rules(decks=5))
    assert (None, None) == (shown(table).preset, summary(table.state, watchers=0).preset)


def test_rules_with_a_name_are_shown_with_it() -> None:
    table = a_table(rules=Rules(decks=8))
    expected = PresetName(name="atlantic-city", title="Atlantic City")
    assert (expected, expected) == (shown(table).preset, summary(table.state, watchers=0).preset)
