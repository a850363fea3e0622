"""The rows that some moves write beside the table's own: shoes that start or end, rounds that are settled."""

from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from games.blackjack.events import (
    ConfigChanged,
    Event,
    RoundSettled,
    RoundVoided,
    ShoeFinished,
    ShoeStarted,
)
from games.blackjack.history import round_record
from games.blackjack.rules import Rules
from games.blackjack.settle import SettledStake, settled_stakes
from games.blackjack.terms import Phase
from games.ports import Step
from server.floor.dealer import LiveDealer
from server.floor.seeds import SeedVault

_WITH_ROWS: Final = (RoundSettled, RoundVoided, ShoeFinished, ShoeStarted)

_START_SHOE: Final = """
UPDATE shoes SET client_seeds = $3, decks = $4, rules = $5, started_at = clock_timestamp()
WHERE table_id = $1 AND shoe_number = $2"""

_PREPARE_SHOE: Final = """
INSERT INTO shoes (table_id, shoe_number, commitment, wrapped_seed) VALUES ($1, $2, $3, $4)"""

_REVEAL_SHOE: Final = """
UPDATE shoes SET revealed_at = clock_timestamp(), server_seed = $3 WHERE table_id = $1 AND shoe_number = $2"""

_ROUND: Final = """
INSERT INTO rounds (round_id, table_id, started_at, record)
SELECT $1, table_id, coalesce(round_started_at, clock_timestamp()), $3 FROM tables WHERE table_id = $2"""

_SEATS: Final = """
INSERT INTO round_seats (user_id, round_id, table_id, seat, staked, paid, syndicate_id)
SELECT s.user_id, $1, $2, s.seat, s.staked, s.paid, m.syndicate_id
FROM unnest($3::uuid[], $4::integer[], $5::bigint[], $6::bigint[]) AS s (user_id, seat, staked, paid)
LEFT JOIN members m ON m.user_id = s.user_id AND $7"""


def needs_rows(events: tuple[Event, ...]) -> bool:
    """Whether these events write more than the table's own row."""
    return any(isinstance(event, _WITH_ROWS) for event in events)


async def write_rows(connection: asyncpg.Connection, step: Step, vault: SeedVault) -> None:
    """Write them, in the transaction of the move and in the order in which they happened."""
    rules = step.before.state.config.rules
    for event in step.events:
        match event:
            case ConfigChanged():
                rules = event.config.rules
            case ShoeStarted():
                await _start_shoe(connection, step, event, rules, vault)
            case ShoeFinished():
                number = event.shoe_number
                seed = _live_dealer(step).seed(number)
                await connection.execute(_REVEAL_SHOE, step.before.table_id, number, seed)
            case RoundSettled():
                await _record(connection, step)
                await _book(connection, step, settled_stakes(step.before.state, step.events), earns=True)
            case RoundVoided() if step.after.phase is Phase.SETTLED:  # else no card was dealt
                await _record(connection, step)
                await _book(connection, step, _voided_stakes(event), earns=False)
            case _:
                pass


async def _start_shoe(
    connection: asyncpg.Connection, step: Step, event: ShoeStarted, rules: Rules, vault: SeedVault
) -> None:
    """Freeze what the shoe is dealt under, and keep the seed of the one after it."""
    table_id, number = step.before.table_id, event.shoe_number
    written = msgspec.json.encode(rules).decode()
    await connection.execute(_START_SHOE, table_id, number, list(event.client_seeds), event.decks, written)
    wrapped = vault.wrap(_live_dealer(step).seed(number + 1), table_id, number + 1)
    await connection.execute(_PREPARE_SHOE, table_id, number + 1, event.next_commitment, wrapped)


def _live_dealer(step: Step) -> LiveDealer:
    if not isinstance(step.dealer, LiveDealer):
        raise TypeError("only the live dealer knows the seeds of shoes that are stored")
    return step.dealer


async def _record(connection: asyncpg.Connection, step: Step) -> None:
    record = msgspec.json.encode(round_record(step.after, step.dealer)).decode()
    await connection.execute(_ROUND, UUID(step.after.round_id), step.before.table_id, record)


def _voided_stakes(event: RoundVoided) -> tuple[SettledStake, ...]:
    return tuple(
        SettledStake(refund.user_id, refund.seat, refund.amount, refund.amount) for refund in event.refunds
    )


async def _book(
    connection: asyncpg.Connection, step: Step, stakes: tuple[SettledStake, ...], *, earns: bool
) -> None:
    """Note the round for each of its players; what `earns` is what the players' syndicates have a part in."""
    await connection.execute(
        _SEATS,
        UUID(step.after.round_id),
        step.before.table_id,
        [UUID(user_id) for user_id, _, _, _ in stakes],
        [seat for _, seat, _, _ in stakes],
        [staked for _, _, staked, _ in stakes],
        [paid for _, _, _, paid in stakes],
        earns,
    )
