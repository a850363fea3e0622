"""Scripted rounds, card by card: deal, insurance, the dealer's look and cards, the end of a shoe."""

from collections.abc import Mapping

import pytest

from tests.unit.games.stories import play, told

# ruff: noqa: SIM300 - expected stands before actual

H17 = {"dealer_hits_soft_17": True}
NO_PEEK = {"dealer_peeks": False}


# Seats ascending one card each, dealer's up card, seats second card each, dealer's hole card.


def test_cards_go_round_twice_with_the_dealer_last() -> None:
    result = play("2S 3S 4S TD TH TC JD 9C", (2, "stand"), (5, "stand"), (7, "stand"))
    assert [
        "TD 9C = 19",
        "2: 2S TH 100 lose 0",
        "5: 3S TC 100 lose 0",
        "7: 4S JD 100 lose 0",
        "8 cards",
    ] == told(result)


def test_seats_are_dealt_in_ascending_order_whatever_order_they_are_written_in() -> None:
    result = play("2S 3S TD TH TC 9C", (5, "stand"), (2, "stand"))
    assert ["TD 9C = 19", "2: 2S TH 100 lose 0", "5: 3S TC 100 lose 0", "6 cards"] == told(result)


def test_without_peek_the_second_card_is_drawn_after_all_seats_have_played() -> None:
    result = play("5S 7D 6S TH 9C KD", (1, "hit"), rules=NO_PEEK)
    assert ["7D 9C KD = 26", "1: 5S 6S TH 100 win 200", "6 cards"] == told(result)


@pytest.mark.parametrize(
    ("up_card", "seats", "expected"),
    [
        ("7D", (1, "hit"), ["7D = 7", "1: TS 6S TH 100 lose 0", "4 cards"]),
        ("TD", (1, "hit"), ["TD = 10", "1: TS 6S TH 100 lose 0", "4 cards"]),
        ("7D", (1, "surrender"), ["7D = 7", "1: TS 6S 100 surrender 50", "3 cards"]),
        ("TD", (1, "surrender"), ["TD TH = 20", "1: TS 6S 100 surrender 50", "4 cards"]),
        ("AD", (1, "decline_insurance hit"), ["AD = 11", "1: TS 6S TH 100 lose 0", "4 cards"]),
        (
            "AD",
            (1, "insure hit"),
            ["AD 5H = 16", "1: TS 6S TH 100 lose 0", "1: insurance 50 0", "5 cards"],
        ),
    ],
)
def test_without_peek_the_second_card_is_drawn_only_if_something_depends_on_it(
    up_card: str, seats: tuple[int, str], expected: list[str]
) -> None:
    assert expected == told(play(f"TS {up_card} 6S TH 5H", seats, rules=NO_PEEK))


@pytest.mark.parametrize(
    ("up_card", "expected"),
    [
        ("7D", ["7D = 7", "1: AS KS 100 blackjack 250", "3 cards"]),
        ("TD", ["TD 6H = 16", "1: AS KS 100 blackjack 250", "4 cards"]),
    ],
)
def test_without_peek_a_blackjack_waits_for_the_dealer_under_a_ten_only(
    up_card: str, expected: list[str]
) -> None:
    assert expected == told(play(f"AS {up_card} KS 6H", (1, ""), rules=NO_PEEK))


def test_without_peek_a_dealers_natural_pushes_a_blackjack() -> None:
    assert ["TD AH = 21", "1: AS KS 100 push 100", "4 cards"] == told(
        play("AS TD KS AH", (1, ""), rules=NO_PEEK)
    )


def test_without_peek_a_dealers_natural_takes_doubles_and_splits_too() -> None:
    result = play("8S TD 8H 3S 9H TC AH", (1, "split double stand"), rules=NO_PEEK)
    assert ["TD AH = 21", "1: 8S 3S 9H 200 lose 0", "1: 8H TC 100 lose 0", "7 cards"] == told(result)


def test_without_peek_a_dealers_natural_takes_the_whole_surrendered_bet() -> None:
    result = play("TS TD 6H AH", (1, "surrender"), rules=NO_PEEK)
    assert ["TD AH = 21", "1: TS 6H 100 lose 0", "4 cards"] == told(result)
    assert result.seats[0].net == -100


def test_without_peek_a_dealers_natural_beats_three_cards_of_21() -> None:
    result = play("TS TD 6H 5H AH", (1, "hit"), rules=NO_PEEK)
    assert ["TD AH = 21", "1: TS 6H 5H 100 lose 0", "5 cards"] == told(result)


def test_without_peek_insurance_is_paid_on_a_natural_drawn_last() -> None:
    result = play("TS AD 6H TH KH", (1, "insure hit"), rules=NO_PEEK)
    assert [
        "AD KH = 21",
        "1: TS 6H TH 100 lose 0",
        "1: insurance 50 150",
        "5 cards",
    ] == told(result)
    assert result.seats[0].net == 0


# Up card an ace: insurance is offered to every hand, naturals too, half the bet rounded down.


