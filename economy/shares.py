"""Splitting a total exactly: largest remainder."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from economy.money import Money, cents


class ShareError(ValueError):
    """The total and the shares are zero or more, one share at least is above zero, a holder comes once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A member with what a split needs to know."""

    user_id: UUID
    wallet_id: int
    shares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one member gets; never zero."""

    user_id: UUID
    wallet_id: int
    amount: Money


def split(total: Money, holders: Sequence[Holder], *, run_id: UUID) -> tuple[Part, ...]:
    """Split the total by shares to the cent; the parts in order of wallet, those of zero cents left out.

    Largest remainder: everybody gets the exact part rounded down, and the cents that are left go one each to
    those who lost most by that. Equal losses are decided by a hash of run and user: the same answer in every
    order and at every repeat, and no member favoured from run to run.
    """
    whole = sum(holder.shares for holder in holders)
    _check(total, holders, whole)
    floors = {holder.user_id: divmod(total * holder.shares, whole) for holder in holders}
    left = total - sum(floor for floor, _ in floors.values())
    ranked = sorted(floors, key=lambda user_id: (-floors[user_id][1], _tie(run_id, user_id)))
    lucky = frozenset(ranked[:left])
    parts = (
        Part(
            user_id=holder.user_id,
            wallet_id=holder.wallet_id,
            amount=cents(floors[holder.user_id][0] + (holder.user_id in lucky)),
        )
        for holder in sorted(holders, key=lambda holder: holder.wallet_id)
    )
    return tuple(part for part in parts if part.amount > 0)


def fingerprint(holders: Sequence[Holder]) -> bytes:
    """What tells whether any share changed: SHA-256 over all members that hold some, in order of user."""
    digest = hashlib.sha256()
    for holder in sorted(holders, key=lambda holder: holder.user_id):
        if holder.shares:
            digest.update(holder.user_id.bytes + holder.shares.to_bytes(8, "big"))
    return digest.digest()


def _check(total: Money, holders: Sequence[Holder], whole: int) -> None:
    if total < 0:
        raise ShareError(f"the total is below zero: {total}")
    if whole <= 0 or any(holder.shares < 0 for holder in holders):
        raise ShareError("shares are zero or more, and at least one is above zero")
    if len({holder.user_id for holder in holders}) < len(holders):
        raise ShareError("a holder comes twice")
    if len({holder.wallet_id for holder in holders}) < len(holders):
        raise ShareError("a wallet comes twice")


def _tie(run_id: UUID, user_id: UUID) -> bytes:
    return hashlib.blake2b(run_id.bytes + user_id.bytes, digest_size=16).digest()
