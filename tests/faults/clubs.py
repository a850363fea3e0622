"""Many syndicates whose every dividend is known beforehand."""

from collections.abc import Mapping
from uuid import uuid4

from sqlalchemy.ext.asyncio import create_async_engine

from server.settings import sqlalchemy_url
from tests.end_to_end.clients import Account
from tests.end_to_end.house import House
from tests.integration.economy.builders import new_club


async def found_clubs(house: House, count: int, *, members: int) -> dict[str, int]:
    """Syndicates that pay out all they have: each member's dividend is what that member contributed."""
    engine = create_async_engine(sqlalchemy_url(house.environment["DATABASE_URL"]))
    expected: dict[str, int] = {}
    try:
        async with engine.begin() as connection:
            for number in range(count):
                shares = [100 * (number + 1) + member for member in range(members)]
                club = await new_club(connection, shares=shares, dividend_bps=10_000)
                expected |= {str(player): amount for player, amount in zip(club.players, shares, strict=True)}
    finally:
        await engine.dispose()
    return expected


async def found_club_of(house: House, accounts: Mapping[str, Account]) -> dict[str, int]:
    """The same for players who can sign in."""
    expected: dict[str, int] = {}
    syndicate_id = ""
    for number, account in enumerate(accounts.values(), 1):
        api = house.api(account)
        if syndicate_id:
            await api.post(f"/api/syndicates/{syndicate_id}/join")
        else:
            made = await api.post("/api/syndicates", name=f"Club {uuid4().hex[:8]}", dividend_bps=10_000)
            syndicate_id = made["syndicate_id"]
        amount = 777 * number
        await api.post(f"/api/syndicates/{syndicate_id}/contribute", amount=amount, command_id=uuid4().hex)
        expected[account.user_id] = amount
    return expected


async def paid_wrong(house: House, expected: Mapping[str, int]) -> list[str]:
    """Members who did not get exactly their one dividend, reckoned from wallets and transfers alone."""
    rows = await house.database.fetch(
        """SELECT w.owner, array_agg(t.amount) AS amounts FROM transfers t
        JOIN accounts w ON w.account_id = t.credit AND w.kind = 'wallet'
        WHERE t.reason = 'dividend' GROUP BY w.owner"""
    )
    got = {row["owner"]: list(row["amounts"]) for row in rows}
    return [
        f"{user_id}: {got.get(user_id)} instead of [{expected.get(user_id)}]"
        for user_id in got.keys() | expected.keys()
        if got.get(user_id) != [expected.get(user_id)]
    ]
