"""Shoes from seeds: the documented bytes, done a second time by hand."""

import hashlib
import hmac
import json
from collections import Counter
from itertools import chain, repeat
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from games.blackjack.rules import BlackjackPays, DoubleOn, Rules, SplitBy, Surrender, rules_text
from games.fairness import SeedError, commitment, shoe_order
from games.shoe import ScriptedDealer, shuffled, unshuffled
from tests.vectors import FILE

SEED = bytes(range(32))


def by_hand(
    seed: bytes, client_seeds: tuple[str, ...], table_id: str, shoe_number: int, decks: int, rules: str
) -> list[int]:
    """The order as the module's documentation says it, written without a look at its code."""
    text = b"moes-casino/shoe/1"
    text += len(table_id.encode()).to_bytes(4, "big") + table_id.encode()
    text += len(rules.encode()).to_bytes(4, "big") + rules.encode()
    text += shoe_number.to_bytes(8, "big") + bytes([len(client_seeds)])
    for number, client_seed in enumerate(client_seeds):
        own = client_seed if client_seed != "" else table_id + "/" + str(shoe_number) + "/" + str(number + 1)
        text += len(own.encode()).to_bytes(4, "big") + own.encode()
    context = hashlib.sha256(text).digest()
    stream = b"".join(
        hmac.new(seed, context + block.to_bytes(8, "big"), hashlib.sha256).digest()
        for block in range(decks * 52)
    )
    numbers = [int.from_bytes(stream[i : i + 4], "big") for i in range(0, len(stream), 4)]
    cards = list(range(52)) * decks
    for place in reversed(range(1, len(cards))):
        while numbers[0] >= 2**32 // (place + 1) * (place + 1):
            numbers.pop(0)
        other = numbers.pop(0) % (place + 1)
        cards[place], cards[other] = cards[other], cards[place]
    return cards


@pytest.mark.parametrize("decks", [1, 2, 6, 8])
@pytest.mark.parametrize("client_seeds", [(), ("",) * 7, ("a", "", "ü☃"), ("", "a", "ü☃")])
def test_a_shoe_is_ordered_as_documented(decks: int, client_seeds: tuple[str, ...]) -> None:
    rules = json.dumps({"decks": decks, "surrender": "late"}, separators=(",", ":"))
    assert by_hand(SEED, client_seeds, "main-1", 7, decks, rules) == list(
        shoe_order(SEED, client_seeds, "main-1", 7, decks, rules=rules)
    )


@pytest.mark.parametrize("vector", json.loads(FILE.read_bytes())["shoes"])
def test_a_published_shoe_is_what_the_documentation_makes_of_its_seeds(vector: dict[str, Any]) -> None:
    seed = bytes.fromhex(vector["server_seed"])
    assert hashlib.sha256(seed).hexdigest() == vector["commitment"]
    rules = json.dumps(vector["rules"], sort_keys=True, separators=(",", ":"))
    order = by_hand(
        seed,
        tuple(vector["client_seeds"]),
        vector["table_id"],
        vector["shoe_number"],
        vector["rules"]["decks"],
        rules,
    )
    ranks, suits = "A23456789TJQK", "SHDC"
    assert "".join(ranks[card % 13] + suits[card // 13] for card in order) == vector["cards"]


def test_a_shoe_holds_every_card_once_a_deck() -> None:
    assert Counter(shoe_order(SEED, ("x",), "main-1", 1, 6)) == Counter(unshuffled(6))


def test_every_input_changes_the_order() -> None:
    orders = {
        shoe_order(SEED, ("a", "b"), "main-1", 1, 1),
        shoe_order(bytes(32), ("a", "b"), "main-1", 1, 1),
        shoe_order(SEED, ("ab", ""), "main-1", 1, 1),
        shoe_order(SEED, ("", "ab"), "main-1", 1, 1),
        shoe_order(SEED, ("b", "a"), "main-1", 1, 1),
        shoe_order(SEED, ("a", "b", ""), "main-1", 1, 1),
        shoe_order(SEED, ("a", "b"), "main-2", 1, 1),
        shoe_order(SEED, ("a", "b"), "main-1", 2, 1),
        shoe_order(SEED, ("a", "b"), "main-1", 1, 1, rules='{"decks":1}'),
    }
    assert len(orders) == 9


@pytest.mark.parametrize("field", Rules.__struct_fields__)
def test_every_rule_is_part_of_what_a_shoe_is_bound_to(field: str) -> None:
    other: dict[str, object] = {
        "blackjack_pays": BlackjackPays.SIX_TO_FIVE,
        "double": DoubleOn.NINE_TO_ELEVEN,
        "max_hands": 3,
        "split_by": SplitBy.RANK,
        "surrender": Surrender.NONE,
        "penetration": 0.7500001,
        "decks": 5,
    }
    was = getattr(Rules(), field)
    assert rules_text(Rules()) != rules_text(replace(Rules(), **{field: other.get(field, not was)}))


def test_the_rules_are_written_as_json_with_sorted_keys_and_no_blanks() -> None:
    fields = msgspec.to_builtins(Rules(penetration=0.7))
    assert rules_text(Rules(penetration=0.7)) == json.dumps(fields, sort_keys=True, separators=(",", ":"))


def test_a_seat_without_a_seed_counts_with_a_public_value() -> None:
    assert shoe_order(SEED, ("main-1/3/1", "x"), "main-1", 3, 1) == shoe_order(
        SEED, ("", "x"), "main-1", 3, 1
    )


def test_numbers_above_the_largest_multiple_are_thrown_away() -> None:
    limit = 2**32 - 2**32 % 52
    expected = shuffled(1, repeat(5))
    assert expected == shuffled(1, chain([limit, 2**32 - 1], repeat(5)))
    assert expected != shuffled(1, chain([limit - 1], repeat(5)))


def test_the_commitment_is_the_hash_of_the_seed() -> None:
    assert commitment(SEED) == hashlib.sha256(SEED).hexdigest()


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_of_another_length_is_refused(seed: bytes) -> None:
    with pytest.raises(SeedError):
        commitment(seed)
    with pytest.raises(SeedError):
        shoe_order(seed, (), "main-1", 1, 1)


def test_a_script_goes_on_in_the_next_shoe() -> None:
    cards = unshuffled(1) + unshuffled(1)[:3]
    dealer = ScriptedDealer(cards)
    assert len(dealer.order(1, (), 1)) == 52
    assert list(dealer.order(2, (), 1)) == cards[52:]
