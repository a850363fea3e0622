"""What players were paid, by their own logs and by the rule book."""

from pathlib import Path
from typing import Any

import pytest

from server.loadtest.judge.referee import came_back, wrong_payments
from tests.diary import Diary, found, judged, settled_view


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    """One process's log."""
    return Diary(tmp_path / "clients-0.log")


def playing(diary: Diary, *settlements: int, rounds: int = 2) -> None:
    """Ann wins rounds of 100 cents, which come to 200 each; her wallet is told of these settlements."""
    connection = diary.opens(0, "ann", is_player=True)
    balance, version = 1_000, 1
    diary.hears(1, connection, "welcome", {"balance": balance, "balance_version": version})
    for number in range(rounds):
        at_ms = 1_000 * (number + 1)
        balance, version = balance - 100, version + 1
        told = {"balance": balance, "balance_version": version, "reason": "bet"}
        diary.hears(at_ms, connection, "balance_changed", told)
        diary.hears(
            at_ms + 500, connection, "table_changed", settled_view(2 * number + 2, round_id=f"round-{number}")
        )
        for amount in settlements[number : number + 1]:
            balance, version = balance + amount, version + 1
            told = {"balance": balance, "balance_version": version, "reason": "settled"}
            diary.hears(at_ms + 501, connection, "balance_changed", told)
    for number, amount in enumerate(settlements[rounds:]):
        balance, version = balance + amount, version + 1
        told = {"balance": balance, "balance_version": version, "reason": "settled"}
        diary.hears(9_000 + number, connection, "balance_changed", told)
    diary.ends(9_500, connection)


def test_rounds_that_are_paid_as_they_were_shown_are_right(diary: Diary) -> None:
    playing(diary, 200, 200)
    assert judged(diary).ok


@pytest.mark.parametrize(
    ("settlements", "kind"),
    [
        ((200, 200, 200), "double_pay"),  # once more, after all was paid
        ((400, 200), "double_pay"),  # both in one
        ((200, 150), "paid_wrongly"),
        ((250, 200), "paid_wrongly"),
    ],
)
def test_a_wallet_that_gets_something_else_is_named(
    diary: Diary, settlements: tuple[int, ...], kind: str
) -> None:
    playing(diary, *settlements)
    assert found(diary) == {kind: 1}


# Bet 100: cards, dealer's cards, outcome, what came back.
RIGHT = [
    ("9S KH", "TD 8C", "win", 200),
    ("9S KH", "TD 9C", "push", 100),
    ("9S 7H", "TD 9C", "lose", 0),
    ("9S 7H", "TD 6C 8H", "win", 200),
    ("AS KH", "TD 8C", "blackjack", 250),
    ("AS KH", "AD KC", "push", 100),
    ("5S 6H TC", "AD KC", "lose", 0),
    ("9S 7H 8C", "TD 6C 8H", "lose", 0),
    ("AS 9H", "TD TC", "push", 100),
]
WRONG = [
    ("9S KH", "TD 8C", "win", 300),
    ("9S 7H", "TD 9C", "push", 100),
    ("AS KH", "TD 8C", "win", 200),
    ("9S 7H 8C", "TD 6C 8H", "win", 200),
]


@pytest.mark.parametrize(("cards", "dealer", "outcome", "payout"), RIGHT)
def test_a_hand_that_is_paid_by_the_rule_book_is_right(
    cards: str, dealer: str, outcome: str, payout: int
) -> None:
    view = settled_view(2, cards=cards, dealer=dealer, outcome=outcome, payout=payout)
    assert list(wrong_payments(view)) == []


@pytest.mark.parametrize(("cards", "dealer", "outcome", "payout"), WRONG)
def test_a_hand_that_is_paid_otherwise_is_wrong(cards: str, dealer: str, outcome: str, payout: int) -> None:
    view = settled_view(2, cards=cards, dealer=dealer, outcome=outcome, payout=payout)
    assert [user_id for user_id, _ in wrong_payments(view)] == ["ann"]


@pytest.mark.parametrize(("pays", "payout"), [("3:2", 250), ("6:5", 220), ("1:1", 200)])
def test_a_natural_wins_what_the_table_pays(pays: str, payout: int) -> None:
    view = settled_view(2, cards="AS KH", outcome="blackjack", payout=payout, rules={"blackjack_pays": pays})
    assert list(wrong_payments(view)) == []


def test_a_split_ace_with_a_ten_is_no_natural_and_a_surrender_gives_half_back() -> None:
    view: dict[str, Any] = settled_view(2, cards="AS KH", outcome="win", payout=200)
    hand = view["seats"][0]["hands"][0]
    given_up = {**hand, "cards": ["9S", "7H"], "status": "surrendered", "outcome": "surrender", "payout": 50}
    view["seats"][0]["hands"] = [hand, hand]
    assert list(wrong_payments(view)) == []
    view["seats"][0]["hands"] = [given_up]
    assert list(wrong_payments(view)) == []


def test_insurance_comes_back_threefold_when_the_dealer_has_a_natural() -> None:
    view = settled_view(2, dealer="AD KC", outcome="lose", payout=0)
    view["seats"][0]["insurance"] = 50
    assert came_back(view) == {"ann": 150}


def test_a_wrong_payment_that_is_shown_is_named(diary: Diary) -> None:
    connection = diary.opens(0, "watcher")
    diary.hears(10, connection, "table_changed", settled_view(2, payout=400))
    diary.ends(20, connection)
    assert found(diary) == {"paid_wrongly": 1}
