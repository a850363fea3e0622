"""What players were paid, by their own logs and by the rule book."""

from pathlib import Path
from typing import Any

import pytest

from server.loadtest.judge.referee import Settled, settled_of, wrong_payments
from tests.diary import Diary, found, judged, settled_view


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    """One process's log."""
    return Diary(tmp_path / "clients-0.log")


class Wallet:
    """Ann's wallet, as she is told of it."""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary
        self.connection = diary.opens(0, "ann", is_player=True)
        self.balance, self._version = 1_000, 1
        diary.hears(1, self.connection, "welcome", {"balance": self.balance, "balance_version": 1})

    def changes(self, at_ms: int, amount: int, reason: str) -> None:
        """So much comes or goes."""
        self.balance, self._version = self.balance + amount, self._version + 1
        told = {"balance": self.balance, "balance_version": self._version, "reason": reason}
        self._diary.hears(at_ms, self.connection, "balance_changed", told)

    def bets(self, at_ms: int, round_id: str, version: int) -> None:
        """She bets 100 cents."""
        payload: dict[str, object] = {
            "table_id": "test-1",
            "amount": 100,
            "round_id": round_id,
            "command_id": f"bet-{round_id}",
        }
        number = self._diary.sends(at_ms, self.connection, "place_bet", payload)
        self._diary.answered(at_ms + 1, self.connection, number, {"ok": True, "version": version})
        self.changes(at_ms + 2, -100, "bet")


def playing(diary: Diary, *settlements: int) -> None:
    """Ann wins two rounds of 100 cents, which come to 200 each; she is told of these settlements."""
    wallet = Wallet(diary)
    for number in range(2):
        at_ms, round_id = 1_000 * (number + 1), f"round-{number}"
        wallet.bets(at_ms, round_id, 2 * number + 1)
        shown = settled_view(2 * number + 2, round_id=round_id)
        diary.hears(at_ms + 500, wallet.connection, "table_changed", shown)
        wallet.changes(at_ms + 501, settlements[number], "settled")
    for number, amount in enumerate(settlements[2:]):
        wallet.changes(9_000 + number, amount, "settled")
    diary.ends(9_500, wallet.connection)


def test_rounds_that_are_paid_as_they_were_shown_are_right(diary: Diary) -> None:
    playing(diary, 200, 200)
    assert judged(diary).ok


def test_a_stake_and_a_payout_of_one_move_are_told_as_one_change(diary: Diary) -> None:
    """She doubles 100 cents to 200, which ends the round: 400 come back, 300 more than before the move."""
    wallet = Wallet(diary)
    wallet.bets(1_000, "round-1", 1)
    shown = settled_view(2, payout=400)
    shown["seats"][0]["hands"][0].update({"bet": 200, "doubled": True})
    diary.hears(1_500, wallet.connection, "table_changed", shown)
    wallet.changes(1_501, 300, "settled")
    diary.ends(2_000, wallet.connection)
    assert judged(diary).ok


def test_lost_rounds_leave_the_wallet_alone(diary: Diary) -> None:
    wallet = Wallet(diary)
    for number, (outcome, payout) in enumerate((("lose", 0), ("win", 200))):
        at_ms, round_id = 1_000 * (number + 1), f"round-{number}"
        wallet.bets(at_ms, round_id, 2 * number + 1)
        cards = "9S 7H" if payout == 0 else "9S KH"
        shown = settled_view(2 * number + 2, round_id=round_id, cards=cards, outcome=outcome, payout=payout)
        diary.hears(at_ms + 500, wallet.connection, "table_changed", shown)
    wallet.changes(2_501, 200, "settled")
    diary.ends(3_000, wallet.connection)
    assert judged(diary).ok


def test_a_settlement_that_comes_again_before_the_next_bet_is_named(diary: Diary) -> None:
    wallet = Wallet(diary)
    for number in range(2):
        at_ms, round_id = 1_000 * (number + 1), f"round-{number}"
        wallet.bets(at_ms, round_id, 2 * number + 1)
        shown = settled_view(2 * number + 2, round_id=round_id)
        diary.hears(at_ms + 500, wallet.connection, "table_changed", shown)
        for again in range(2 - number):
            wallet.changes(at_ms + 501 + again, 200, "settled")
    diary.ends(3_000, wallet.connection)
    assert found(diary) == {"double_pay": 1}


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
    assert settled_of(view) == {"ann": Settled(staked=150, paid=150)}


def test_a_wrong_payment_that_is_shown_is_named(diary: Diary) -> None:
    connection = diary.opens(0, "watcher")
    diary.hears(10, connection, "table_changed", settled_view(2, payout=400))
    diary.ends(20, connection)
    assert found(diary) == {"paid_wrongly": 1}
