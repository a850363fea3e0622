"""Every invariant of the ledger and of the dividend lane, as a query that finds what breaks it.

Each query is a statement of its own and reads one snapshot, so that a live database is judged fairly and no
snapshot is held for long. A finding names the invariant and the first rows that break it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from telemetry.measure import measure_db_operation

_SHOWN: Final = 5  # findings of one invariant that are told in full
TIMEOUT_MS: Final = 120_000

# What several invariants are about; PostgreSQL reckons only what a query names.
_COMMON: Final = """
    WITH legs AS ( -- both legs of every transfer: what moved on an account, and what it held after it
        SELECT debit AS account_id, -amount AS moved, debit_balance AS balance, debit_version AS version
        FROM transfers
        UNION ALL SELECT credit, amount, credit_balance, credit_version FROM transfers
    ), payout_moves AS ( -- a payout's transfers are found by the treasury and its version
        SELECT p.payout_id, p.status, p.amount, p.members, coalesce(sum(t.amount), 0) AS moved,
            count(t.transfer_id) AS transfers, count(*) FILTER (WHERE t.payout_id = p.payout_id) AS own
        FROM payouts p
        JOIN syndicates s ON s.syndicate_id = p.syndicate_id
        LEFT JOIN transfers t ON t.debit = s.treasury_id AND t.debit_version = p.treasury_version
        GROUP BY p.payout_id
    )"""

INVARIANTS: Final[Mapping[str, str]] = {
    "accounts_sum_to_zero": """
        SELECT 'the sum over all accounts is ' || sum(balance) FROM accounts HAVING sum(balance) <> 0""",
    "balances_equal_transfers": """
        SELECT 'account ' || a.account_id || ' (' || a.kind || ') holds ' || a.balance
            || ', its transfers sum to ' || coalesce(l.moved, 0)
        FROM accounts a LEFT JOIN (
            SELECT account_id, sum(moved) AS moved FROM legs GROUP BY account_id
        ) l USING (account_id) WHERE a.balance <> coalesce(l.moved, 0)""",
    "no_negative_balance": """
        SELECT kind || ' of ' || owner || ' holds ' || balance FROM accounts
        WHERE balance < 0 AND kind IN ('wallet', 'escrow', 'treasury')""",
    "versions_chain": """
        SELECT 'account ' || account_id || ' at version ' || version || ' holds ' || balance || ' after '
            || before || CASE WHEN moved >= 0 THEN ' + ' ELSE ' - ' END || abs(moved)
        FROM (
            SELECT account_id, version, min(balance) AS balance, max(balance) AS most, sum(moved) AS moved,
                coalesce(lag(min(balance)) OVER w, 0) AS before, lag(version) OVER w AS version_before
            FROM legs GROUP BY account_id, version
            WINDOW w AS (PARTITION BY account_id ORDER BY version)
        ) steps
        WHERE balance <> most OR balance <> before + moved OR version <> coalesce(version_before, 0) + 1""",
    "accounts_are_as_their_last_transfer": """
        SELECT 'account ' || a.account_id || ' is at version ' || a.version || ', its transfers at '
            || coalesce(l.version, 0)
        FROM accounts a LEFT JOIN (
            SELECT account_id, max(version) AS version FROM legs GROUP BY account_id
        ) l USING (account_id) WHERE a.version <> coalesce(l.version, 0)""",
    "transfers_name_accounts": """
        SELECT 'a transfer names account ' || l.account_id || ', which is not there'
        FROM legs l LEFT JOIN accounts a USING (account_id) WHERE a.account_id IS NULL""",
    "transfer_keys_match": """
        SELECT 'key ' || coalesce(t.key, k.key) || CASE WHEN k.key IS NULL THEN ' is not reserved'
            WHEN t.key IS NULL THEN ' has no transfer' ELSE ' has ' || t.uses || ' transfers' END
        FROM (SELECT key, count(*) AS uses FROM transfers GROUP BY key) t
        FULL JOIN transfer_keys k ON k.key = t.key
        WHERE t.key IS NULL OR k.key IS NULL OR t.uses <> 1""",
    "payouts_equal_transfers": """
        SELECT 'payout ' || payout_id || ' (' || status || ') says ' || amount || ' to ' || members
            || ', moved ' || moved || ' to ' || transfers
        FROM payout_moves
        WHERE (status = 'PAID'
                AND (amount <> moved OR members <> transfers OR own <> transfers OR members = 0))
            OR (status <> 'PAID' AND (transfers > 0 OR amount <> 0))""",
    "dividends_belong_to_payouts": """
        SELECT 'dividend ' || t.transfer_id || ' is of no paid payout'
        FROM transfers t LEFT JOIN payouts p ON p.payout_id = t.payout_id AND p.status = 'PAID'
        WHERE (t.reason = 'dividend' OR t.seq IS NOT NULL)
            AND (p.payout_id IS NULL OR t.seq IS NULL OR t.debit_version <> p.treasury_version)""",
    "finished_runs_have_no_scheduled_payouts": """
        SELECT 'run ' || r.run_id || ' is ' || r.status || ', payout ' || p.payout_id || ' is SCHEDULED'
        FROM runs r JOIN payouts p ON p.run_id = r.run_id AND p.status = 'SCHEDULED'
        WHERE r.status IN ('COMPLETED', 'CANCELLED')""",
    "payouts_have_runs": """
        SELECT 'payout ' || p.payout_id || ' is of no run or of no syndicate' FROM payouts p
        LEFT JOIN runs r ON r.run_id = p.run_id LEFT JOIN syndicates s ON s.syndicate_id = p.syndicate_id
        WHERE r.run_id IS NULL OR s.syndicate_id IS NULL""",
    "dividend_seqs_have_no_gaps": """
        SELECT 'wallet ' || a.account_id || ' is at dividend ' || a.dividend_seq || ', its transfers are '
            || coalesce(t.seqs, 0) || ' from ' || coalesce(t.first, 0) || ' to ' || coalesce(t.last, 0)
        FROM accounts a LEFT JOIN (
            SELECT credit, count(DISTINCT seq) AS seqs, count(*) AS transfers, min(seq) AS first,
                max(seq) AS last
            FROM transfers WHERE seq IS NOT NULL GROUP BY credit
        ) t ON t.credit = a.account_id
        WHERE a.dividend_seq <> coalesce(t.seqs, 0) OR a.dividend_seq <> coalesce(t.transfers, 0)
            OR a.dividend_seq <> coalesce(t.last, 0) OR coalesce(t.first, 1) <> 1""",
    "dividend_seqs_follow_versions": """
        SELECT 'wallet ' || credit || ' got dividend ' || seq || ' before dividend ' || seq_before FROM (
            SELECT credit, seq, lag(seq) OVER (PARTITION BY credit ORDER BY credit_version) AS seq_before
            FROM transfers WHERE seq IS NOT NULL
        ) steps WHERE seq <= seq_before""",
    "confirmed_within_dividends": """
        SELECT 'wallet ' || account_id || ' has confirmed ' || confirmed_through || ' of ' || dividend_seq
        FROM accounts WHERE confirmed_through < 0 OR confirmed_through > dividend_seq""",
    "accruals_equal_transfers": """
        SELECT 'table ' || coalesce(a.table_id, b.owner) || ' and syndicate '
            || coalesce(a.syndicate_id, s.syndicate_id) || ': ' || coalesce(a.units, 0) || ' units, carry '
            || coalesce(a.carry, 0) || ', moved ' || coalesce(t.moved, 0)
        FROM (
            SELECT debit, credit, sum(amount) AS moved FROM transfers
            WHERE reason = 'accrual' GROUP BY debit, credit
        ) t
        JOIN accounts b ON b.account_id = t.debit JOIN syndicates s ON s.treasury_id = t.credit
        FULL JOIN accruals a ON a.table_id = b.owner AND a.syndicate_id = s.syndicate_id
        WHERE coalesce(a.units, 0) <> 10000 * coalesce(t.moved, 0) + coalesce(a.carry, 0)""",
    "members_have_their_wallets": """
        SELECT 'member ' || m.user_id || ' of ' || m.syndicate_id || ' has account ' || m.wallet_id
        FROM members m
        LEFT JOIN accounts a ON a.account_id = m.wallet_id AND a.kind = 'wallet' AND a.owner = m.user_id::text
        LEFT JOIN syndicates s ON s.syndicate_id = m.syndicate_id
        WHERE a.account_id IS NULL OR s.syndicate_id IS NULL""",
    "syndicates_have_their_treasuries": """
        SELECT 'syndicate ' || s.syndicate_id || ' has account ' || s.treasury_id
        FROM syndicates s LEFT JOIN accounts a
            ON a.account_id = s.treasury_id AND a.kind = 'treasury' AND a.owner = s.syndicate_id::text
        WHERE a.account_id IS NULL""",
    "payouts_made_are_counted": """
        SELECT 'syndicate ' || s.syndicate_id || ' counts ' || s.payouts_made || ' payouts, there are '
            || count(p.*)
        FROM syndicates s LEFT JOIN payouts p ON p.syndicate_id = s.syndicate_id AND p.status = 'PAID'
        GROUP BY s.syndicate_id HAVING s.payouts_made <> count(p.*)""",
    "paid_payouts_are_told": """
        SELECT 'payout ' || p.payout_id || ' is PAID, and nobody was told' FROM payouts p
        WHERE p.status = 'PAID' AND p.finished_at > clock_timestamp() - interval '6 days' AND NOT EXISTS (
            SELECT 1 FROM outbox o WHERE o.event = 'syndicate_paid'
                AND o.payload ->> 'payout_id' = p.payout_id::text)""",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """An invariant that does not hold, and what breaks it."""

    invariant: str
    detail: str


async def audit(engine: AsyncEngine, invariants: Mapping[str, str] = INVARIANTS) -> list[Finding]:
    """Check every invariant on a live database; an empty list means that all of them hold.

    `invariants` maps names to queries that give a line of text for each thing that breaks it.
    """
    findings = []
    for name, query in invariants.items():
        async with engine.begin() as connection, measure_db_operation("audit", threshold_ms=TIMEOUT_MS):
            await connection.execute(text(f"SET LOCAL statement_timeout = {TIMEOUT_MS}"))
            broken = list(await connection.scalars(text(f"{_COMMON} {query} LIMIT {_SHOWN + 1}")))
        findings += [Finding(invariant=name, detail=str(detail)) for detail in broken[:_SHOWN]]
        if len(broken) > _SHOWN:
            findings.append(Finding(invariant=name, detail="… and more"))
    return findings
