"""Scripted rounds, card by card: each line of the rules' order of play has its stories here."""

from collections.abc import Mapping

import pytest

from games.blackjack.rules import parse_rules
from games.blackjack.script import (
    IllegalActionError,
    IncompleteScriptError,
    RoundResult,
    ScriptedRound,
    ScriptedSeat,
    replay,
)
from games.cards import parse_cards

# ruff: noqa: SIM300 - expected stands before actual

H17 = {"dealer_hits_soft_17": True}
NO_PEEK = {"dealer_peeks": False}
ACES = {"resplit_aces": True}
HIT_ACES = {"hit_split_aces": True}


def play(
    cards: str, *seats: tuple[int, str], bet: int = 100, rules: Mapping[str, object] | None = None
) -> RoundResult:
    """The end of a round in which each seat bets the same; a seat is its number and its actions."""
    return replay(
        ScriptedRound(
            rules=parse_rules(rules or {}),
            cards=parse_cards(cards),
            seats=tuple(
                ScriptedSeat(seat=number, bet=bet, actions=tuple(actions.split()))
                for number, actions in seats
            ),
        )
    )


def told(result: RoundResult) -> list[str]:
    """The round in a few words: the dealer, each hand in order, and how many cards were used."""
    lines = [f"{' '.join(result.dealer.cards)} = {result.dealer.total}"]
    for seat in result.seats:
        lines += [
            f"{seat.seat}: {' '.join(hand.cards)} {hand.bet} {hand.outcome} {hand.payout}"
            for hand in seat.hands
        ]
        if seat.insurance is not None:
            lines.append(f"{seat.seat}: insurance {seat.insurance.bet} {seat.insurance.payout}")
    return [*lines, f"{result.cards_used} cards"]


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


# Seats ascending, hands left to right; a split's left hand is completed before the right gets a card.


def test_the_left_hand_is_completed_before_the_right_gets_its_second_card() -> None:
    result = play("8S 6D 8H TD 2S 9S 3S TS TC", (1, "split hit stand double"))
    assert [
        "6D TD TC = 26",
        "1: 8S 2S 9S 100 win 200",
        "1: 8H 3S TS 200 win 400",
        "9 cards",
    ] == told(result)


def test_a_resplit_hand_is_played_before_the_one_to_its_right() -> None:
    result = play("8S 6D 8H TD 8C TS 3C JS KC QC", (1, "split split stand double stand"))
    assert [
        "6D TD QC = 26",
        "1: 8S TS 100 win 200",
        "1: 8C 3C JS 200 win 400",
        "1: 8H KC 100 win 200",
        "10 cards",
    ] == told(result)


def test_four_hands_are_the_most() -> None:
    result = play("8S 6D 8H TD 8C 8D TS TH JS JH KC", (1, "split split split stand stand stand stand"))
    assert [
        "6D TD KC = 26",
        "1: 8S TS 100 win 200",
        "1: 8D TH 100 win 200",
        "1: 8C JS 100 win 200",
        "1: 8H JH 100 win 200",
        "11 cards",
    ] == told(result)


def test_a_split_is_refused_at_the_most_hands() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("8S 6D 8H TD 8C", (1, "split split"), rules={"max_hands": 2})
    assert {"seat": 1, "action": "split", "moves": ["hit", "stand", "double"]} == refusal.value.facts()


def test_a_split_hand_of_ace_and_ten_is_21_and_not_blackjack() -> None:
    result = play("AS 6D AH TD KS 9S TC", (1, "split"))
    assert ["6D TD TC = 26", "1: AS KS 100 win 200", "1: AH 9S 100 win 200", "7 cards"] == told(result)
    tens = play("KS 6D TH TD AS AH 5C", (1, "split"))
    assert ["6D TD 5C = 21", "1: KS AS 100 push 100", "1: TH AH 100 push 100", "7 cards"] == told(tens)


# A hand that reaches 21 is complete.


def test_a_hand_that_reaches_21_is_complete() -> None:
    result = play("5S 6D 6S TD TH 9C", (1, "hit"))
    assert ["6D TD 9C = 25", "1: 5S 6S TH 100 win 200", "6 cards"] == told(result)
    with pytest.raises(IncompleteScriptError):
        play("5S 6D 6S TD TH 9C", (1, "hit stand"))


def test_a_split_hand_that_reaches_21_is_complete_at_once() -> None:
    result = play("8S 6D 8H TD 3S TS TC KC", (1, "split hit stand"))
    assert ["6D TD KC = 26", "1: 8S 3S TS 100 win 200", "1: 8H TC 100 win 200", "8 cards"] == told(result)


# Split aces.


def test_split_aces_get_one_card_each() -> None:
    result = play("AS 6D AH TD 5S AD TC", (1, "split"))
    assert ["6D TD TC = 26", "1: AS 5S 100 win 200", "1: AH AD 100 win 200", "7 cards"] == told(result)


