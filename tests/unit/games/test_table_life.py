"""A table over time: seats, deadlines, the dealing, operators, and what comes after a round."""

import pytest
from msgspec.structs import replace

from economy.money import Money
from games.blackjack.commands import (
    Act,
    Change,
    ClearBet,
    Close,
    Deal,
    Kick,
    LeaveSeat,
    Open,
    PlaceBet,
    TakeSeat,
    Vacate,
    Void,
)
from games.blackjack.errors import AlreadySeated, BetOutOfRange, IllegalMove, NotYourTurn, TableIsClosed
from games.blackjack.events import ConfigChanged, Event, RoundStarted, SeatLeft, TimerSet
from games.blackjack.rules import Rules
from games.blackjack.state import TableState, stakes
from games.blackjack.terms import HandStatus, Move, OnTimeout, Phase
from tests.builders import Table, a_config, a_dealt_table, a_table, user

# ruff: noqa: SIM300 - expected stands before actual

STANDING = "TS 6D 9H TD KC"


def timer(events: tuple[Event, ...]) -> int | None:
    """What the deadline is set to: the last word counts."""
    return [event.ms for event in events if isinstance(event, TimerSet)][-1]


def players(state: TableState) -> list[str | None]:
    """Who sits where."""
    return [seat.user_id for seat in state.seats]


def settled() -> Table:
    """A table at which player 1 has just won."""
    table = a_dealt_table(STANDING)
    table.act(1, Move.STAND)
    return table


def test_the_first_player_opens_a_round_and_the_next_ones_join_it() -> None:
    table = a_table()
    events = table.do(TakeSeat(user_id="a", name="A"))
    assert (Phase.BETTING, "round-1", 1_000) == (table.state.phase, table.state.round_id, timer(events))
    table.do(TakeSeat(user_id="b", name="B"))
    assert ["a", "b", None] == players(table.state)
    assert table.state.round_id == "round-1"


def test_any_seat_is_the_first_free_one() -> None:
    table = a_table().sit(1, 3)
    table.do(TakeSeat(user_id="b", name="B"))
    assert [user(1), "b", user(3)] == players(table.state)


def test_already_seated_names_the_seat() -> None:
    table = a_table().sit(2)
    with pytest.raises(AlreadySeated) as refusal:
        table.do(TakeSeat(user_id=user(2), name="A", seat=1))
    assert {"seat": 2} == refusal.value.facts()


def test_the_last_player_who_leaves_while_betting_leaves_the_table_waiting() -> None:
    table = a_table().sit(1, 2).bet({2: 100})
    table.do(LeaveSeat(user_id=user(1)))
    assert table.state.phase is Phase.BETTING
    events = table.do(LeaveSeat(user_id=user(2)))
    assert (Phase.WAITING, None, None) == (table.state.phase, table.state.round_id, timer(events))
    assert stakes(table.state) == 0


def test_a_deadline_without_bets_starts_again_in_the_same_round() -> None:
    table = a_table().sit(1)
    events = table.expire()
    assert (TimerSet(ms=1_000),) == events
    assert table.state.round_id == "round-1"


def test_dealing_waits_for_every_seat_that_is_connected_and_for_no_other() -> None:
    table = a_table(STANDING).sit(1, 2).bet({1: 100})
    table.do(Deal(connected=frozenset({1})))
    assert table.state.phase is Phase.PLAYING
    assert () == table.state.seats[1].hands


def test_each_phase_has_its_own_time_and_each_move_a_new_one() -> None:
    table = a_table("5S 9S AD 6S 8H 9D 2C 3C").sit(1, 2).bet({1: 100, 2: 100})
    assert timer(table.deal()) == 3_000
    assert not [event for event in table.act(2, Move.INSURE) if isinstance(event, TimerSet)]
    assert timer(table.act(1, Move.DECLINE_INSURANCE)) == 2_000
    assert timer(table.act(1, Move.HIT)) == 2_000
    assert timer(table.act(1, Move.STAND)) == 2_000
    assert timer(table.act(2, Move.STAND)) == 4_000
    assert timer(table.expire()) == 1_000


def test_bets_out_of_range_name_the_limits() -> None:
    table = a_table().sit(1)
    with pytest.raises(BetOutOfRange) as refusal:
        table.bet({1: 100_001})
    assert {"min_bet": 1, "max_bet": 100_000} == refusal.value.facts()


def test_insurance_may_be_answered_in_any_order_and_once() -> None:
    table = a_dealt_table("5S 9S AD 6S 8H 9D", {1: 100, 2: 100})
    table.act(2, Move.INSURE)
    assert (Phase.INSURANCE, None) == (table.state.phase, table.state.turn)
    with pytest.raises(NotYourTurn):
        table.act(2, Move.DECLINE_INSURANCE)
    with pytest.raises(IllegalMove) as refusal:
        table.act(1, Move.HIT)
    assert {"moves": ["insure", "decline_insurance"]} == refusal.value.facts()
    table.act(1, Move.DECLINE_INSURANCE)
    assert [0, 50] == [seat.insurance for seat in table.state.seats[:2]]
    assert table.state.phase is Phase.PLAYING


