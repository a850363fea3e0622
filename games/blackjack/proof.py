"""A round record as it is verified, and what can be found about it."""

from enum import StrEnum
from typing import Final

import msgspec

from games.blackjack.history import DealerRecord


class NotARecordError(Exception):
    """This is no round record."""

    code = "not_a_record"

    def __init__(self, reason: str) -> None:
        super().__init__(f"This is no round record: {reason}.")


class Check(StrEnum):
    """What is looked at, in this order."""

    ROUND = "round"
    RULES = "rules"
    SHOES = "shoes"
    COMMITMENT = "commitment"
    SHUFFLE = "shuffle"
    CARDS = "cards"
    REPLAY = "replay"
    PAYOUTS = "payouts"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place where the record says something else than what follows from the rest of it."""

    field: str
    recorded: object
    computed: object


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One check: `reason` and up to 20 `differences` say why it failed; of one shoe where it has a number."""

    check: Check
    ok: bool
    shoe_number: int | None = None
    reason: str | None = None
    differences: tuple[Difference, ...] = ()


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a record is not verified: `not_revealed` or `does_not_match`."""

    code: str
    message: str
    check: Check | None = None
    shoe_number: int | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that was found about one record."""

    ok: bool
    round_id: str
    error: Fault | None = None
    checks: tuple[Finding, ...]


class ProofHand(msgspec.Struct, frozen=True, kw_only=True):
    """A hand as the record has it: its words are compared, not understood."""

    cards: tuple[str, ...]
    bet: int
    outcome: str | None
    payout: int


class ProofInsurance(msgspec.Struct, frozen=True, kw_only=True):
    """An insurance as the record has it."""

    bet: int
    payout: int


class ProofSeat(msgspec.Struct, frozen=True, kw_only=True):
    """A seat as the record has it; the player's name is not looked at."""

    seat: int
    bet: int
    actions: tuple[str, ...]
    hands: tuple[ProofHand, ...]
    insurance: ProofInsurance | None
    net: int


class ProofShoe(msgspec.Struct, frozen=True, kw_only=True):
    """What the round took from a shoe: `cards` of them from index `first_card` on, and the shoe's seeds."""

    commitment: str
    shoe_number: int
    first_card: int
    cards: int
    revealed: bool
    server_seed: str | None
    client_seeds: tuple[str, ...]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A round record as it is verified; what it says besides is left alone."""

    round_id: str
    table_id: str
    rules: dict[str, object]
    cards: tuple[str, ...]
    dealer: DealerRecord
    seats: tuple[ProofSeat, ...]
    cards_used: int
    shoes: tuple[ProofShoe, ...]


_DECODER: Final = msgspec.json.Decoder(Proof)


def parse_proof(data: bytes) -> Proof:
    """Read a round record from JSON; raises `NotARecordError`."""
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotARecordError(str(error)) from None