def test_a_split_ace_that_draws_an_ace_may_split_or_stand_where_aces_may_be_split_again() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("AS 6D AH TD AC", (1, "split hit"), rules=ACES)
    assert refusal.value.facts()["moves"] == ["stand", "split"]
    result = play("AS 6D AH TD AC 5S 6S AD TC", (1, "split split stand"), rules=ACES)
    assert [
        "6D TD TC = 26",
        "1: AS 5S 100 win 200",
        "1: AC 6S 100 win 200",
        "1: AH AD 100 win 200",
        "9 cards",
    ] == told(result)


def test_a_split_ace_is_not_asked_when_there_can_be_no_more_hands() -> None:
    result = play("AS 6D AH TD AC AD TC", (1, "split"), rules={**ACES, "max_hands": 2})
    assert ["6D TD TC = 26", "1: AS AC 100 win 200", "1: AH AD 100 win 200", "7 cards"] == told(result)


def test_split_aces_are_played_on_where_they_may_be_hit() -> None:
    result = play("AS 6D AH TD 5S 4S 3S TC TH", (1, "split hit stand double"), rules=HIT_ACES)
    assert [
        "6D TD TH = 26",
        "1: AS 5S 4S 100 win 200",
        "1: AH 3S TC 200 win 400",
        "9 cards",
    ] == told(result)


def test_split_aces_that_may_be_hit_may_not_be_split_again() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("AS 6D AH TD AC", (1, "split split"), rules=HIT_ACES)
    assert refusal.value.facts()["moves"] == ["hit", "stand", "double"]


def test_split_aces_may_be_hit_and_split_where_the_rules_say_both() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("AS 6D AH TD AC", (1, "split surrender"), rules={**HIT_ACES, **ACES})
    assert refusal.value.facts()["moves"] == ["hit", "stand", "double", "split"]


# Pairs, doubles, surrender.


@pytest.mark.parametrize(("split_by", "may_split"), [("value", True), ("rank", False)])
def test_a_king_and_a_ten_are_a_pair_by_value_only(split_by: str, *, may_split: bool) -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("KS 6D TH TD", (1, "?"), rules={"split_by": split_by})
    moves = refusal.value.facts()["moves"]
    assert (["split"] if may_split else []) == [move for move in ["split"] if move in str(moves)]


@pytest.mark.parametrize(
    ("double", "cards", "may_double"),
    [
        ("any", "TS 6H", True),
        ("any", "AS 6H", True),
        ("9-11", "4S 4H", False),
        ("9-11", "4S 5H", True),
        ("9-11", "5S 5H", True),
        ("9-11", "5S 6H", True),
        ("9-11", "5S 7H", False),
        ("9-11", "AS 9H", False),
        ("9-11", "AS 8H", False),
        ("10-11", "4S 5H", False),
        ("10-11", "4S 6H", True),
        ("10-11", "5S 6H", True),
        ("10-11", "6S 6H", False),
    ],
)
def test_doubling_is_restricted_to_hard_totals(double: str, cards: str, *, may_double: bool) -> None:
    first, second = cards.split()
    with pytest.raises(IllegalActionError) as refusal:
        play(f"{first} 6D {second} TD", (1, "?"), rules={"double": double})
    assert may_double is ("double" in str(refusal.value.facts()["moves"]))


@pytest.mark.parametrize(
    ("rules", "second", "may_double"),
    [
        ({}, "3S", True),
        ({"double_after_split": False}, "3S", False),
        ({"double": "10-11"}, "3S", True),
        ({"double": "10-11"}, "9S", False),
        ({"double": "9-11", "double_after_split": False}, "3S", False),
    ],
)
def test_doubling_after_a_split_follows_both_rules(
    rules: Mapping[str, object], second: str, *, may_double: bool
) -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play(f"8S 6D 8H TD {second}", (1, "split ?"), rules=rules)
    assert may_double is ("double" in str(refusal.value.facts()["moves"]))


def test_a_doubled_hand_gets_one_card_and_may_bust() -> None:
    result = play("TS 6D 6H TD KS", (1, "double"))
    assert ["6D TD = 16", "1: TS 6H KS 200 lose 0", "5 cards"] == told(result)


@pytest.mark.parametrize(
    ("actions", "moves"),
    [
        ("?", ["hit", "stand", "double", "surrender"]),
        ("hit ?", ["hit", "stand"]),
    ],
)
def test_surrender_is_the_first_move_only(actions: str, moves: list[str]) -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("5S 6D 4H TD 2S", (1, actions))
    assert moves == refusal.value.facts()["moves"]


def test_a_split_hand_can_not_be_surrendered() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("8S 6D 8H TD 5S", (1, "split surrender"))
    assert ["hit", "stand", "double"] == refusal.value.facts()["moves"]


def test_nobody_surrenders_where_the_rules_have_none() -> None:
    with pytest.raises(IllegalActionError) as refusal:
        play("TS 9D 6H TD", (1, "surrender"), rules={"surrender": "none"})
    assert ["hit", "stand", "double"] == refusal.value.facts()["moves"]


def test_surrender_gives_half_back_rounded_down_and_draws_no_card() -> None:
    result = play("TS 9D 6H TD", (1, "surrender"), bet=1001)
    assert ["9D TD = 19", "1: TS 6H 1001 surrender 500", "4 cards"] == told(result)


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
