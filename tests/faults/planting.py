"""Wrong rows, written by hand: a clean pass counts only if `casino audit` and the test itself see these."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg

from tests.end_to_end.house import House
from tests.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """What goes wrong, as SQL, and the invariants of which one must be named for it."""

    statement: str
    invariants: frozenset[str]


WRONG_BALANCE = Bug(
    statement="""UPDATE accounts SET balance = balance + 1
    WHERE account_id = (SELECT max(account_id) FROM accounts WHERE kind = 'wallet')""",
    invariants=frozenset({"balances_equal_transfers"}),
)
MISSING_TRANSFER = Bug(
    statement="""DELETE FROM transfers WHERE transfer_id = (
        SELECT max(transfer_id::text)::uuid FROM transfers WHERE reason = 'settled')""",
    invariants=frozenset({"balances_equal_transfers"}),
)
MISSING_JOURNAL_ROW = Bug(
    statement="""DELETE FROM journal WHERE (table_id, version) = (
        SELECT table_id, max(version) - 1 FROM journal GROUP BY table_id LIMIT 1)""",
    invariants=frozenset({"journal_complete"}),
)
CHANGED_CARD = Bug(
    statement="""UPDATE rounds SET record = jsonb_set(record, '{cards,0}',
        CASE WHEN record -> 'cards' -> 0 = '"AS"' THEN '"2H"' ELSE '"AS"' END::jsonb)
    WHERE round_id = (SELECT max(round_id::text)::uuid FROM rounds)""",
    invariants=frozenset({"rounds_replay_as_recorded"}),
)
CHANGED_PAYOUT = Bug(
    statement="""UPDATE transfers SET amount = amount + 1 WHERE transfer_id = (
        SELECT max(transfer_id::text)::uuid FROM transfers JOIN rounds USING (round_id)
        WHERE reason = 'settled')""",
    invariants=frozenset({"rounds_match_their_transfers"}),
)
CHANGED_JOURNAL = Bug(
    statement="""UPDATE journal SET events = set_byte(events, 5, 65) WHERE version = 2""",
    invariants=frozenset({"journals_replay_to_states"}),
)
FORGOTTEN_STAKE = Bug(
    # A bet that never was given back: the money is all there, but no round is about it.
    statement="""WITH wallet AS (
        SELECT account_id FROM accounts WHERE kind = 'wallet' AND balance > 500 ORDER BY account_id LIMIT 1
    ), escrow AS (SELECT escrow_id FROM tables LIMIT 1)
    SELECT post_transfers(ARRAY[gen_random_uuid()], ARRAY['planted'], ARRAY[wallet.account_id],
        ARRAY[escrow.escrow_id], ARRAY[500::bigint], ARRAY['bet'], NULL, NULL) FROM wallet, escrow""",
    # By the time that the audit looks, the seats of players who have gone may be free and the table waiting.
    invariants=frozenset({"table_escrow_equals_stakes", "no_escrow_without_live_round"}),
)
DOUBLE_DIVIDEND = Bug(
    # A second time, with a key, a seq and versions of its own: only the payout knows better.
    statement="""WITH first AS (
        SELECT * FROM transfers WHERE reason = 'dividend' ORDER BY amount, transfer_id LIMIT 1
    ), chips AS (
        UPDATE accounts a SET balance = balance + first.amount, version = a.version + 1,
            dividend_seq = dividend_seq + 1
        FROM first WHERE account_id = first.credit RETURNING a.*
    ), house AS (
        UPDATE accounts a SET balance = balance - first.amount, version = a.version + 1
        FROM first WHERE a.kind = 'mint' RETURNING a.*
    ), key AS (INSERT INTO transfer_keys VALUES ('planted'))
    INSERT INTO transfers (transfer_id, key, debit, credit, amount, reason, debit_balance, debit_version,
        credit_balance, credit_version, seq, payout_id)
    SELECT gen_random_uuid(), 'planted', house.account_id, chips.account_id, first.amount, 'dividend',
        house.balance, house.version, chips.balance, chips.version, chips.dividend_seq, first.payout_id
    FROM first, chips, house""",
    invariants=frozenset({"dividends_belong_to_payouts"}),
)
UNTOLD_PAYOUT = Bug(
    statement="""DELETE FROM outbox WHERE event = 'syndicate_paid'
        AND outbox_id = (SELECT max(outbox_id) FROM outbox WHERE event = 'syndicate_paid')""",
    invariants=frozenset({"paid_payouts_are_told"}),
)


async def plant(house: House, services: Services, bug: Bug) -> None:
    """Write the bug as the superuser, past the triggers that would refuse it."""
    name = urlsplit(house.environment["DATABASE_URL"]).path
    connection = await asyncpg.connect(f"{services.admin_url.rsplit('/', 1)[0]}{name}")
    try:
        await connection.execute("SET session_replication_role = replica")
        done = await connection.execute(bug.statement)
        assert done.split()[-1] != "0", f"planted {done}"
    finally:
        await connection.close()


async def is_seen(house: House, services: Services, *bugs: Bug) -> None:
    """Plant them, one after the other, and hold the audit to naming each."""
    for bug in bugs:
        assert not bug.invariants & (await house.audit()).keys()
        await plant(house, services, bug)
        assert bug.invariants & (await house.audit()).keys()
