"""Settled rounds, played again: every card and every cent on record, in the books and by the shoes' seeds.

A round never changes once it is settled, and a shoe only by being revealed; so what is read in a few short
statements fits together, and nothing is held open while the rounds are played.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, Select, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.audit import TIMEOUT_MS, Finding
from games.blackjack.proof import Check, Proof
from games.blackjack.proof import Finding as Found
from games.blackjack.terms import Outcome
from games.blackjack.verify import verify
from server.schema import rounds, shoes
from telemetry.measure import measure_db_operation

REPLAY: Final = "rounds_replay_as_recorded"
SHOES: Final = "rounds_match_their_shoes"
TRANSFERS: Final = "rounds_match_their_transfers"
INVARIANTS: Final = (REPLAY, SHOES, TRANSFERS)

_BATCH: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SLACK: Final = timedelta(minutes=10)  # between the clocks of the casino's machines
_OF_SHOES: Final = frozenset({Check.SHOES, Check.COMMITMENT, Check.SHUFFLE, Check.CARDS})

# The transfers of a round lie between the moment that its id was made and its settlement.
_MOVED: Final = text(
    """WITH moved AS MATERIALIZED (
        SELECT round_id, debit, credit, amount, reason FROM transfers
        WHERE at BETWEEN :since AND :until AND round_id = ANY (:round_ids)
    ), legs AS (
        SELECT round_id, debit AS account_id, amount AS gave, 0 AS got, 0 AS back FROM moved
        UNION ALL SELECT round_id, credit, 0, amount,
            CASE WHEN reason IN ('settled', 'voided') THEN amount ELSE 0 END FROM moved
    )
    SELECT l.round_id, a.kind, a.owner, p.seat, p.staked, p.paid,
        sum(l.gave)::bigint AS gave, sum(l.got)::bigint AS got, sum(l.back)::bigint AS back
    FROM legs l JOIN accounts a USING (account_id)
    LEFT JOIN round_seats p ON p.round_id = l.round_id
        AND p.user_id = CASE WHEN a.kind = 'wallet' THEN a.owner::uuid END
    GROUP BY l.round_id, a.kind, a.owner, p.seat, p.staked, p.paid ORDER BY p.seat"""
)


class _NamedShoe(msgspec.Struct, frozen=True):
    shoe_number: Annotated[int, Meta(ge=1, lt=2**31)]


class _Named(msgspec.Struct, frozen=True):
    """What has to be known of a record before the rest of it can be looked at."""

    shoes: list[_NamedShoe]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Played:
    """What the database knows of one round."""

    round: Row[*tuple[Any, ...]]
    shoes: dict[int, Row[*tuple[Any, ...]]]
    moved: list[Row[*tuple[Any, ...]]]


async def audit_rounds(
    engine: AsyncEngine, count: int | None, chance: Random, seen: Callable[[int, int], None]
) -> AsyncIterator[Finding]:
    """What is wrong with the newest `count` rounds and as many from any time; with all for None.

    `seen` hears how many rounds are done, and of how many.
    """
    total = await _total(engine, count)
    done = 0
    seen(done, total)
    async for round_ids in _batches(engine, count, chance):
        for played in await _read(engine, round_ids):
            for finding in _check(played):
                yield finding
        done += len(round_ids)
        seen(done, max(done, total))


async def _total(engine: AsyncEngine, count: int | None) -> int:
    async with engine.connect() as connection, _measured("audit_round_count"):
        there = int(await connection.scalar(select(func.count()).select_from(rounds)) or 0)
    return there if count is None else min(there, 2 * count)


async def _batches(engine: AsyncEngine, count: int | None, chance: Random) -> AsyncIterator[list[UUID]]:
    """Ids of rounds, a batch at a time; those of a batch lie close together in time."""
    if count is None:
        after = UUID(int=0)
        while batch := await _ids(engine, after, _BATCH):
            yield batch
            after = batch[-1]
        return
    newest = await _newest(engine, count)
    for start in range(0, len(newest), _BATCH):
        yield newest[start : start + _BATCH]
    if not newest or len(newest) < count:
        return
    (oldest,) = await _ids(engine, UUID(int=0), 1)
    for _ in range(count):
        moment = UUID(int=chance.randint(oldest.int - 1, newest[0].int - 1))
        yield await _ids(engine, moment, 1)


async def _ids(engine: AsyncEngine, after: UUID, limit: int) -> list[UUID]:
    """The ids that come after one, in the order of time."""
    later = select(rounds.c.round_id).where(rounds.c.round_id > after)
    return await _listed(engine, later.order_by(rounds.c.round_id).limit(limit))


async def _newest(engine: AsyncEngine, limit: int) -> list[UUID]:
    return await _listed(engine, select(rounds.c.round_id).order_by(rounds.c.round_id.desc()).limit(limit))


async def _listed(engine: AsyncEngine, query: Select[tuple[UUID]]) -> list[UUID]:
    async with engine.connect() as connection, _measured("audit_round_ids"):
        return list(await connection.scalars(query))


async def _read(engine: AsyncEngine, round_ids: Sequence[UUID]) -> list[_Played]:
    """What the database knows of these rounds, in three statements of their own."""
    async with engine.connect() as connection, _measured("audit_rounds"):
        found = (await connection.execute(select(rounds).where(rounds.c.round_id.in_(round_ids)))).all()
        if not found:
            return []
        named = {(row.table_id, number) for row in found for number in _shoe_numbers(row.record)}
        dealt = select(shoes).where(tuple_(shoes.c.table_id, shoes.c.shoe_number).in_(named))
        used = {(row.table_id, row.shoe_number): row for row in await connection.execute(dealt)}
        span = {
            "since": min(_made_at(row.round_id) for row in found) - _SLACK,
            "until": max(row.settled_at for row in found) + _SLACK,
            "round_ids": list(round_ids),
        }
        moved: dict[UUID, list[Row[*tuple[Any, ...]]]] = {row.round_id: [] for row in found}
        for leg in await connection.execute(_MOVED, span):
            moved[leg.round_id].append(leg)
    return [
        _Played(
            round=row,
            shoes={
                number: used[row.table_id, number]
                for number in _shoe_numbers(row.record)
                if (row.table_id, number) in used
            },
            moved=moved[row.round_id],
        )
        for row in found
    ]


def _measured(name: str) -> AbstractAsyncContextManager[object]:
    return measure_db_operation(name, threshold_ms=TIMEOUT_MS)


def _shoe_numbers(record: object) -> list[int]:
    """The shoes that a record names, as far as it can be read."""
    try:
        named = msgspec.convert(record, _Named).shoes
    except msgspec.ValidationError:
        return []
    return [shoe.shoe_number for shoe in named]


def _made_at(round_id: UUID) -> datetime:
    """When the id was made (RFC 9562: its first 48 bits are Unix milliseconds)."""
    return _EPOCH + timedelta(milliseconds=round_id.int >> 80)


def _check(played: _Played) -> Iterator[Finding]:
    row = played.round
    about = f"round {row.round_id} at {row.table_id}"
    try:
        proof = _proof(played)
    except (KeyError, TypeError, msgspec.ValidationError) as fault:
        yield Finding(REPLAY, f"{about}: the record can't be read: {fault}")
        return
    for shoe in proof.shoes:
        kept = played.shoes.get(shoe.shoe_number)
        if kept is None or kept.commitment != shoe.commitment:
            yield Finding(SHOES, f"{about}: shoe {shoe.shoe_number} is not the one that is kept")
    for check in verify(proof).checks:
        if not check.ok:
            yield Finding(SHOES if check.check in _OF_SHOES else REPLAY, f"{about}: {_told(check)}")
    yield from (Finding(TRANSFERS, f"{about}: {wrong}") for wrong in _wrong_money(proof, played.moved))


def _proof(played: _Played) -> Proof:
    """The record with what was revealed since of the shoes it was dealt from."""
    row = played.round
    recorded = row.record
    return msgspec.convert(
        {
            **recorded,
            "round_id": str(row.round_id),
            "table_id": row.table_id,
            "shoes": [
                {**shoe, **_seeds(played.shoes.get(shoe["shoe_number"]))} for shoe in recorded["shoes"]
            ],
        },
        Proof,
    )


def _seeds(kept: Row[*tuple[Any, ...]] | None) -> dict[str, object]:
    if kept is None:
        return {"revealed": False, "server_seed": None, "client_seeds": ()}
    seed = kept.server_seed
    return {
        "revealed": seed is not None,
        "server_seed": None if seed is None else seed.hex(),
        "client_seeds": kept.client_seeds or (),
    }


def _told(check: Found) -> str:
    reason = check.reason or check.check.value
    shoe = "" if check.shoe_number is None else f" of shoe {check.shoe_number}"
    if not check.differences:
        return f"{reason}{shoe}"
    first = check.differences[0]
    return f"{reason}{shoe}: {first.field} is {first.recorded} on record and {first.computed} when played"


def _wrong_money(proof: Proof, moved: list[Row[*tuple[Any, ...]]]) -> Iterator[str]:
    """Where the ledger's transfers, or the players' bookings, are not what the record says."""
    is_voided = any(hand.outcome == Outcome.VOID for seat in proof.seats for hand in seat.hands)
    recorded = {
        seat.seat: (
            sum(hand.bet for hand in seat.hands) + (seat.insurance.bet if seat.insurance else 0),
            sum(hand.payout for hand in seat.hands) + (seat.insurance.payout if seat.insurance else 0),
        )
        for seat in proof.seats
    }
    missing = dict(recorded)
    for leg in moved:
        match leg.kind:
            case "wallet":
                staked, paid = leg.gave - (leg.got - leg.back), leg.back
                expected = recorded.get(leg.seat, (0, 0))
                missing.pop(leg.seat, None)
                if (staked, paid) != expected:
                    yield f"{_seat(leg)} staked and got {expected} on record, {(staked, paid)} in the ledger"
                if leg.seat is not None and (leg.staked, leg.paid) != expected:
                    yield f"{_seat(leg)} staked and got {expected} on record, {(leg.staked, leg.paid)} booked"
            case "escrow":
                if leg.gave != leg.got:
                    yield f"the escrow got {leg.got} and gave {leg.gave}"
            case _:
                gain = 0 if is_voided else sum(staked - paid for staked, paid in recorded.values())
                if leg.got - leg.gave != gain:
                    yield f"the {leg.kind} won {leg.got - leg.gave} in the ledger, {gain} on record"
    for number, (staked, paid) in missing.items():
        yield f"seat {number} staked and got {(staked, paid)} on record and moved nothing in the ledger"


def _seat(leg: Row[*tuple[Any, ...]]) -> str:
    return f"user {leg.owner}" if leg.seat is None else f"seat {leg.seat}"