def test_insurance_is_offered_to_every_hand_naturals_too() -> None:
    result = play("AS 5S AD KS 5H KH", (1, "insure"), (2, "decline_insurance"))
    assert [
        "AD KH = 21",
        "1: AS KS 100 push 100",
        "1: insurance 50 150",
        "2: 5S 5H 100 lose 0",
        "6 cards",
    ] == told(result)
    assert [100, -100] == [seat.net for seat in result.seats]


def test_insurance_costs_half_the_bet_rounded_down() -> None:
    result = play("TS AD TH KH", (1, "insure"), bet=1001)
    assert ["AD KH = 21", "1: TS TH 1001 lose 0", "1: insurance 500 1500", "4 cards"] == told(result)


def test_insurance_is_lost_when_the_dealer_has_no_natural() -> None:
    result = play("TS AD TH 9H", (1, "insure stand"))
    assert ["AD 9H = 20", "1: TS TH 100 push 100", "1: insurance 50 0", "4 cards"] == told(result)
    assert result.seats[0].net == -50


def test_an_insurance_of_zero_cents_is_not_offered() -> None:
    result = play("TS AD TH 9H", (1, "stand"), bet=1)
    assert ["AD 9H = 20", "1: TS TH 1 push 1", "4 cards"] == told(result)


def test_insurance_is_not_offered_under_a_ten_nor_where_the_rules_have_none() -> None:
    assert "1: TS TH 100 push 100" in told(play("TS TD TH KH", (1, "stand")))
    assert "1: TS TH 100 push 100" in told(play("TS AD TH 9H", (1, "stand"), rules={"insurance": False}))


@pytest.mark.parametrize("up_card", ["AD", "TD"])
def test_a_natural_ends_the_round_before_any_move(up_card: str) -> None:
    hole = "KH" if up_card == "AD" else "AH"
    result = play(f"TS {up_card} 6S {hole}", (1, ""), rules={"insurance": False})
    assert [f"{up_card} {hole} = 21", "1: TS 6S 100 lose 0", "4 cards"] == told(result)


def test_a_natural_of_the_dealer_pushes_a_blackjack_and_beats_all_else() -> None:
    result = play("AS TS TD KS TH AH", (1, ""), (3, ""))
    assert ["TD AH = 21", "1: AS KS 100 push 100", "3: TS TH 100 lose 0", "6 cards"] == told(result)


# When every hand is busted, surrendered or a blackjack, the dealer shows the hole card and draws none.


def test_the_dealer_shows_the_hole_card_and_draws_none_when_nothing_depends_on_it() -> None:
    result = play("AS TS 9S 5D KS 6S 6H 9D TH", (1, ""), (2, "hit"), (3, "surrender"))
    assert [
        "5D 9D = 14",
        "1: AS KS 100 blackjack 250",
        "2: TS 6S TH 100 lose 0",
        "3: 9S 6H 100 surrender 50",
        "9 cards",
    ] == told(result)


def test_a_busted_hand_loses_even_when_the_dealer_busts() -> None:
    result = play("TS 9S 6D 6S TH TD KS KH", (1, "hit"), (2, "stand"))
    assert ["6D TD KH = 26", "1: TS 6S KS 100 lose 0", "2: 9S TH 100 win 200", "8 cards"] == told(result)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [({}, "AD 6C = 17"), (H17, "AD 6C 3H = 20")],
)
def test_the_dealer_hits_soft_17_only_where_the_rules_say_so(
    rules: Mapping[str, object], expected: str
) -> None:
    result = play("TS AD 9S 6C 3H", (1, "decline_insurance stand"), rules=rules)
    assert expected == told(result)[0]


@pytest.mark.parametrize("rules", [{}, H17])
def test_the_dealer_stands_on_hard_17_and_on_soft_18(rules: Mapping[str, object]) -> None:
    assert told(play("TS TD 9S 7C", (1, "stand"), rules=rules))[0] == "TD 7C = 17"
    assert told(play("TS 7D 9S AC", (1, "stand"), rules=rules))[0] == "7D AC = 18"


def test_the_dealer_hits_a_soft_17_until_it_is_hard_or_higher() -> None:
    result = play("TS 6D 9S AC AH AD 8C", (1, "stand"), rules=H17)
    assert told(result)[0] == "6D AC AH = 18"
    assert told(play("TS 6D 9S AC TH", (1, "stand"), rules=H17))[0] == "6D AC TH = 17"


# A shoe that runs out in mid-round goes on with the next.


def test_a_script_longer_than_a_shoe_goes_on_with_the_next() -> None:
    seats = [(number, "hit " * 5 + "stand") for number in range(1, 8)]
    firsts, seconds = "AS " * 7, "AH " * 7
    hits = "AC 2S AD 2D 2H " * 7
    result = play(firsts + "TD " + seconds + "7D " + hits, *seats, rules={"decks": 1})
    assert result.cards_used == 7 + 1 + 7 + 1 + 35
    more = [(number, "hit " * 6 + "stand") for number in range(1, 8)]
    longer = play(firsts + "TD " + seconds + "7D " + "AC 2S AD 2D 2H TC " * 7, *more, rules={"decks": 1})
    assert longer.cards_used == 58
