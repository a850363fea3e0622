"""Basic strategy: known calls, and every call against the exact values of an endless shoe."""

from collections.abc import Iterator
from functools import cache

import pytest

from games.blackjack.moves import legal_by
from games.blackjack.rules import BlackjackPays, DoubleOn, Rules, SplitBy, Surrender
from games.blackjack.strategy import best_move, strategy_for
from games.blackjack.terms import Move
from games.cards import parse_card, parse_cards
from tests.unit.games.chances import best_values

# ruff: noqa: SIM300 - expected stands before actual

S17, H17 = Rules(), Rules(dealer_hits_soft_17=True)
NO_DAS = Rules(double_after_split=False)
NO_SURRENDER = Rules(surrender=Surrender.NONE)
NO_PEEK = Rules(dealer_peeks=False)
ONE, ONE_H17 = Rules(decks=1), Rules(decks=1, dealer_hits_soft_17=True)
TWO, TWO_H17 = Rules(decks=2), Rules(decks=2, dealer_hits_soft_17=True)


def called(rules: Rules, cards: str, up_card: str, hands: int = 1) -> str:
    """The call for a hand among so many hands of the seat, by the moves that are legal then."""
    held = parse_cards(cards)
    return best_move(rules, held, parse_card(up_card), legal_by(rules).of(held, hands)).value


@pytest.mark.parametrize(
    ("rules", "cards", "up_card", "expected"),
    [
        (S17, "TS 6H", "TD", "surrender"),
        (S17, "TS 6H", "9D", "surrender"),
        (S17, "TS 6H", "AD", "surrender"),
        (S17, "TS 6H", "7D", "hit"),
        (S17, "TS 6H", "6D", "stand"),
        (S17, "TS 5H", "TD", "surrender"),
        (S17, "TS 5H", "AD", "hit"),
        (H17, "TS 5H", "AD", "surrender"),
        (H17, "TS 7H", "AD", "surrender"),
        (S17, "TS 7H", "AD", "stand"),
        (H17, "TS 8H", "AD", "stand"),
        (NO_SURRENDER, "TS 6H", "TD", "hit"),
        (S17, "5S 6H", "AD", "hit"),
        (H17, "5S 6H", "AD", "double"),
        (S17, "5S 6H", "TD", "double"),
        (NO_PEEK, "5S 6H", "TD", "hit"),
        (S17, "5S 6H 2D", "6D", "stand"),
        (S17, "2S 3H 6D", "6D", "hit"),
        (S17, "8S 8H", "TD", "split"),
        (H17, "8S 8H", "AD", "surrender"),
        (Rules(dealer_hits_soft_17=True, surrender=Surrender.NONE), "8S 8H", "AD", "split"),
        (NO_PEEK, "8S 8H", "TD", "surrender"),
        (NO_PEEK, "AS AH", "AD", "hit"),
        (S17, "AS AH", "AD", "split"),
        (S17, "4S 4H", "5D", "split"),
        (NO_DAS, "4S 4H", "5D", "hit"),
        (NO_DAS, "2S 2H", "3D", "hit"),
        (S17, "2S 2H", "3D", "split"),
        (NO_DAS, "6S 6H", "2D", "hit"),
        (S17, "5S 5H", "9D", "double"),
        (S17, "TS KH", "6D", "stand"),
        (S17, "9S 9H", "7D", "stand"),
        (S17, "9S 9H", "8D", "split"),
        (S17, "AS 7H", "2D", "stand"),
        (H17, "AS 7H", "2D", "double"),
        (S17, "AS 7H", "9D", "hit"),
        (S17, "AS 3H 4D", "6D", "stand"),
        (H17, "AS 8H", "6D", "double"),
        (H17, "AS 9H", "6D", "stand"),
        (S17, "AS 6H", "2D", "hit"),
        (Rules(double=DoubleOn.TEN_OR_ELEVEN), "4S 5H", "6D", "hit"),
        (Rules(double=DoubleOn.NINE_TO_ELEVEN), "AS 7H", "6D", "stand"),
        (Rules(decks=3), "4S 5H", "2D", "hit"),
        (TWO, "4S 5H", "2D", "double"),
        (TWO, "3S 5H", "6D", "hit"),
        (TWO, "5S 6H", "AD", "double"),
        (TWO, "TS 6H", "9D", "hit"),
        (TWO, "AS 7H", "AD", "stand"),
        (TWO, "6S 6H", "7D", "split"),
        (Rules(decks=2, double_after_split=False), "6S 6H", "7D", "hit"),
        (TWO_H17, "AS 3H", "4D", "double"),
        (TWO, "AS 3H", "4D", "hit"),
        (TWO_H17, "8S 8H", "AD", "split"),
        (Rules(decks=2, dealer_hits_soft_17=True, double_after_split=False), "8S 8H", "AD", "surrender"),
        (ONE, "3S 5H", "6D", "double"),
        (ONE, "AS 6H", "2D", "double"),
        (ONE, "AS 8H", "6D", "double"),
        (ONE, "TS 5H", "TD", "hit"),
        (ONE, "7S 7H", "TD", "surrender"),
        (Rules(decks=1, surrender=Surrender.NONE), "7S 7H", "TD", "stand"),
        (Rules(decks=1, double_after_split=False), "2S 2H", "3D", "split"),
        (ONE, "4S 4H", "5D", "split"),
        (Rules(decks=1, double_after_split=False), "4S 4H", "5D", "double"),
        (Rules(decks=1, double_after_split=False, double=DoubleOn.NINE_TO_ELEVEN), "4S 4H", "5D", "hit"),
        (ONE, "AS 7H", "AD", "stand"),
        (ONE_H17, "AS 7H", "AD", "hit"),
        (ONE_H17, "TS 5H", "AD", "surrender"),
        (ONE, "9S 9H", "AD", "stand"),
        (ONE_H17, "9S 9H", "AD", "split"),
        (Rules(decks=1, dealer_hits_soft_17=True, dealer_peeks=False), "9S 9H", "AD", "stand"),
        (Rules(decks=1, dealer_hits_soft_17=True, dealer_peeks=False), "8S 8H", "AD", "surrender"),
        (Rules(decks=1, dealer_peeks=False), "8S 8H", "AD", "hit"),
        (Rules(dealer_peeks=False, hit_split_aces=True), "AS AH", "AD", "split"),
    ],
)
def test_the_calls_of_the_chart(rules: Rules, cards: str, up_card: str, expected: str) -> None:
    assert expected == called(rules, cards, up_card)


