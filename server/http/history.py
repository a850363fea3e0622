"""What is over: rounds, shoes and transfers."""

import re
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from economy.pages import Page
from economy.store import StatementLine, statement
from games.blackjack.history import DealerRecord, SeatRecord, ShoeRecord
from games.blackjack.rules import Rules
from games.blackjack.terms import Outcome
from server.errors import InvalidPayload, NotFound
from server.http import past
from server.http.calls import NEWEST_FIRST, Asked, Call, Nothing, Who, get
from server.http.past import SettledRound, ShoeKey, ShoeRow

_STATEMENT_CURSOR: Final = re.compile(r"\d{1,18}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Shoe(msgspec.Struct, frozen=True, kw_only=True):
    """A shoe; `server_seed` (hex) is null until it is revealed, rules and seeds until it is in play."""

    commitment: str
    table_id: str
    shoe_number: int
    rules: Rules | None
    revealed: bool
    server_seed: str | None
    client_seeds: list[str]
    rounds: list[UUID]


class RoundShoe(msgspec.Struct, frozen=True, kw_only=True):
    """What a round took from a shoe."""

    commitment: str
    shoe_number: int
    first_card: int
    cards: int
    revealed: bool
    server_seed: str | None
    client_seeds: list[str]


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """A round that is settled, in full: what `casino verify` checks."""

    rules: Rules
    cards: tuple[str, ...]
    dealer: DealerRecord
    seats: tuple[SeatRecord, ...]
    cards_used: int
    round_id: UUID
    table_id: str
    started_at: datetime
    settled_at: datetime
    shoes: list[RoundShoe]


class PlayedRound(Round, frozen=True, kw_only=True):
    """A round in full, with what it was to the caller, in cents; of a voided one every stake came back."""

    seat: int
    staked: int
    paid: int
    net: int
    voided: bool


async def list_rounds(asked: Asked[Nothing]) -> Page[PlayedRound]:
    """The caller's rounds, newest first."""
    page = asked.page()
    async with asked.services.engine.connect() as connection:
        played = await past.rounds_of(
            connection, asked.user.user_id, before=page.before_id(), limit=page.limit
        )
        keys = {key for line in played.items for key in line.round.shoe_keys}
        shoes = await past.shoes_of(connection, keys) if keys else {}
    return Page(items=tuple(_played(asked, line, shoes) for line in played.items), next=played.next)


async def show_round(asked: Asked[Nothing]) -> Round:
    """One settled round in full; the shoes' seeds once they are revealed."""
    async with asked.services.engine.connect() as connection:
        found = await past.round_of(connection, asked.path_id())
        if found is None:
            raise NotFound
        shoes = await past.shoes_of(connection, found.shoe_keys)
    return _round(asked, found, shoes)


async def show_shoe(asked: Asked[Nothing]) -> Shoe:
    """A shoe by its commitment, with the rounds that were dealt from it."""
    async with asked.services.engine.connect() as connection:
        row = await past.shoe_of(connection, asked.path("commitment"))
        if row is None:
            raise NotFound
        rounds = await past.rounds_from(connection, row)
    return Shoe(
        commitment=row.commitment,
        table_id=row.table_id,
        shoe_number=row.shoe_number,
        rules=row.rules,
        revealed=row.is_revealed,
        server_seed=_seed(asked, row),
        client_seeds=list(row.client_seeds),
        rounds=rounds,
    )


async def list_transfers(asked: Asked[Nothing]) -> Page[StatementLine]:
    """The caller's transfers, newest first."""
    page = asked.page()
    if page.before is not None and not _STATEMENT_CURSOR.fullmatch(page.before):
        raise InvalidPayload("before")
    async with asked.services.engine.connect() as connection:
        return await statement(connection, asked.user.user_id, before=page.before, limit=page.limit)


def _played(asked: Asked[Nothing], line: past.PlayedRound, shoes: dict[ShoeKey, ShoeRow]) -> PlayedRound:
    whole = _round(asked, line.round, shoes)
    return PlayedRound(
        **msgspec.structs.asdict(whole),
        seat=line.seat,
        staked=line.staked,
        paid=line.paid,
        net=line.paid - line.staked,
        voided=any(hand.outcome is Outcome.VOID for seat in whole.seats for hand in seat.hands),
    )


def _round(asked: Asked[Nothing], found: SettledRound, shoes: dict[ShoeKey, ShoeRow]) -> Round:
    record = found.record
    return Round(
        rules=record.rules,
        cards=record.cards,
        dealer=record.dealer,
        seats=record.seats,
        cards_used=record.cards_used,
        round_id=found.round_id,
        table_id=found.table_id,
        started_at=found.started_at,
        settled_at=found.settled_at,
        shoes=[_round_shoe(asked, shoe, shoes[found.table_id, shoe.shoe_number]) for shoe in record.shoes],
    )


def _round_shoe(asked: Asked[Nothing], shoe: ShoeRecord, kept: ShoeRow) -> RoundShoe:
    return RoundShoe(
        commitment=shoe.commitment,
        shoe_number=shoe.shoe_number,
        first_card=shoe.first_card,
        cards=shoe.cards,
        revealed=kept.is_revealed,
        server_seed=_seed(asked, kept),
        client_seeds=list(kept.client_seeds),
    )


def _seed(asked: Asked[Nothing], shoe: ShoeRow) -> str | None:
    """The server seed in hex, once it is revealed; before that it is not even unwrapped."""
    if not shoe.is_revealed:
        return None
    if shoe.server_seed is not None:
        return shoe.server_seed.hex()
    # Revealed by a version that left it wrapped.
    return asked.services.seeds.unwrap(shoe.wrapped_seed, shoe.table_id, shoe.shoe_number).hex()


CALLS: Final[tuple[Call[Any], ...]] = (
    get("/api/rounds", list_rounds, Page[PlayedRound], who=Who.PLAYER, query=NEWEST_FIRST),
    get("/api/rounds/{id}", show_round, Round, who=Who.ANYBODY),
    get("/api/shoes/{commitment}", show_shoe, Shoe, who=Who.ANYBODY),
    get("/api/transfers", list_transfers, Page[StatementLine], who=Who.PLAYER, query=NEWEST_FIRST),
)
