"""What hands win, to the cent, and which money moves for it."""

import pytest

from economy.money import Money
from games.blackjack.commands import ClearBet, LeaveSeat, PlaceBet, Void
from games.blackjack.events import Event
from games.blackjack.hand import score
from games.blackjack.rules import BlackjackPays, Rules
from games.blackjack.settle import (
    Flow,
    Movement,
    Reason,
    SettledStake,
    dealer_end,
    hand_result,
    movements,
    settled_stakes,
)
from games.blackjack.state import Hand, TableState, stakes
from games.blackjack.terms import HandStatus, Move, Outcome
from games.cards import parse_cards
from tests.builders import Table, a_dealt_table, a_table, user

# ruff: noqa: SIM300 - expected stands before actual

STOOD, BUSTED, DOUBLED = HandStatus.STOOD, HandStatus.BUSTED, HandStatus.DOUBLED
SURRENDERED, BLACKJACK = HandStatus.SURRENDERED, HandStatus.BLACKJACK
NATURAL = "AS KD"


@pytest.mark.parametrize(
    ("status", "cards", "dealer", "bet", "outcome", "payout"),
    [
        (STOOD, "TS 9H", "TD 8C", 100, Outcome.WIN, 200),
        (STOOD, "TS 9H", "TD 9C", 100, Outcome.PUSH, 100),
        (STOOD, "TS 9H", "TD QC", 100, Outcome.LOSE, 0),
        (STOOD, "TS 2H", "TD 6C KD", 100, Outcome.WIN, 200),
        (STOOD, "7S 7H 7D", NATURAL, 100, Outcome.LOSE, 0),
        (STOOD, "AS KH", NATURAL, 100, Outcome.LOSE, 0),
        (STOOD, "AS KH", "7D 7C 7H", 100, Outcome.PUSH, 100),
        (DOUBLED, "5S 6H TD", "TD 8C", 200, Outcome.WIN, 400),
        (DOUBLED, "5S 6H 2D", "TD 8C", 200, Outcome.LOSE, 0),
        (DOUBLED, "5S 6H 7D", "TD 8C", 200, Outcome.PUSH, 200),
        (DOUBLED, "5S 6H TD", NATURAL, 200, Outcome.LOSE, 0),
        (BUSTED, "TS 6H TD", "TD 6C KD", 100, Outcome.LOSE, 0),
        (BUSTED, "TS 6H TD", NATURAL, 100, Outcome.LOSE, 0),
        (SURRENDERED, "TS 6H", "TD 8C", 100, Outcome.SURRENDER, 50),
        (SURRENDERED, "TS 6H", "TD 8C", 1001, Outcome.SURRENDER, 500),
        (SURRENDERED, "TS 6H", "TD 8C", 1, Outcome.SURRENDER, 0),
        (SURRENDERED, "TS 6H", NATURAL, 100, Outcome.LOSE, 0),
        (BLACKJACK, "AS KH", "TD 8C", 100, Outcome.BLACKJACK, 250),
        (BLACKJACK, "AS KH", "7D 7C 7H", 100, Outcome.BLACKJACK, 250),
        (BLACKJACK, "AS KH", "9D", 100, Outcome.BLACKJACK, 250),
        (BLACKJACK, "AS KH", NATURAL, 100, Outcome.PUSH, 100),
        (BLACKJACK, "AS KH", NATURAL, 1, Outcome.PUSH, 1),
    ],
)
def test_a_hand_ends_and_pays(
    status: HandStatus, cards: str, dealer: str, bet: int, outcome: Outcome, payout: int
) -> None:
    hand = Hand(cards=parse_cards(cards), bet=Money(bet), status=status)
    assert (outcome, payout) == _ended(Rules(), hand, dealer)


def _ended(rules: Rules, hand: Hand, dealer: str) -> tuple[Outcome, int]:
    return hand_result(rules, hand.status, score(hand.cards).total, hand.bet, dealer_end(parse_cards(dealer)))


@pytest.mark.parametrize(
    ("pays", "bet", "won"),
    [
        ("3:2", 5, 7),
        ("3:2", 1, 1),
        ("3:2", 2, 3),
        ("3:2", 1001, 1501),
        ("6:5", 5, 6),
        ("6:5", 4, 4),
        ("6:5", 1, 1),
        ("6:5", 1001, 1201),
        ("1:1", 1001, 1001),
        ("3:2", 10**12, 15 * 10**11),
    ],
)
def test_a_blackjack_wins_its_odds_rounded_down(pays: str, bet: int, won: int) -> None:
    hand = Hand(cards=parse_cards("AS KH"), bet=Money(bet), status=BLACKJACK)
    rules = Rules(blackjack_pays=BlackjackPays(pays))
    assert (Outcome.BLACKJACK, bet + won) == _ended(rules, hand, "TD 8C")


def moved(before: TableState, events: tuple[Event, ...]) -> list[tuple[object, ...]]:
    """The movements as plain tuples: kind, amount, reason, seat."""
    return [
        (movement.kind.value, movement.amount, movement.reason.value, movement.seat)
        for movement in movements(before, events)
    ]


def bet(table: Table, seat: int, amount: int) -> list[tuple[object, ...]]:
    """What moves when a seat's stake is set."""
    before = table.state
    return moved(before, table.do(PlaceBet(user_id=user(seat), amount=Money(amount))))


