"""The story of a round: what a dealer would say, and nothing that did not happen."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from games.blackjack.commands import Void
from games.blackjack.events import (
    DealerDrew,
    Event,
    HandDoubled,
    HandHit,
    HoleCardRevealed,
    RoundDealt,
    SplitCardDealt,
)
from games.blackjack.history import round_record
from games.blackjack.narrator import narrate
from games.blackjack.rules import Rules
from games.blackjack.script import ScriptError, moments, parse_script
from games.blackjack.state import TableConfig
from games.blackjack.terms import Phase
from games.blackjack.words import card_in_words, cents_in_words
from games.cards import Card
from tests.builders import ShuffledDealer, Table, a_dealt_table
from tests.unit.games.walks import any_rules, fitting_act

# ruff: noqa: SIM300 - expected stands before actual


def told(cards: str, *seats: dict[str, object], **rules: object) -> list[str]:
    """The story of a script without its first line, which says the rules; an error is its last line."""
    script = json.dumps({"cards": cards.split(), "seats": seats, "rules": rules}).encode()
    lines: list[str] = []
    try:
        for moment in moments(parse_script(script)):
            lines += narrate(moment.before, moment.events)
    except ScriptError as error:
        lines.append(str(error))
    return lines[1:]


def seat(actions: str, *, number: int = 1, bet: int = 1_000, player: str = "Ann") -> dict[str, object]:
    """One seat of a script."""
    return {"seat": number, "player": player, "bet": bet, "actions": actions.split()}


def test_a_round_is_told_in_the_order_of_play() -> None:
    assert [
        "Ann bets 10.00 at seat 1.",
        "Seat 4 bets 5.05.",
        "Ann gets the nine of hearts.",
        "Seat 4 gets the ace of spades.",
        "Dealer shows the six of spades.",
        "Ann gets the two of diamonds: 11.",
        "Seat 4 gets the king of clubs: blackjack.",
        "Dealer takes a card face down.",
        "Ann hits and gets the four of hearts: 15.",
        "Ann stands on 15.",
        "Dealer turns over the ten of clubs: 16.",
        "Dealer draws the queen of hearts: 26, bust.",
        "Ann wins with 15, which pays even money: 10.00.",
        "Ann nets +10.00.",
        "Seat 4 has blackjack, which pays 3 to 2: 7.57.",  # 757.5 cents, rounded down
        "Seat 4 nets +7.57.",
    ] == told(
        "9H AS 6S 2D KC TC 4H QH",
        seat("hit stand"),
        seat("", number=4, bet=505, player=""),
    )


def test_the_first_line_says_the_rules() -> None:
    rules = {"decks": 1, "dealer_hits_soft_17": True, "dealer_peeks": False}
    script = {"cards": [], "seats": [seat("")], "rules": rules}
    first = next(moments(parse_script(json.dumps(script).encode())))
    assert ["One deck, dealer hits soft 17, blackjack pays 3 to 2, no hole card."] == list(
        narrate(first.before, first.events)
    )


def test_insurance_is_offered_answered_and_paid() -> None:
    assert [
        "Dealer shows the ace of diamonds.",
        "Ann gets the eight of hearts: 16.",
        "Dealer takes a card face down.",
        "Dealer has an ace up: insurance?",
        "Ann takes insurance for 5.00.",
        "Dealer turns over the king of spades: blackjack.",
        "Ann loses 10.00 with 16.",
        "Ann's insurance pays 2 to 1: 10.00.",
        "Ann nets 0.00.",
    ] == told("8S AD 8H KS", seat("insure"))[2:]


def test_a_dealer_who_looks_and_has_none_says_so_and_the_insurance_is_lost() -> None:
    story = told("8S AD 8H 6S TC", seat("insure hit"))
    assert [
        "Ann takes insurance for 5.00.",
        "Dealer looks under the ace: no blackjack.",
        "Ann hits and gets the ten of clubs: 26, bust.",
        "Dealer turns over the six of spades: soft 17.",
        "Ann loses 10.00, being bust.",
        "Ann's insurance of 5.00 is lost.",
        "Ann nets -15.00.",
    ] == story[6:]


def test_splits_doubles_and_each_hand_are_named() -> None:
    assert [
        "Ann splits the sixes for 10.00 more.",
        "Ann's first hand gets the five of clubs: 11.",
        "Ann's first hand doubles to 20.00 and gets the ten of hearts: 21.",
        "Ann's second hand gets the ace of hearts: soft 17.",
        "Ann's second hand stands on soft 17.",
        "Dealer turns over the ten of clubs: 17.",
        "Ann's first hand wins with 21, which pays even money: 20.00.",
        "Ann's second hand pushes with 17: the bet of 10.00 comes back.",
        "Ann nets +20.00.",
    ] == told("6S 7D 6H TC 5C TH AH", seat("split double stand"))[5:]


def test_a_pair_of_unlike_tens_is_split_by_its_names() -> None:
    assert "Ann splits the king and ten for 10.00 more." in told(
        "KS 7D TH TC 9C 9D", seat("split stand stand")
    )


def test_a_surrender_and_what_comes_back_of_it() -> None:
    assert [
        "Ann surrenders.",
        "Dealer turns over the seven of clubs: 17.",
        "Ann surrendered: 5.00 of 10.01 comes back.",
        "Ann nets -5.01.",
    ] == told("TS TD 6H 7C", seat("surrender", bet=1_001))[6:]


@pytest.mark.parametrize(("pays", "words"), [("6:5", "6 to 5: 12.00"), ("1:1", "even money: 10.00")])
def test_a_blackjack_is_told_with_what_it_pays(pays: str, words: str) -> None:
    story = told("AS 6D KH TD", seat(""), blackjack_pays=pays)
    assert f"Ann has blackjack, which pays {words}." in story


def test_two_blackjacks_push() -> None:
    assert "Ann pushes with blackjack: the bet of 10.00 comes back." in told(
        "AS AD KH TD", seat("decline_insurance")
    )


def test_a_script_that_ends_too_early_is_told_as_far_as_it_goes() -> None:
    assert [
        "Ann gets the two of hearts: 12.",
        "Dealer takes a card face down.",
        "Ann hits and gets the three of clubs: 15.",
        "Seat 1 is asked and has no action left: hit or stand.",
    ] == told("TS 6D 2H TD 3C", seat("hit"))[3:]


def test_a_script_without_enough_cards_says_where_they_run_out() -> None:
    assert "The script's 4 cards run out when seat 1 does this: hit." == told("TS 6D 2H TD", seat("hit"))[-1]
    assert ["Ann bets 10.00 at seat 1.", "The script's 1 card run out in the deal."] == told(
        "TS", seat("hit")
    )


def test_a_name_that_would_move_the_cursor_is_not_printed() -> None:
    assert "Seat 1 bets 10.00." == told("", seat("", player="\x1b[2JAnn"))[0]


def test_a_voided_round_gives_the_stakes_back() -> None:
    table = a_dealt_table("TS 6D 9H TD", {1: 500})
    before = table.state
    assert ["The round is void (a card fell): every stake goes back.", "Player 1 gets 5.00 back."] == list(
        narrate(before, table.do(Void(reason="a card fell")))
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    rules=any_rules,
    seed=st.integers(0, 9_999),
    bets=st.lists(st.integers(1, 1_001), min_size=1, max_size=7),
    choices=st.lists(st.integers(0, 59), min_size=1, max_size=40),
)
def test_the_story_of_a_record_names_the_cards_of_the_round_in_their_order(
    rules: Rules, seed: int, bets: list[int], choices: list[int]
) -> None:
    config = TableConfig(table_id="test-1", name="Test", rules=rules, min_bet=1, seats=len(bets))  # type: ignore[arg-type] # cents
    table = Table(config, ShuffledDealer(seed)).sit(*range(1, len(bets) + 1)).bet(dict(enumerate(bets, 1)))
    events = [*table.deal()]
    step = 0
    while table.state.phase is not Phase.SETTLED:
        events += table.do(fitting_act(table.state, choices[step % len(choices)]))
        step += 1
    record = round_record(table.state, table.dealer)
    story: list[str] = []
    for moment in moments(parse_script(msgspec.json.encode(record))):
        story += narrate(moment.before, moment.events)
    shown = [card_in_words(card) for card in shown_in_order(events)]
    assert shown == [words for line in story for words in [card_told(line)] if words]
    assert [
        f"{row.player} nets {'+' if row.net > 0 else ''}{cents_in_words(row.net)}." for row in record.seats
    ] == [line for line in story if " nets " in line]


def card_told(line: str) -> str | None:
    """The card that a sentence is about."""
    words = line.replace(":", " ").replace(".", " ").split()
    if "of" not in words or words[words.index("of") + 1] not in {"spades", "hearts", "diamonds", "clubs"}:
        return None
    place = words.index("of")
    return " ".join(words[place - 2 : place + 2])


def shown_in_order(events: list[Event]) -> list[Card]:
    """The cards as they were shown: a hole card when it was turned over, and not when it was dealt."""
    shown: list[Card] = []
    for event in events:
        match event:
            case RoundDealt():
                shown += [hand.cards[0] for hand in event.hands]
                shown.append(event.up_card)
                shown += [hand.cards[1] for hand in event.hands]
            case HandHit() | HandDoubled() | SplitCardDealt() | DealerDrew() | HoleCardRevealed():
                shown.append(event.card)
            case _:
                pass
    return shown