def test_a_seat_whose_insurance_would_cost_nothing_is_not_waited_for() -> None:
    table = a_dealt_table("5S 9S AD 6S 8H 9D", {1: 1, 2: 100})
    with pytest.raises(NotYourTurn):
        table.act(1, Move.INSURE)
    table.act(2, Move.DECLINE_INSURANCE)
    assert [None, 0] == [seat.insurance for seat in table.state.seats[:2]]
    assert table.state.phase is Phase.PLAYING


def test_insurance_that_runs_out_is_declined() -> None:
    table = a_dealt_table("5S 9S AD 6S 8H 9D", {1: 100, 2: 100})
    table.act(2, Move.INSURE)
    table.expire()
    assert [("decline_insurance",), ("insure",)] == [seat.actions for seat in table.state.seats[:2]]
    assert table.state.phase is Phase.PLAYING


@pytest.mark.parametrize(
    ("cards", "on_timeout", "action"),
    [
        ("5S 6D 6H TD", OnTimeout.SAFE, "hit"),
        ("2S 6D 2H TD", OnTimeout.SAFE, "hit"),
        ("TS 6D 2H TD", OnTimeout.SAFE, "stand"),
        ("AS 6D 2H TD", OnTimeout.SAFE, "stand"),
        ("AS 6D AH TD", OnTimeout.SAFE, "stand"),
        ("5S 6D 6H TD", OnTimeout.STAND, "stand"),
        ("2S 6D 2H TD", OnTimeout.STAND, "stand"),
    ],
)
def test_a_turn_that_runs_out_follows_the_tables_policy(
    cards: str, on_timeout: OnTimeout, action: str
) -> None:
    table = a_table(cards)
    table.do(Change(config=replace(table.state.config, on_timeout=on_timeout)))
    table.sit(1).bet({1: 100}).deal()
    table.expire()
    assert (action,) == table.state.seats[0].actions


def test_a_split_ace_that_is_not_answered_stands() -> None:
    table = a_dealt_table("AS 6D AH TD AC 9S KC", rules=Rules(resplit_aces=True))
    table.act(1, Move.SPLIT)
    table.expire()
    assert table.state.phase is Phase.SETTLED
    assert ("split", "stand") == table.state.seats[0].actions


def test_a_round_is_played_to_the_end_when_nobody_answers() -> None:
    table = a_dealt_table("2S 3S AD 2H 3H 6D 4S 5S 6S 7S 8S", {1: 100, 2: 100})
    for _ in range(20):
        if table.state.phase is Phase.SETTLED:
            break
        table.expire()
    assert table.state.phase is Phase.SETTLED


def test_leaving_with_a_live_hand_frees_the_seat_after_the_round() -> None:
    table = a_dealt_table(STANDING)
    table.do(LeaveSeat(user_id=user(1)))
    assert () == table.do(LeaveSeat(user_id=user(1)))
    table.act(1, Move.STAND)
    assert user(1) in players(table.state)
    table.expire()
    assert (Phase.WAITING, [None] * 3) == (table.state.phase, players(table.state))


def test_one_who_leaves_and_sits_down_again_stays() -> None:
    table = a_dealt_table(STANDING)
    table.do(LeaveSeat(user_id=user(1)), TakeSeat(user_id=user(1), name="A"))
    table.act(1, Move.STAND)
    table.expire()
    assert (Phase.BETTING, user(1)) == (table.state.phase, table.state.seats[0].user_id)


def test_a_bet_that_is_placed_is_played_for_one_who_went_away() -> None:
    table = a_table(STANDING).sit(1).bet({1: 100})
    table.do(Vacate(user_id=user(1)))
    assert stakes(table.state) == 100
    phases = []
    for _ in range(3):
        table.expire()
        phases.append(table.state.phase)
    assert [Phase.PLAYING, Phase.SETTLED, Phase.WAITING] == phases


@pytest.mark.parametrize(
    "command",
    [
        PlaceBet(user_id=user(1), amount=Money(50)),
        ClearBet(user_id=user(1)),
        TakeSeat(user_id=user(1), name="A"),
    ],
)
def test_one_who_is_back_before_the_deal_stays(command: PlaceBet | ClearBet | TakeSeat) -> None:
    table = a_table(STANDING).sit(1).bet({1: 100})
    table.do(Vacate(user_id=user(1)))
    table.do(command)
    assert not table.state.seats[0].is_leaving


def test_a_seat_left_while_the_result_is_shown_is_free_at_once() -> None:
    table = settled()
    table.do(LeaveSeat(user_id=user(1)))
    assert (Phase.SETTLED, [None] * 3) == (table.state.phase, players(table.state))
    table.do(TakeSeat(user_id="b", name="B", seat=1))
    assert () == table.state.seats[0].hands
    table.expire()
    assert (Phase.BETTING, "b") == (table.state.phase, table.state.seats[0].user_id)


