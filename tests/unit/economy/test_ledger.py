"""Transfers that can't be are never made; money is whole cents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economy.faults import backoff_ms, jitter_ms
from economy.ids import new_id
from economy.ledger import KEY_LENGTH_MAX, TransferError, check_keys, transfer
from economy.money import MAX_CENTS, AmountError
from economy.pages import page_of
from economy.syndicates import name_key


def test_a_transfer_has_an_id_of_its_own() -> None:
    one, other = (transfer(key="k", debit=1, credit=2, amount=3, reason="bet") for _ in range(2))
    assert one.transfer_id != other.transfer_id
    assert (one.key, one.debit, one.credit, one.amount, one.reason) == ("k", 1, 2, 3, "bet")


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_above_zero(amount: int) -> None:
    with pytest.raises(TransferError):
        transfer(key="k", debit=1, credit=2, amount=amount, reason="bet")


@pytest.mark.parametrize("amount", [True, 1.0, MAX_CENTS + 1])
def test_an_amount_is_whole_cents_within_bounds(amount: int) -> None:
    with pytest.raises(AmountError):
        transfer(key="k", debit=1, credit=2, amount=amount, reason="bet")


def test_an_account_does_not_pay_itself() -> None:
    with pytest.raises(TransferError):
        transfer(key="k", debit=1, credit=1, amount=3, reason="bet")


@pytest.mark.parametrize("key", ["", "k" * (KEY_LENGTH_MAX + 1)])
def test_a_key_has_its_length(key: str) -> None:
    with pytest.raises(TransferError):
        transfer(key=key, debit=1, credit=2, amount=3, reason="bet")


def test_a_key_comes_once_in_a_transaction() -> None:
    one = transfer(key="k", debit=1, credit=2, amount=3, reason="bet")
    check_keys([one])
    with pytest.raises(TransferError, match="k"):
        check_keys([one, one])


def test_ids_are_uuids_of_version_7_in_order_of_time() -> None:
    ids = [new_id() for _ in range(200)]
    assert {one.version for one in ids} == {7}
    assert len(set(ids)) == 200
    assert [one.int >> 80 for one in ids] == sorted(one.int >> 80 for one in ids)


@given(attempt=st.integers(1, 10_000))
def test_a_wait_doubles_up_to_its_cap(attempt: int) -> None:
    longest = backoff_ms(attempt, base_ms=100, cap_ms=5_000)
    assert longest == min(5_000, 100 * 2 ** (attempt - 1))
    assert 0 <= jitter_ms(longest) <= longest


def test_a_page_ends_where_the_next_begins() -> None:
    assert page_of([1, 2, 3], 2, str).next == "2"
    assert page_of([1, 2], 2, str).next is None
    assert page_of([], 2, str).items == ()


def test_names_are_the_same_under_nfkc_and_case_folding() -> None:
    assert name_key("Straße") == name_key("STRASSE") == name_key("ſtrasse")
    assert name_key("Moe") != name_key("Moé")
