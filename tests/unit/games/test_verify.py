"""Records that are verified: true ones match, and whatever is changed in them is noticed."""

import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from games.blackjack.commands import Void
from games.blackjack.proof import Check, NotARecordError, Verdict, parse_proof
from games.blackjack.rules import Rules
from games.blackjack.terms import Move
from games.blackjack.verify import verify
from tests.proofs import Json, insured_table, record_of, records
from tests.unit.games.walks import any_rules

# ruff: noqa: SIM300 - expected stands before actual

SINGLE_DECK = Rules(decks=1, penetration=0.9)
TWO_DECKS = Rules(decks=2)
NO_HOLE_CARD = Rules(decks=2, dealer_peeks=False, dealer_hits_soft_17=True, resplit_aces=True)
COVERED = ("table_id", "rules", "cards", "dealer", "cards_used", "shoes")
OF_A_SEAT = ("seat", "bet", "actions", "hands", "insurance", "net")
NOT_COVERED = ("round_id", "started_at", "settled_at")


def judged(record: Json) -> Verdict:
    """The verdict on a record."""
    return verify(parse_proof(json.dumps(record).encode()))


def first_where(name: str, rules: Rules, fits: Any) -> Json:
    """The first record of a table that fits."""
    return next(record for record in records(name, rules, rounds=400) if fits(record))


def has_everything(record: Json) -> bool:
    """A split, a double, a hit and an insurance in one round, and cards of the shoe before them."""
    if len(record["shoes"]) > 1 or record["shoes"][0]["first_card"] == 0:
        return False
    actions = {action for seat in record["seats"] for action in seat["actions"]}
    return {"split", "double", "hit", "insure", "decline_insurance"} <= actions


@pytest.fixture(scope="module")
def rich() -> Json:
    """A round in which all kinds of things happened."""
    return first_where("rich", TWO_DECKS, has_everything)


@pytest.fixture(scope="module")
def over_two_shoes() -> Json:
    """A round that began in one shoe and ended in the next."""
    return first_where("two", SINGLE_DECK, lambda record: len(record["shoes"]) == 2)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rules=any_rules, name=st.text(max_size=5), seats=st.integers(1, 3))
def test_every_round_that_is_dealt_from_its_seeds_is_verified(rules: Rules, name: str, seats: int) -> None:
    for record in records(name, rules, rounds=8, seats=seats, voids=frozenset({2, 5})):
        verdict = judged(record)
        assert verdict.ok, (verdict, record)
        kinds = Counter(finding.check for finding in verdict.checks)
        shoes = len(record["shoes"])
        assert {
            Check.RULES: 1,
            Check.SHOES: 1,
            Check.COMMITMENT: shoes,
            Check.SHUFFLE: shoes,
            Check.CARDS: shoes,
            Check.REPLAY: 1,
            Check.PAYOUTS: 1,
        } == kinds