def test_one_who_sits_down_in_mid_round_plays_the_next_one() -> None:
    table = a_dealt_table(STANDING)
    table.sit(2)
    table.act(1, Move.STAND)
    assert table.state.phase is Phase.SETTLED
    table.expire()
    table.bet({2: 100})
    assert stakes(table.state) == 100


def test_a_kicked_player_plays_the_live_hand_out() -> None:
    table = a_dealt_table(STANDING)
    table.do(Kick(seat=1))
    table.act(1, Move.STAND)
    table.expire()
    assert table.state.phase is Phase.WAITING


def test_the_next_round_has_nothing_of_the_last_one() -> None:
    table = settled()
    table.expire()
    seat = table.state.seats[0]
    assert (0, None, (), ()) == (seat.bet, seat.insurance, seat.hands, seat.actions)
    assert ((), None, "round-2") == (table.state.dealer, table.state.hole, table.state.round_id)


def test_a_table_closes_after_the_round_in_play() -> None:
    table = a_dealt_table(STANDING)
    table.do(Close())
    with pytest.raises(TableIsClosed):
        table.do(TakeSeat(user_id="b", name="B"))
    table.act(1, Move.STAND)
    events = table.expire()
    assert (Phase.CLOSED, None, [None] * 3) == (table.state.phase, timer(events), players(table.state))
    assert table.state.round_id is None
    table.do(Open())
    assert (Phase.WAITING, False) == (table.state.phase, table.state.is_closing)


def test_closing_can_be_taken_back() -> None:
    table = a_dealt_table(STANDING)
    table.do(Close(), Open())
    table.act(1, Move.STAND)
    table.expire()
    assert table.state.phase is Phase.BETTING


def test_a_table_that_closes_while_betting_gives_the_bets_back() -> None:
    table = a_table().sit(1, 2).bet({1: 100, 2: 50})
    table.do(Close())
    assert (Phase.CLOSED, 0, [None] * 3) == (table.state.phase, stakes(table.state), players(table.state))


def test_voided_bets_open_a_new_round_from_a_new_shoe() -> None:
    table = a_table().sit(1, 2).bet({1: 100})
    table.do(Vacate(user_id=user(1)))
    table.do(Void(reason="test"))
    assert (Phase.BETTING, "round-2", 2) == (
        table.state.phase,
        table.state.round_id,
        table.state.shoe_number,
    )
    assert (0, [None, user(2), None]) == (stakes(table.state), players(table.state))


def test_a_voided_round_shows_its_pause_and_goes_on_with_a_new_shoe() -> None:
    table = a_dealt_table("5S 9S AD 6S 8H KD", {1: 100, 2: 100})
    events = table.do(Void(reason="test"))
    assert (Phase.SETTLED, 4_000) == (table.state.phase, timer(events))
    assert table.state.hole is not None
    table.expire()
    assert (Phase.BETTING, 2, 0) == (table.state.phase, table.state.shoe_number, table.state.position)


def test_a_change_waits_for_the_next_round() -> None:
    table = a_dealt_table(STANDING)
    new = replace(a_config(), min_bet=Money(500), name="High")
    table.do(Change(config=new))
    table.act(1, Move.STAND)
    assert table.state.config.min_bet == 1
    table.expire()
    assert (new, None) == (table.state.config, table.state.pending_config)


def test_a_change_at_an_idle_table_comes_with_a_new_round() -> None:
    table = a_table().sit(1)
    table.do(Change(config=replace(a_config(), min_bet=Money(500))))
    with pytest.raises(BetOutOfRange) as refusal:
        table.bet({1: 100_001})
    assert refusal.value.min_bet == 1
    events = table.expire()
    assert [ConfigChanged, RoundStarted, TimerSet] == [type(event) for event in events]
    assert (500, "round-2") == (table.state.config.min_bet, table.state.round_id)


def test_the_latest_change_counts() -> None:
    table = a_dealt_table(STANDING)
    for name in ("One", "Two"):
        table.do(Change(config=replace(a_config(), name=name)))
    table.act(1, Move.STAND)
    table.expire()
    assert table.state.config.name == "Two"


def test_fewer_seats_send_away_who_sits_in_the_others() -> None:
    table = a_dealt_table("TS 9S 6D 9H 8H TD KC", {1: 100, 3: 100})
    table.do(Change(config=replace(a_config(), seats=2)))
    table.act(1, Move.STAND)
    table.act(3, Move.STAND)
    events = table.expire()
    assert SeatLeft(seat=3, user_id=user(3)) in events
    assert [user(1), None] == players(table.state)
    table.do(Change(config=replace(a_config(), seats=7)))
    table.expire()
    assert [user(1), *[None] * 6] == players(table.state)


def test_a_hand_that_has_changed_is_not_moved_twice() -> None:
    table = a_dealt_table("2S 6D 2H TD 3C")
    twice = Act(user_id=user(1), round_id="round-1", hand=0, move=Move.HIT, cards=2)
    table.do(twice)
    before = table.state
    with pytest.raises(Exception, match="moved on"):
        table.do(twice)
    assert before is table.state
    assert table.state.seats[0].hands[0].status is HandStatus.PLAYING
