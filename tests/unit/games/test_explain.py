"""Refusals in words: the seat, what it asked for, and what would be right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from economy.money import Money
from games.blackjack.commands import (
    Act,
    ClearBet,
    Close,
    Command,
    Kick,
    LeaveSeat,
    Open,
    PlaceBet,
    TakeSeat,
    Void,
)
from games.blackjack.decide import decide, decide_and_evolve
from games.blackjack.errors import RuleViolation
from games.blackjack.explain import explain, lacking
from games.blackjack.state import TableConfig, new_table
from games.blackjack.terms import Move
from tests.builders import ShuffledDealer, Table, a_dealt_table, a_table, user
from tests.unit.games.walks import any_command, any_config

# ruff: noqa: SIM300 - expected stands before actual


def why(table: Table, command: Command) -> str:
    """What the one who asks for this is told."""
    with pytest.raises(RuleViolation) as refusal:
        decide(table.state, command, table.dealer)
    return explain(refusal.value, table.state, command)


def act(table: Table, seat: int, move: Move, *, hand: int = 0, cards: int | None = None) -> Act:
    """A move in the round in play."""
    round_id = table.state.round_id or ""
    return Act(user_id=user(seat), round_id=round_id, hand=hand, move=move, cards=cards)


def two_at_a_table() -> Table:
    """Seat 1 has a pair of eights and the turn, seat 3 has a twenty."""
    return a_dealt_table("8S TS 6D 8H TH TD", {1: 100, 3: 100})


def test_an_illegal_move_says_the_seat_the_move_and_the_legal_ones() -> None:
    table = a_dealt_table("TS 6D 9H TD")
    assert "Seat 1 cannot split here: hit, stand, double or surrender." == why(
        table, act(table, 1, Move.SPLIT)
    )


def test_an_illegal_move_of_one_of_several_hands_says_which_hand() -> None:
    table = a_dealt_table("8S 6D 8H TD 3C")
    table.act(1, Move.SPLIT)
    assert "Seat 1 cannot surrender the first hand here: hit, stand or double." == why(
        table, act(table, 1, Move.SURRENDER)
    )


def test_a_move_where_insurance_is_asked_for_says_so() -> None:
    table = a_dealt_table("TS AD 9H TD")
    assert "Seat 1 cannot hit here: insure or decline insurance." == why(table, act(table, 1, Move.HIT))


def test_a_turn_of_somebody_else_is_named() -> None:
    table = two_at_a_table()
    assert "It is seat 1's turn, not seat 3's." == why(table, act(table, 3, Move.STAND))


def test_another_hand_than_the_one_in_play_is_named() -> None:
    table = two_at_a_table()
    table.act(1, Move.SPLIT)
    assert "Seat 1 plays its first hand now, not its second hand." == why(
        table, act(table, 1, Move.STAND, hand=1)
    )


def test_a_seat_without_a_hand_is_told_so() -> None:
    table = a_table("TS 6D 9H TD").sit(1, 2).bet({1: 100})
    table.expire()
    assert "Seat 2 has no hand in this round." == why(table, act(table, 2, Move.HIT))


def test_an_insurance_that_is_answered_is_not_asked_again() -> None:
    table = a_dealt_table("8S TS AD 8H TH TD", {1: 100, 3: 100})
    table.act(1, Move.DECLINE_INSURANCE)
    assert "Seat 1 has answered, or has nothing to insure; others are still asked." == why(
        table, act(table, 1, Move.INSURE)
    )


def test_a_move_before_the_deal_and_after_the_end_says_where_the_round_stands() -> None:
    table = a_table("TS 6D 9H TD KC").sit(1)
    assert "Bets are taken now: the cards are not dealt yet." == why(table, act(table, 1, Move.HIT))
    table.bet({1: 100}).deal()
    table.act(1, Move.STAND)
    assert "The round is settled: nothing more is asked." == why(table, act(table, 1, Move.HIT))


def test_a_move_on_what_was_not_seen_says_what_has_changed() -> None:
    table = a_dealt_table("5S 6D 4H TD 2C")
    table.act(1, Move.HIT)
    assert "Seat 1's first hand has 3 cards, not 2." == why(table, act(table, 1, Move.HIT, cards=2))
    assert "Seat 1 has no third hand." == why(table, act(table, 1, Move.HIT, hand=2, cards=2))
    over = Act(user_id=user(1), round_id="another", hand=0, move=Move.HIT)
    assert "The round that this move is for is over." == why(table, over)


def test_a_bet_out_of_range_says_the_limits() -> None:
    table = a_table().sit(1)
    assert "Bets at this table go from 0.01 to 1,000.00." == why(
        table, PlaceBet(user_id=user(1), amount=Money(100_001))
    )


def test_a_bet_at_the_wrong_time_says_when() -> None:
    table = a_dealt_table("TS 6D 9H TD KC")
    bet = PlaceBet(user_id=user(1), amount=Money(100))
    assert "The cards are dealt: the next bets are taken after this round." == why(table, bet)
    table.act(1, Move.STAND)
    assert "The round is being paid: the next bets are taken in a moment." == why(table, bet)
    late = ClearBet(user_id=user(1), round_id="another")
    assert "The round that this bet is for is over." == why(table, late)


@pytest.mark.parametrize(
    ("seat", "words"),
    [
        (2, "Seat 2 is taken."),
        (9, "This table has the seats 1 to 3."),
    ],
)
def test_a_seat_that_can_not_be_taken_says_why(seat: int, words: str) -> None:
    table = a_table().sit(2)
    assert words == why(table, TakeSeat(user_id="guest", name="Guest", seat=seat))


def test_a_full_table_and_a_second_seat_are_told_apart() -> None:
    table = a_table().sit(1, 2, 3)
    assert "Every seat of this table is taken." == why(table, TakeSeat(user_id="guest", name="Guest"))
    assert "You have seat 2 at this table." == why(table, TakeSeat(user_id=user(2), name="Two", seat=3))


def test_a_table_that_is_to_close_seats_nobody() -> None:
    table = a_dealt_table("TS 6D 9H TD")
    table.do(Close())
    assert "The table closes after this round: nobody is seated any more." == why(
        table, TakeSeat(user_id="guest", name="Guest")
    )


def test_who_has_no_seat_is_told_in_the_refusals_own_words() -> None:
    table = a_table().sit(1)
    assert "You have no seat at this table." == why(table, LeaveSeat(user_id="guest"))
    assert "You have no seat at this table." == why(table, act(table, 2, Move.HIT))


def test_an_operator_is_not_spoken_to_like_a_player() -> None:
    table = a_table().sit(1)
    assert "Seat 2 is empty: there is nobody to send away." == why(table, Kick(seat=2))
    assert "There is no seat 7: this table has the seats 1 to 3." == why(table, Kick(seat=7))
    table.do(LeaveSeat(user_id=user(1)))
    assert "There is no round to void: the table is in phase waiting." == why(table, Void(reason="test"))
    table.do(Close())
    assert "The table is closed: nobody has a seat." == why(table, Kick(seat=1))
    assert "There is no round to void: the table is in phase closed." == why(table, Void(reason="test"))
    table.do(Open())


def test_funds_that_are_lacking_say_for_what_and_what_is_free() -> None:
    table = two_at_a_table()
    assert "Seat 1 cannot double: the balance does not cover 1.00 more; hit, stand or surrender." == lacking(
        table.state, act(table, 1, Move.DOUBLE)
    )
    insured = a_dealt_table("TS AD 9H TD", {1: 1_001})
    assert "Seat 1 cannot insure: the balance does not cover 5.00 more; decline insurance." == lacking(
        insured.state, act(insured, 1, Move.INSURE)
    )
    bet = PlaceBet(user_id=user(1), amount=Money(123_456))
    assert "The balance does not cover a bet of 1,234.56." == lacking(a_table().sit(1).state, bet)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    config=any_config,
    other=any_config,
    seed=st.integers(0, 999),
    choices=st.lists(st.integers(0, 27_999), min_size=20, max_size=80),
)
def test_every_refusal_of_any_command_is_put_into_words(
    config: TableConfig, other: TableConfig, seed: int, choices: list[int]
) -> None:
    dealer = ShuffledDealer(seed)
    state = new_table(config, commitment="c1", next_commitment="c2")
    for number in choices:
        command = any_command(state, number, other)
        try:
            state = decide_and_evolve(state, command, dealer)[1]
        except RuleViolation as refusal:
            words = explain(refusal, state, command)
            assert words.endswith(".")
            assert "None" not in words
            assert isinstance(command, Kick) or "seat 0" not in words.lower()