@pytest.mark.parametrize(
    ("path", "value", "check"),
    [
        ("shoes 0 server_seed", "00" * 32, Check.COMMITMENT),
        ("shoes 0 server_seed", "x", Check.COMMITMENT),
        ("shoes 0 commitment", "00" * 32, Check.COMMITMENT),
        ("shoes 0 client_seeds 0", "lucky 8", Check.CARDS),
        ("shoes 0 client_seeds", ["lucky 7 ☃", ""], Check.SHOES),
        ("shoes 0 shoe_number", 99, Check.CARDS),
        ("shoes 0 shoe_number", -1, Check.SHUFFLE),
        ("shoes 0 shoe_number", 2**70, Check.SHUFFLE),
        ("shoes 0 first_card", 0, Check.CARDS),
        ("shoes 0 first_card", 103, Check.SHOES),
        ("shoes 0 first_card", -1, Check.SHOES),
        ("shoes 0 cards", 1, Check.SHOES),
        ("shoes 0 cards", 2**70, Check.SHOES),
        ("shoes", [], Check.SHOES),
        ("table_id", "test-2", Check.CARDS),
        ("rules dealer_hits_soft_17", True, Check.CARDS),
        ("rules penetration", 0.91, Check.RULES),
        ("rules blackjack_pays", "7:5", Check.RULES),
        ("rules unheard_of", True, Check.RULES),
        ("cards 0", "??", Check.CARDS),
        ("cards 3", "ZZ", Check.CARDS),
        ("cards_used", 0, Check.REPLAY),
        ("dealer cards 0", "2S", Check.REPLAY),
        ("dealer total", 3, Check.REPLAY),
        ("seats 0 bet", 1002, Check.REPLAY),
        ("seats 0 bet", 0, Check.REPLAY),
        ("seats 0 actions 0", "hint", Check.REPLAY),
        ("seats 0 actions", [], Check.REPLAY),
        ("seats 0 hands 0 cards 0", "2S", Check.REPLAY),
        ("seats 0 hands 0 bet", 3, Check.REPLAY),
        ("seats 0 hands 0 outcome", "tie", Check.REPLAY),
        ("seats 0 hands 0 outcome", None, Check.REPLAY),
        ("seats 0 hands 0 payout", 1, Check.PAYOUTS),
        ("seats 0 net", 1, Check.PAYOUTS),
        ("seats 0 insurance", {"bet": 7, "payout": 0}, Check.REPLAY),
        ("seats 2 seat", 2, Check.REPLAY),
        ("seats 2 seat", 4, Check.SHOES),
        ("seats", [], Check.REPLAY),
    ],
)
def test_a_change_fails_and_names_its_check(rich: Json, path: str, value: object, check: Check) -> None:
    verdict = judged(changed(rich, path, value))
    assert not verdict.ok
    assert verdict.error is not None
    assert ("does_not_match", check) == (verdict.error.code, verdict.error.check)
    assert all(finding.ok == (finding.reason is None) for finding in verdict.checks)


def changed(record: Json, path: str, value: object) -> Json:
    """A copy with one value changed; the path's words are keys and indexes."""
    copy: Any = deepcopy(record)
    *way, last = (int(word) if word.isdigit() else word for word in path.split())
    place = copy
    for word in way:
        place = place[word]
    assert last not in place or place[last] != value
    place[last] = value
    changed_record: Json = copy
    return changed_record


def test_what_is_different_is_told_by_its_place(rich: Json) -> None:
    was = rich["seats"][1]["hands"][0]["payout"]
    verdict = judged(changed(rich, "seats 1 hands 0 payout", 7))
    (failed,) = (finding for finding in verdict.checks if not finding.ok)
    assert [("seats[1].hands[0].payout", 7, was)] == [
        (each.field, each.recorded, each.computed) for each in failed.differences
    ]


def covered(text: str) -> object:
    """What a record says in the fields that are covered by a check; None where it can't be read."""
    try:
        record = json.loads(text)
    except ValueError:
        return None
    seats = [{name: seat.get(name) for name in OF_A_SEAT} for seat in record.get("seats", ())]
    return {**{name: record.get(name) for name in COVERED}, "seats": seats}


def one_character_changes(text: str) -> Iterator[str]:
    """The text with each of its characters exchanged for others, and left out."""
    for place, character in enumerate(text):
        others = {chr(ord(character) + 1), character.swapcase(), "0", "1", " ", ""} - {character}
        for other in sorted(others):
            yield text[:place] + other + text[place + 1 :]


@pytest.mark.parametrize(
    ("name", "rules", "fits"),
    [
        ("rich", TWO_DECKS, has_everything),
        ("two", SINGLE_DECK, lambda record: len(record["shoes"]) == 2),
        ("plain", NO_HOLE_CARD, lambda record: record["dealer"]["cards"][0][0] == "T"),
    ],
)
def test_no_character_can_be_changed_unnoticed(name: str, rules: Rules, fits: Any) -> None:
    text = json.dumps(first_where(name, rules, fits), separators=(",", ":"), ensure_ascii=False)
    said = covered(text)
    unnoticed = [
        broken for broken in one_character_changes(text) if is_verified(broken) and covered(broken) != said
    ]
    assert [] == unnoticed


def is_verified(text: str) -> bool:
    """Whether it is a record, and a true one."""
    try:
        return verify(parse_proof(text.encode())).ok
    except NotARecordError:
        return False


