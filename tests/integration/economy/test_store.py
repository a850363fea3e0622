"""Accounts and transfers."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.errors import InsufficientFunds, NotFound
from economy.ids import new_id
from economy.ledger import TransferError, transfer
from economy.store import StatementLine, mint, open_account, open_wallet, post, statement, wallet_of
from tests.integration.economy.builders import balance_of, change, new_player, scalar, total


async def test_an_account_is_opened_once(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        first = await open_account(connection, "bank", "main-1")
        again = await open_account(connection, "bank", "main-1")
        other = await open_account(connection, "escrow", "main-1")
    assert first == again != other


async def test_an_account_is_opened_once_by_two_at_a_time(engine: AsyncEngine) -> None:
    async def open_it() -> int:
        async with engine.begin() as connection:
            return await open_account(connection, "bank", "main-1")

    assert len(set(await asyncio.gather(*(open_it() for _ in range(8))))) == 1


async def test_a_new_wallet_holds_the_start_money_from_the_mint(engine: AsyncEngine) -> None:
    user_id = new_id()
    async with engine.begin() as connection:
        await open_wallet(connection, user_id)
        wallet = await wallet_of(connection, user_id)
        page = await statement(connection, user_id)
    assert (wallet.balance, wallet.version, wallet.dividend_seq, wallet.confirmed_through) == (
        100_000,
        1,
        0,
        0,
    )
    assert [(line.amount, line.balance, line.reason) for line in page.items] == [(100_000, 100_000, "start")]
    assert await total(engine) == 0


async def test_a_stranger_has_no_wallet(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        with pytest.raises(NotFound):
            await wallet_of(connection, new_id())


async def test_a_repeated_key_moves_nothing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await new_player(connection, balance=500)
        account_id = (await wallet_of(connection, user_id)).account_id
        first = await mint(connection, account_id, 70, key="once", reason="credit")
        again = await mint(connection, account_id, 70, key="once", reason="credit")
    assert first == again
    assert await balance_of(engine, user_id) == 570


async def test_a_balance_that_does_not_cover_it_moves_nothing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await new_player(connection, balance=500)
        wallet = (await wallet_of(connection, user_id)).account_id
        house = await open_account(connection, "house", "")
    with pytest.raises(InsufficientFunds):
        async with engine.begin() as connection:
            await post(connection, [
                transfer(key="a", debit=wallet, credit=house, amount=300, reason="bet"),
                transfer(key="b", debit=wallet, credit=house, amount=201, reason="bet"),
            ])  # fmt: skip
    assert await balance_of(engine, user_id) == 500
    assert await scalar(engine, "SELECT count(*) FROM transfer_keys WHERE key IN ('a', 'b')") == 0


async def test_several_transfers_of_one_transaction_share_a_version(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await new_player(connection, balance=500)
        wallet = (await wallet_of(connection, user_id)).account_id
        house = await open_account(connection, "house", "")
        after = await post(connection, [
            transfer(key="a", debit=wallet, credit=house, amount=300, reason="bet"),
            transfer(key="b", debit=house, credit=wallet, amount=50, reason="settled"),
        ])  # fmt: skip
        page = await statement(connection, user_id)
    assert (after[wallet].balance, after[wallet].version) == (250, 2)
    assert (after[house].balance, after[house].version) == (250, 1)
    assert {(line.amount, line.balance, line.seq) for line in page.items} == {
        (-300, 200, 2), (50, 250, 2), (500, 500, 1),
    }  # fmt: skip


async def test_an_unknown_account_or_a_key_twice_moves_nothing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await new_player(connection, balance=500)
        wallet = (await wallet_of(connection, user_id)).account_id
    with pytest.raises(DBAPIError, match="unknown account"):
        async with engine.begin() as connection:
            await post(connection, [transfer(key="a", debit=wallet, credit=10**9, amount=1, reason="bet")])
    with pytest.raises(TransferError):
        async with engine.begin() as connection:
            await post(connection, [transfer(key="a", debit=wallet, credit=2, amount=1, reason="bet")] * 2)
    assert await balance_of(engine, user_id) == 500


@pytest.mark.parametrize(
    "statement_",
    [
        "UPDATE transfers SET amount = 1",
        "DELETE FROM transfers",
        "TRUNCATE transfers",
        "DELETE FROM transfer_keys",
    ],
)
async def test_transfers_are_append_only(engine: AsyncEngine, statement_: str) -> None:
    async with engine.begin() as connection:
        await new_player(connection)
    with pytest.raises(DBAPIError):
        await change(engine, statement_)


async def test_a_statement_goes_page_by_page_without_gap_or_repeat(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await new_player(connection, balance=10)
        wallet = (await wallet_of(connection, user_id)).account_id
        house = await open_account(connection, "house", "")
        for number in range(4):
            await post(connection, [
                transfer(key=f"{number}.{leg}", debit=house, credit=wallet, amount=1 + leg, reason="credit")
                for leg in range(3)
            ])  # fmt: skip
        whole = await statement(connection, user_id, limit=200)
        pages: list[StatementLine] = []
        before: str | None = None
        while True:
            page = await statement(connection, user_id, before=before, limit=2)
            pages.extend(page.items)
            if (before := page.next) is None:
                break
    assert len(whole.items) == 13
    assert tuple(pages) == whole.items
    assert [line.seq for line in pages] == sorted((line.seq for line in pages), reverse=True)


async def test_money_is_kept_when_many_move_it_at_once(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        players = [await new_player(connection, balance=1_000) for _ in range(4)]
        wallets = [(await wallet_of(connection, player)).account_id for player in players]

    async def pay(number: int) -> None:
        debit, credit = wallets[number % 4], wallets[(number * 3 + 1) % 4]
        if debit == credit:
            return
        async with engine.begin() as connection:
            await post(connection, [
                transfer(key=f"pay:{number}", debit=debit, credit=credit, amount=7, reason="credit")
            ])  # fmt: skip

    await asyncio.gather(*(pay(number) for number in range(60)))
    assert sum([await balance_of(engine, player) for player in players]) == 4_000
    assert await total(engine) == 0