@pytest.mark.parametrize(
    ("rules", "cards", "up_card", "hands", "expected"),
    [
        (S17, "8S 8H", "TD", 4, "hit"),
        (S17, "AS AH", "TD", 2, "stand"),
        (Rules(resplit_aces=True), "AS AH", "TD", 2, "split"),
        (Rules(resplit_aces=True, dealer_peeks=False), "AS AH", "AD", 2, "split"),
        (Rules(hit_split_aces=True), "AS AH", "TD", 2, "hit"),
        (Rules(hit_split_aces=True), "AS AH", "6D", 2, "double"),
        (Rules(hit_split_aces=True), "AS AH", "5D", 2, "hit"),
        (Rules(hit_split_aces=True, decks=2), "AS AH", "5D", 2, "double"),
        (S17, "8S 3H", "TD", 2, "double"),
        (NO_DAS, "8S 3H", "TD", 2, "hit"),
        (S17, "8S 8H", "TD", 2, "split"),
    ],
)
def test_hands_from_a_split_are_played_by_what_they_still_may(
    rules: Rules, cards: str, up_card: str, hands: int, expected: str
) -> None:
    assert expected == called(rules, cards, up_card, hands)


def test_what_a_natural_pays_and_makes_a_pair_changes_no_call() -> None:
    others = [
        Rules(blackjack_pays=BlackjackPays.SIX_TO_FIVE),
        Rules(blackjack_pays=BlackjackPays.ONE_TO_ONE),
        Rules(split_by=SplitBy.RANK),
        Rules(insurance=False, penetration=0.5),
    ]
    for cards, up_card in _first_hands():
        for rules in others:
            assert called(S17, cards, up_card) == called(rules, cards, up_card)


def test_a_pair_that_may_not_be_split_is_played_by_its_total() -> None:
    seven_seven = strategy_for(Rules(decks=1, surrender=Surrender.NONE))
    assert Move.STAND is seven_seven.choose(14, False, 7, 10, (Move.HIT, Move.STAND, Move.SPLIT))
    assert Move.HIT is seven_seven.choose(14, False, 7, 10, (Move.HIT, Move.STAND))


def test_rules_are_compiled_once() -> None:
    assert strategy_for(Rules(decks=2)) is strategy_for(Rules(decks=2))


def test_insurance_is_always_declined() -> None:
    moves = (Move.INSURE, Move.DECLINE_INSURANCE)
    assert best_move(S17, parse_cards("AS KH"), parse_card("AD"), moves) is Move.DECLINE_INSURANCE


@pytest.mark.parametrize("rules", [S17, H17, NO_DAS, NO_SURRENDER, NO_PEEK])
def test_no_call_costs_more_than_a_hundredth_of_the_bet(rules: Rules) -> None:
    costly = {}
    for cards, up_card in _first_hands():
        values = best_values(rules, cards, up_card)
        cost = max(values.values()) - values[called(rules, cards, up_card)]
        if cost > 0.01:
            costly[cards, up_card] = (called(rules, cards, up_card), values)
    assert {} == costly


@cache
def _first_hands() -> tuple[tuple[str, str], ...]:
    return tuple(_all_first_hands())


def _all_first_hands() -> Iterator[tuple[str, str]]:
    ranks = "A23456789T"
    for first in range(10):
        for second in range(first, 10):
            if {ranks[first], ranks[second]} != {"A", "T"}:
                for up_card in ranks:
                    yield f"{ranks[first]}S {ranks[second]}H", f"{up_card}D"
