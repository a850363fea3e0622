"""What stakes earn, and how banks are kept full."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy.accrual import Swept, fill_banks, sweep
from economy.audit import audit
from economy.ids import new_id
from economy.ledger import transfer
from economy.plans import make_plan
from economy.store import open_account, post
from tests.integration.economy.builders import (
    Club,
    new_club,
    pay_all,
    payout_of,
    scalar,
    scheduled_run,
    total,
)


async def play(connection: AsyncConnection, table_id: str, club: Club | None, staked: int) -> None:
    """A settled seat."""
    await connection.execute(
        text(
            """INSERT INTO round_seats (user_id, round_id, table_id, seat, staked, paid, syndicate_id)
            VALUES (:user, :round, :table, 1, :staked, 0, :syndicate)"""
        ),
        {
            "user": new_id(), "round": new_id(), "table": table_id, "staked": staked,
            "syndicate": None if club is None else club.syndicate_id,
        },
    )  # fmt: skip


async def new_table(connection: AsyncConnection, table_id: str, target: int) -> int:
    """A table's row with an empty bank; the bank's account."""
    escrow_id = await open_account(connection, "escrow", table_id)
    bank_id = await open_account(connection, "bank", table_id)
    await connection.execute(
        text(
            """INSERT INTO tables (table_id, state, phase, escrow_id, bank_id, bank_target)
            VALUES (:table, ''::bytea, 'waiting', :escrow, :bank, :target)"""
        ),
        {"table": table_id, "escrow": escrow_id, "bank": bank_id, "target": target},
    )
    return bank_id


async def treasury_of(engine: AsyncEngine, club: Club) -> object:
    return await scalar(engine, "SELECT balance FROM accounts WHERE account_id = :id", id=club.treasury_id)


async def test_stakes_earn_their_part_and_fractions_are_carried(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[0])
        for staked in (700, 800):
            await play(connection, "main-1", club, staked)
        await play(connection, "main-1", None, 10_000_000)
    assert await sweep(engine, 10) == Swept(transfers=1, amount=1)  # 1.5 cents
    assert await sweep(engine, 10) == Swept(transfers=0, amount=0)
    async with engine.begin() as connection:
        await play(connection, "main-1", club, 499)
    assert await sweep(engine, 10) == Swept(transfers=0, amount=0)  # 1.999 cents in all
    async with engine.begin() as connection:
        await play(connection, "main-1", club, 1)
    assert await sweep(engine, 10) == Swept(transfers=1, amount=1)
    assert await treasury_of(engine, club) == 2
    assert await total(engine) == 0
    assert await audit(engine) == []


async def test_each_table_and_syndicate_gets_one_transfer(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        clubs = [await new_club(connection, shares=[0]) for _ in range(2)]
        for table_id in ("main-1", "main-2"):
            for club in clubs:
                for _ in range(5):
                    await play(connection, table_id, club, 2_000)
    assert await sweep(engine, 10) == Swept(transfers=4, amount=40)
    assert [await treasury_of(engine, club) for club in clubs] == [20, 20]
    assert await audit(engine) == []


async def test_sweeps_at_the_same_time_count_every_stake_once(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        clubs = [await new_club(connection, shares=[0]) for _ in range(3)]
        for club in clubs:
            for number in range(20):
                await play(connection, f"main-{number % 2}", club, 1_000)
    await asyncio.gather(*(sweep(engine, 10) for _ in range(4)))
    assert [await treasury_of(engine, club) for club in clubs] == [20, 20, 20]
    assert await audit(engine) == []


async def test_nothing_is_swept_for_a_house_that_gives_nothing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[0])
        await play(connection, "main-1", club, 10_000)
    assert await sweep(engine, 0) == Swept(transfers=0, amount=0)
    assert await audit(engine) == []


async def test_a_dry_run_reckons_with_what_the_sweep_will_bring(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100], treasury=900)
        await play(connection, "main-1", club, 55_500)
        plan = await make_plan(connection, syndicate_bps=10)
    assert plan.total == 1_055
    assert await treasury_of(engine, club) == 1_000
    await sweep(engine, 10)
    run_id = await scheduled_run(engine, plan_id=plan.plan_id)
    await pay_all(engine, run_id)
    assert (await payout_of(engine, run_id, club)).amount == 1_055
    assert await audit(engine) == []


async def test_a_low_bank_is_filled_from_the_mint_through_the_house(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        bank = await new_table(connection, "main-1", 1_000)
    assert await fill_banks(engine) == 1
    assert await fill_banks(engine) == 0
    moves = await _transfers(engine)
    assert moves == [("bank_fill", 1_000), ("mint", 1_000)]
    assert await _balance(engine, bank) == 1_000
    assert await audit(engine) == []


async def test_the_house_gives_what_it_has_before_new_chips_are_made(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        banks = [await new_table(connection, f"main-{number}", 1_000) for number in range(2)]
        house = await open_account(connection, "house", "")
        mint = await open_account(connection, "mint", "")
        await post(connection, [transfer(key="won", debit=mint, credit=house, amount=1_300, reason="credit")])
    assert await fill_banks(engine) == 2
    minted = await scalar(engine, "SELECT sum(amount)::bigint FROM transfers WHERE reason = 'mint'")
    assert minted == 700
    assert [await _balance(engine, bank) for bank in banks] == [1_000, 1_000]
    assert await _balance(engine, house) == 0


async def test_a_bank_that_is_half_full_or_better_is_left_alone(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        bank = await new_table(connection, "main-1", 1_000)
        mint = await open_account(connection, "mint", "")
        await post(connection, [transfer(key="a", debit=mint, credit=bank, amount=500, reason="credit")])
    assert await fill_banks(engine) == 0


async def test_a_bank_in_debt_is_filled_up_to_its_target_by_many_fillers_once(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        bank = await new_table(connection, "main-1", 1_000)
        mint = await open_account(connection, "mint", "")
        await post(connection, [transfer(key="a", debit=bank, credit=mint, amount=400, reason="credit")])
    await asyncio.gather(*(fill_banks(engine) for _ in range(4)))
    assert await _balance(engine, bank) == 1_000
    assert await audit(engine) == []


async def _balance(engine: AsyncEngine, account_id: int) -> object:
    return await scalar(engine, "SELECT balance FROM accounts WHERE account_id = :id", id=account_id)


async def _transfers(engine: AsyncEngine) -> list[tuple[str, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT reason, amount FROM transfers ORDER BY reason"))
        return [(row.reason, row.amount) for row in rows]
