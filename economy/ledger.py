"""Accounts and transfers, the two things a ledger is made of."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from economy.ids import new_id
from economy.money import Money, cents

KEY_LENGTH_MAX: Final = 200


class AccountKind(StrEnum):
    """Whose money an account holds; only the first three may go below zero."""

    MINT = "mint"
    HOUSE = "house"
    BANK = "bank"
    ESCROW = "escrow"
    WALLET = "wallet"
    TREASURY = "treasury"


class TransferError(ValueError):
    """A transfer needs two different accounts, an amount above zero and a key that is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """`amount` cents from account `debit` to account `credit`, once and for ever under its `key`."""

    transfer_id: UUID
    key: str
    debit: int
    credit: int
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account holds after a transaction, and how many transactions it has seen."""

    balance: Money
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A player's account, with the dividends that came in and those that the player has confirmed."""

    account_id: int
    balance: Money
    version: int
    dividend_seq: int
    confirmed_through: int


def transfer(*, key: str, debit: int, credit: int, amount: int, reason: str) -> Transfer:
    """A checked transfer with a fresh id; raises `TransferError` or `AmountError`."""
    if not 0 < len(key) <= KEY_LENGTH_MAX:
        raise TransferError(f"a key has 1 to {KEY_LENGTH_MAX} characters: {key!r}")
    if debit == credit:
        raise TransferError(f"account {debit} can't pay itself")
    if cents(amount) <= 0:
        raise TransferError(f"an amount is above zero: {amount}")
    return Transfer(
        transfer_id=new_id(), key=key, debit=debit, credit=credit, amount=cents(amount), reason=reason
    )


def check_keys(transfers: Iterable[Transfer]) -> None:
    """Raise `TransferError` when two transfers of one transaction carry the same key."""
    repeated = [key for key, count in Counter(transfer.key for transfer in transfers).items() if count > 1]
    if repeated:
        raise TransferError(f"keys used twice: {', '.join(sorted(repeated))}")