def test_a_changed_bet_moves_the_difference() -> None:
    table = a_table().sit(1)
    assert [("stake", 300, "bet", 1)] == bet(table, 1, 300)
    assert [("stake", 200, "bet", 1)] == bet(table, 1, 500)
    assert [("return", 400, "bet", 1)] == bet(table, 1, 100)
    assert [] == bet(table, 1, 100)
    assert stakes(table.state) == 100


def test_a_cleared_bet_comes_back() -> None:
    table = a_table().sit(1).bet({1: 300})
    before = table.state
    assert [("return", 300, "bet_cleared", 1)] == moved(before, table.do(ClearBet(user_id=user(1))))
    assert [] == moved(table.state, table.do(ClearBet(user_id=user(1))))


def test_leaving_while_betting_brings_the_stake_back() -> None:
    table = a_table().sit(1, 2).bet({1: 300})
    before = table.state
    assert [("return", 300, "bet_cleared", 1)] == moved(before, table.do(LeaveSeat(user_id=user(1))))


def test_a_movement_names_its_user_and_a_bank_movement_nobody() -> None:
    table = a_dealt_table("TS 6D 9H TD KC", {1: 100})
    before = table.state
    events = table.act(1, Move.STAND)
    assert (
        Movement(Flow.FROM_BANK, Money(100), Reason.SETTLED),
        Movement(Flow.RETURN, Money(200), Reason.SETTLED, 1, "user-1"),
    ) == movements(before, events)


def test_insurance_doubles_and_splits_are_staked_when_they_are_made() -> None:
    table = a_dealt_table("8S AD 8H 5C 3D TC 2D KS TH", {1: 101})
    before = table.state
    assert [("stake", 50, "insurance", 1)] == moved(before, table.act(1, Move.INSURE))
    before = table.state
    assert [("stake", 101, "split", 1)] == moved(before, table.act(1, Move.SPLIT))
    before = table.state
    assert [("stake", 101, "double", 1)] == moved(before, table.act(1, Move.DOUBLE))
    assert stakes(table.state) == 50 + 3 * 101


def test_a_settlement_moves_the_bank_once_and_pays_each_winning_seat_once() -> None:
    table = a_dealt_table("TS 9S AS 6D TH 8H KH TD TC", {1: 100, 2: 60, 3: 50})
    table.act(1, Move.STAND)
    before = table.state
    events = table.act(2, Move.STAND)
    assert [
        ("from_bank", 235, "settled", None),
        ("return", 200, "settled", 1),
        ("return", 120, "settled", 2),
        ("return", 125, "settled", 3),
    ] == moved(before, events)
    assert (
        SettledStake("user-1", 1, Money(100), Money(200)),
        SettledStake("user-2", 2, Money(60), Money(120)),
        SettledStake("user-3", 3, Money(50), Money(125)),
    ) == settled_stakes(before, events)


def test_a_double_that_ends_the_round_is_staked_before_it_is_paid() -> None:
    table = a_dealt_table("5S 6D 6H TD 9C KC", {1: 100})
    before = table.state
    events = table.act(1, Move.DOUBLE)
    assert [
        ("stake", 100, "double", 1),
        ("from_bank", 200, "settled", None),
        ("return", 400, "settled", 1),
    ] == moved(before, events)
    assert (SettledStake("user-1", 1, Money(200), Money(400)),) == settled_stakes(before, events)


def test_what_the_seats_lose_together_goes_to_the_bank() -> None:
    table = a_dealt_table("TS TH 9D 7D 9S 9C", {1: 100, 2: 70})
    table.act(1, Move.STAND)
    before = table.state
    events = table.act(2, Move.STAND)
    assert [("to_bank", 30, "settled", None), ("return", 140, "settled", 2)] == moved(before, events)


def test_a_round_without_a_net_result_moves_no_bank_money() -> None:
    table = a_dealt_table("TS TH 9D 7D 9S 9C", {1: 100, 2: 100})
    table.act(1, Move.STAND)
    before = table.state
    assert [("return", 200, "settled", 2)] == moved(before, table.act(2, Move.STAND))


@pytest.mark.parametrize(
    ("cards", "bank"),
    [("TS 9D 9H 9C", ("from_bank", 1, "settled", None)), ("TS 9D 7H 9C", ("to_bank", 1, "settled", None))],
)
def test_a_single_cent_is_paid_too(cards: str, bank: tuple[object, ...]) -> None:
    table = a_dealt_table(cards, {1: 1})
    before = table.state
    assert bank == moved(before, table.act(1, Move.STAND))[0]


def test_a_voided_round_gives_every_stake_back_and_settles_nothing() -> None:
    table = a_dealt_table("8S TS AD 8H TD 5C 3D", {1: 101, 2: 1})
    table.act(1, Move.INSURE)
    table.act(1, Move.SPLIT)
    before = table.state
    events = table.do(Void(reason="test"))
    assert [("return", 252, "voided", 1), ("return", 1, "voided", 2)] == moved(before, events)
    assert () == settled_stakes(before, events)
    seat = table.state.seats[0]
    assert [(Outcome.VOID, 101), (Outcome.VOID, 101)] == [(hand.outcome, hand.payout) for hand in seat.hands]
    assert stakes(table.state) == 0


def test_voiding_bets_gives_them_back() -> None:
    table = a_table().sit(1, 2).bet({1: 300})
    before = table.state
    assert [("return", 300, "voided", 1)] == moved(before, table.do(Void(reason="test")))