def test_names_times_and_the_rounds_own_id_are_not_covered(rich: Json) -> None:
    for path in ("seats 0 player", *NOT_COVERED):
        assert judged(changed(rich, path, "another")).ok


def test_the_record_of_another_round_than_was_asked_for_does_not_match(rich: Json) -> None:
    proof = parse_proof(json.dumps(rich).encode())
    assert verify(proof, asked_for=rich["round_id"]).ok
    verdict = verify(proof, asked_for="another")
    assert verdict.error is not None
    assert Check.ROUND == verdict.error.check


def test_a_round_over_two_shoes_is_checked_in_both(over_two_shoes: Json) -> None:
    assert judged(over_two_shoes).ok
    for number, shoe in enumerate(over_two_shoes["shoes"]):
        verdict = judged(changed(over_two_shoes, f"shoes {number} server_seed", "00" * 32))
        assert verdict.error is not None
        assert (Check.COMMITMENT, shoe["shoe_number"]) == (verdict.error.check, verdict.error.shoe_number)
    gap = changed(over_two_shoes, "shoes 1 shoe_number", over_two_shoes["shoes"][1]["shoe_number"] + 1)
    early = changed(over_two_shoes, "shoes 1 first_card", 1)
    for verdict in (judged(gap), judged(early)):
        assert verdict.error is not None
        assert Check.SHOES == verdict.error.check


def test_a_shoe_that_is_not_revealed_is_an_answer_of_its_own(rich: Json) -> None:
    hidden = changed(changed(rich, "shoes 0 revealed", value=False), "shoes 0 server_seed", None)
    verdict = judged(hidden)
    assert verdict.error is not None
    number = rich["shoes"][0]["shoe_number"]
    assert (False, "not_revealed", number) == (verdict.ok, verdict.error.code, verdict.error.shoe_number)
    assert all(finding.ok for finding in verdict.checks)
    assert {Check.RULES, Check.SHOES, Check.REPLAY, Check.PAYOUTS} == {each.check for each in verdict.checks}


def test_a_payout_is_checked_before_the_shoe_is_revealed(rich: Json) -> None:
    hidden = changed(changed(rich, "shoes 0 revealed", value=False), "shoes 0 server_seed", None)
    verdict = judged(changed(hidden, "seats 0 hands 0 payout", 12))
    assert verdict.error is not None
    assert ("does_not_match", Check.PAYOUTS) == (verdict.error.code, verdict.error.check)


def test_a_round_that_was_voided_amid_the_answers_about_insurance_is_verified() -> None:
    dealer, table = insured_table({1: 100, 2: 500, 3: 1})
    table.act(2, Move.INSURE)  # before seat 1 has answered
    table.do(Void(reason="test"))
    record = record_of(table, dealer)
    assert [[], ["insure"], []] == [seat["actions"] for seat in record["seats"]]
    assert judged(record).ok
    for path, value in (
        ("seats 1 actions 0", "hit"),
        ("seats 0 actions", ["insure"]),
        ("seats 1 insurance payout", 249),
        ("seats 2 hands 0 outcome", "push"),
    ):
        assert not judged(changed(record, path, value)).ok


@pytest.mark.parametrize("outcome", ["void", "win"])
def test_a_round_that_was_played_to_its_end_is_not_taken_for_a_voided_one(rich: Json, outcome: str) -> None:
    copy = deepcopy(rich)
    for seat in copy["seats"]:
        for hand in seat["hands"]:
            hand.update(outcome=outcome, payout=hand["bet"])
        seat.update(net=0)
    verdict = judged(copy)
    assert verdict.error is not None
    assert Check.REPLAY == verdict.error.check


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{}", b"\xff", b'{"round_id": 1}', b"[" * 100_000, b'{"a":' * 50_000]
)
def test_what_is_no_record_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(NotARecordError):
        parse_proof(data)


def test_a_scripted_round_is_no_record(rich: Json) -> None:
    script = {name: rich[name] for name in ("rules", "cards", "seats")}
    with pytest.raises(NotARecordError):
        parse_proof(json.dumps(script).encode())
