"""A player's transfers, newest first: every line has the balance after it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy.ledger import transfer
from economy.store import StatementLine, open_account, post, statement, wallet_of
from tests.integration.economy.builders import new_player

AMOUNTS = (-100, -200, -50, 700, -350, 40)  # of one transaction: a split, a double, insurance, what came back


async def test_balances_go_down_to_zero_line_by_line(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await _busy_player(connection)
        lines = (await statement(connection, user_id, limit=200)).items

    assert lines[0].balance == 1_080
    assert [*(line.balance for line in lines[1:]), 0] == [line.balance - line.amount for line in lines]
    assert tuple(line.amount for line in reversed(lines[: len(AMOUNTS)])) == AMOUNTS


async def test_a_page_that_ends_within_a_transaction_says_the_same(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await _busy_player(connection)
        whole = (await statement(connection, user_id, limit=200)).items
        for limit in range(1, len(whole)):
            lines: list[StatementLine] = []
            before: str | None = None
            while True:
                page = await statement(connection, user_id, before=before, limit=limit)
                lines.extend(page.items)
                if (before := page.next) is None:
                    break
            assert tuple(lines) == whole


async def _busy_player(connection: AsyncConnection) -> UUID:
    """Somebody whose wallet two transactions moved several times each."""
    user_id = await new_player(connection, balance=1_000)
    wallet = (await wallet_of(connection, user_id)).account_id
    house = await open_account(connection, "house", "")
    for step in range(2):
        await post(
            connection,
            [
                transfer(
                    key=f"step:{step}:{number}",
                    debit=wallet if amount < 0 else house,
                    credit=house if amount < 0 else wallet,
                    amount=abs(amount),
                    reason="bet",
                )
                for number, amount in enumerate(AMOUNTS)
            ],
        )
    return user_id
