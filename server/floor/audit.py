"""The tables' invariants: each is one statement, so that it sees one moment of a live database."""

from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.audit import Finding
from economy.schema import accounts
from games.blackjack.state import StateError, TableState, decode_state, stakes
from games.blackjack.terms import Phase
from server.schema import tables

_LIVE: Final = (Phase.BETTING, Phase.INSURANCE, Phase.PLAYING)

_JOURNAL: Final = text(
    """SELECT t.table_id, t.version, max(j.version) AS journalled, count(j.version) AS moves
    FROM tables t LEFT JOIN journal j ON j.table_id = t.table_id AND j.version > 1 -- the first is no move
    GROUP BY t.table_id, t.version
    HAVING t.version - 1 <> count(j.version) OR (t.version > 1 AND t.version <> max(j.version))"""
)
_SHOES: Final = text(
    """SELECT table_id, count(*) AS shoes, max(shoe_number) AS newest FROM shoes
    GROUP BY table_id HAVING count(*) <> max(shoe_number) OR min(shoe_number) <> 1"""
)
_NETS: Final = """(SELECT coalesce(sum((net #>> '{}')::numeric), 0) FROM jsonb_path_query(
    r.record, '$.seats[*].net ? (@.type() == "number")') AS net)"""
_ROUNDS: Final = text(
    f"""SELECT r.round_id, {_NETS} AS recorded, coalesce(sum(p.paid - p.staked), 0) AS booked
    FROM rounds r LEFT JOIN round_seats p ON p.round_id = r.round_id
    WHERE r.settled_at > clock_timestamp() - interval '1 day'
    GROUP BY r.round_id, r.record
    HAVING {_NETS} <> coalesce(sum(p.paid - p.staked), 0) LIMIT 20"""  # noqa: S608 - of constants
)
_BOOKINGS: Final = text(
    """SELECT p.round_id, p.user_id FROM round_seats p LEFT JOIN rounds r ON r.round_id = p.round_id
    WHERE p.settled_at > clock_timestamp() - interval '1 day' AND r.round_id IS NULL LIMIT 20"""
)

INVARIANTS: Final = (
    "table_escrow_equals_stakes",
    "no_escrow_without_live_round",
    "table_state_matches_its_row",
    "journal_complete",
    "shoe_numbers_without_gap",
    "round_records_match_bookings",
    "bookings_have_round_records",
)


async def audit_tables(connection: AsyncConnection) -> list[Finding]:
    """What is broken about the tables; empty when nothing is."""
    rows = (
        await connection.execute(
            select(
                tables.c.table_id, tables.c.state, tables.c.phase, tables.c.round_id, accounts.c.balance
            ).outerjoin_from(tables, accounts, accounts.c.account_id == tables.c.escrow_id)
        )
    ).all()
    findings = [finding for row in rows for finding in _audit_row(*row)]
    for row in await connection.execute(_JOURNAL):
        detail = f"{row.table_id}: version {row.version}, {row.moves} moves journalled up to {row.journalled}"
        findings.append(Finding("journal_complete", detail))
    for row in await connection.execute(_SHOES):
        detail = f"{row.table_id}: {row.shoes} shoes, the newest is number {row.newest}"
        findings.append(Finding("shoe_numbers_without_gap", detail))
    for row in await connection.execute(_ROUNDS):
        detail = f"round {row.round_id}: recorded net {row.recorded}, booked {row.booked}"
        findings.append(Finding("round_records_match_bookings", detail))
    for row in await connection.execute(_BOOKINGS):
        detail = f"round {row.round_id} of user {row.user_id} is booked and not on record"
        findings.append(Finding("bookings_have_round_records", detail))
    return findings


def _audit_row(table_id: str, data: bytes, phase: str, round_id: object, escrow: int | None) -> list[Finding]:
    try:
        state = decode_state(data)
    except StateError as error:
        return [Finding("table_state_matches_its_row", f"{table_id}: {error}")]
    findings = []
    if state.phase.value != phase or state.round_id != (None if round_id is None else str(round_id)):
        said = f"{state.phase.value} {state.round_id}"
        detail = f"{table_id}: the state says {said}, the row {phase} {round_id}"
        findings.append(Finding("table_state_matches_its_row", detail))
    findings.extend(_audit_escrow(table_id, state, escrow))
    return findings


def _audit_escrow(table_id: str, state: TableState, escrow: int | None) -> list[Finding]:
    at_stake = stakes(state)
    if escrow == at_stake:
        return []
    detail = f"{table_id}: {escrow} in escrow, {at_stake} at stake in phase {state.phase.value}"
    if state.phase in _LIVE:
        return [Finding("table_escrow_equals_stakes", detail)]
    return [Finding("no_escrow_without_live_round", detail)]
