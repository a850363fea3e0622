"""Cards, hands and what they count."""

import pytest

from games.blackjack.hand import Score, can_hide_natural, is_natural, score
from games.cards import DECK, TEXT, CardError, card_texts, parse_card, parse_cards


def test_every_card_has_a_text_of_its_own_and_reads_back() -> None:
    assert len(set(TEXT)) == 52
    assert list(DECK) == [parse_card(text) for text in TEXT]


@pytest.mark.parametrize("text", ["", "A", "10S", "as", "AX", "1S", "??", "AS "])
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(CardError):
        parse_card(text)


def test_cards_are_written_as_they_are_read() -> None:
    assert card_texts(parse_cards("AS TD 9H 2C")) == ("AS", "TD", "9H", "2C")


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ("", Score(0, soft=False)),
        ("AS", Score(11, soft=True)),
        ("AS KD", Score(21, soft=True)),
        ("AS AD", Score(12, soft=True)),
        ("AS AD AH", Score(13, soft=True)),
        ("AS 6D", Score(17, soft=True)),
        ("AS 6D TH", Score(17, soft=False)),
        ("AS 6D TH 4C", Score(21, soft=False)),
        ("TS JD", Score(20, soft=False)),
        ("TS JD 2H", Score(22, soft=False)),
        ("9S 9D AH AC", Score(20, soft=False)),
        ("5S 5D AH", Score(21, soft=True)),
    ],
)
def test_a_hand_counts_one_ace_as_eleven_where_that_fits(cards: str, expected: Score) -> None:
    assert score(parse_cards(cards)) == expected


@pytest.mark.parametrize(
    ("cards", "expected"), [("AS KD", True), ("TD AS", True), ("AS 5D 5H", False), ("TS KD", False)]
)
def test_a_natural_is_an_ace_and_a_ten(cards: str, *, expected: bool) -> None:
    assert is_natural(parse_cards(cards)) is expected


@pytest.mark.parametrize(("card", "expected"), [("AS", True), ("TD", True), ("KD", True), ("9H", False)])
def test_a_natural_can_hide_under_an_ace_or_a_ten(card: str, *, expected: bool) -> None:
    assert can_hide_natural(parse_card(card)) is expected
