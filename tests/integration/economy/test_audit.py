"""Each invariant, broken by hand, is found; what play and payouts leave behind is clean."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from economy.accrual import sweep
from economy.audit import INVARIANTS, audit
from economy.claims import Claim, fail
from economy.dividends import confirm
from economy.ids import new_id
from server.settings import sqlalchemy_url
from tests.integration.economy.builders import new_club, pay_all, payout_of, scheduled_run

if TYPE_CHECKING:
    from tests.services import Services

# What is broken, and by what; each line is run alone on books that are clean.
BREAKS = (
    ("accounts_sum_to_zero", "UPDATE accounts SET balance = balance + 1 WHERE kind = 'mint'"),
    ("balances_equal_transfers", "UPDATE accounts SET balance = balance + 1 WHERE kind = 'mint'"),
    ("balances_equal_transfers", "UPDATE transfers SET amount = amount + 1 WHERE reason = 'dividend'"),
    ("no_negative_balance", "UPDATE accounts SET balance = -1 WHERE kind = 'treasury'"),
    ("versions_chain", "UPDATE transfers SET debit_balance = debit_balance + 1 WHERE reason = 'dividend'"),
    ("versions_chain", "UPDATE transfers SET credit_version = credit_version + 7 WHERE reason = 'dividend'"),
    ("versions_chain", "DELETE FROM transfers WHERE reason = 'start'"),
    ("accounts_are_as_their_last_transfer", "UPDATE accounts SET version = version + 1 WHERE kind = 'mint'"),
    ("transfers_name_accounts", "UPDATE transfers SET credit = 999999 WHERE reason = 'dividend'"),
    ("transfer_keys_match", "UPDATE transfers SET key = 'a' WHERE reason = 'dividend' AND seq = 1"),
    ("transfer_keys_match", "DELETE FROM transfer_keys WHERE key LIKE 'payout:%'"),
    ("transfer_keys_match", "INSERT INTO transfer_keys VALUES ('of nothing')"),
    ("payouts_equal_transfers", "UPDATE payouts SET amount = amount - 1 WHERE status = 'PAID'"),
    ("payouts_equal_transfers", "UPDATE payouts SET members = members + 1 WHERE status = 'PAID'"),
    ("payouts_equal_transfers", "UPDATE payouts SET amount = 5 WHERE status = 'SKIPPED'"),
    ("payouts_equal_transfers", "UPDATE payouts SET treasury_version = NULL WHERE status = 'PAID'"),
    ("payouts_equal_transfers", "UPDATE transfers SET payout_id = NULL WHERE reason = 'dividend'"),
    ("dividends_belong_to_payouts", "UPDATE payouts SET status = 'FAILED' WHERE status = 'PAID'"),
    ("dividends_belong_to_payouts", "UPDATE transfers SET seq = NULL WHERE reason = 'dividend'"),
    (
        "finished_runs_have_no_scheduled_payouts",
        "UPDATE payouts SET status = 'SCHEDULED', finished_at = NULL WHERE status = 'SKIPPED'",
    ),
    ("payouts_have_runs", "DELETE FROM runs"),
    ("dividend_seqs_have_no_gaps", "UPDATE accounts SET dividend_seq = 9 WHERE kind = 'wallet'"),
    ("dividend_seqs_have_no_gaps", "UPDATE transfers SET seq = 5 WHERE seq = 1"),
    ("dividend_seqs_follow_versions", "UPDATE transfers SET seq = 3 - seq WHERE seq IS NOT NULL"),
    (
        "confirmed_within_dividends",
        "UPDATE accounts SET confirmed_through = dividend_seq + 1 WHERE kind = 'wallet'",
    ),
    ("accruals_equal_transfers", "UPDATE accruals SET units = units + 10000"),
    ("accruals_equal_transfers", "UPDATE accruals SET carry = carry + 1"),
    ("accruals_equal_transfers", "DELETE FROM accruals"),
    ("members_have_their_wallets", "UPDATE members SET wallet_id = 1"),
    ("syndicates_have_their_treasuries", "UPDATE syndicates SET treasury_id = 999999"),
    ("payouts_made_are_counted", "UPDATE syndicates SET payouts_made = payouts_made + 1"),
    ("paid_payouts_are_told", "DELETE FROM outbox WHERE event = 'syndicate_paid'"),
)


@pytest.fixture
async def superuser(services: "Services", postgres_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine that may break what the application may not: no trigger, no constraint holds it back."""
    admin = services.admin_url.rsplit("/", 1)[0] + urlsplit(postgres_url).path
    opened = create_async_engine(sqlalchemy_url(admin))
    async with opened.begin() as connection:
        await connection.execute(text("SET session_replication_role = replica"))
        for constraint in ("accounts_balance_not_negative", "accounts_confirmed_within"):
            await connection.execute(text(f"ALTER TABLE accounts DROP CONSTRAINT {constraint}"))
        await connection.execute(text("ALTER TABLE accruals DROP CONSTRAINT accruals_carry_check"))
    yield opened
    await opened.dispose()


async def clean_books(engine: AsyncEngine) -> None:
    """Two runs over three syndicates: paid, skipped and failed; stakes swept; dividends confirmed."""
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100, 200], treasury=900, dividend_bps=5_000)
        await new_club(connection, shares=[0])
        failing = await new_club(connection, shares=[10])
        await connection.execute(
            text(
                """INSERT INTO round_seats (user_id, round_id, table_id, seat, staked, paid, syndicate_id)
                VALUES (:user, :round, 'main-1', 1, 12345, 0, :syndicate)"""
            ),
            {"user": club.players[0], "round": new_id(), "syndicate": club.syndicate_id},
        )
    await sweep(engine, 10)
    for _ in range(2):
        run_id = await scheduled_run(engine)
        payout = await payout_of(engine, run_id, failing)
        async with engine.begin() as connection:
            claim = Claim(payout_id=payout.payout_id, attempts=0)
            await fail(connection, claim, error="E", is_final=True, wait_ms=0)
        await pay_all(engine, run_id)
    async with engine.begin() as connection:
        await confirm(connection, club.players[0], 1)


async def test_clean_books_have_no_finding(engine: AsyncEngine) -> None:
    assert await audit(engine) == []
    await clean_books(engine)
    assert await audit(engine) == []


@pytest.mark.parametrize(("invariant", "damage"), BREAKS)
async def test_what_is_broken_is_named(
    engine: AsyncEngine, superuser: AsyncEngine, invariant: str, damage: str
) -> None:
    await clean_books(engine)
    async with superuser.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        broken = await connection.execute(text(damage))
        assert broken.rowcount > 0
    findings = await audit(engine)
    assert invariant in {finding.invariant for finding in findings}
    assert all(finding.detail for finding in findings)


def test_every_invariant_is_broken_once() -> None:
    assert {invariant for invariant, _ in BREAKS} == set(INVARIANTS)
