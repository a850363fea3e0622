"""Players, syndicates and money for the tests of the economy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy import syndicates
from economy.ids import new_id
from economy.payouts import Payout, PayoutStatus
from economy.reports import payouts_of_run
from economy.runs import complete, schedule_some, start_run
from economy.store import mint, open_account, open_wallet, wallet_of
from economy.tasks import pay_syndicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Club:
    """A syndicate with its treasury's account and its players in order of joining."""

    syndicate_id: UUID
    treasury_id: int
    players: tuple[UUID, ...]


async def new_player(connection: AsyncConnection, *, balance: int | None = None) -> UUID:
    """A player with the start money, or with `balance` cents."""
    user_id = new_id()
    name = f"p{user_id.hex[-12:]}"
    await connection.execute(
        text("INSERT INTO users (user_id, name, name_key, role) VALUES (:id, :name, :name, 'player')"),
        {"id": user_id, "name": name},
    )
    if balance is None:
        await open_wallet(connection, user_id)
        return user_id
    account_id = await open_account(connection, "wallet", str(user_id))
    if balance:
        await mint(connection, account_id, balance, key=f"start:{user_id}", reason="start")
    return user_id


async def new_club(
    connection: AsyncConnection,
    *,
    shares: Sequence[int],
    treasury: int = 0,
    dividend_bps: int = 10_000,
    minimum_payout: int = 0,
    reserve: int = 0,
) -> Club:
    """A syndicate of new players who contributed their shares, with `treasury` cents more from the mint."""
    players = [await new_player(connection, balance=1_000 + amount) for amount in shares]
    founder = players[0] if players else await new_player(connection)
    made = await syndicates.create(
        connection,
        founder,
        name=f"Club {new_id().hex[-10:]}",
        dividend_bps=dividend_bps,
        minimum_payout=minimum_payout,
        reserve=reserve,
    )
    for player in players[1:]:
        await syndicates.join(connection, player, made.syndicate_id)
    for player, amount in zip(players, shares, strict=True):
        if amount:
            await syndicates.contribute(connection, player, made.syndicate_id, amount, command_id="shares")
    treasury_id = await open_account(connection, "treasury", str(made.syndicate_id))
    if treasury:
        await mint(connection, treasury_id, treasury, key=f"gift:{made.syndicate_id}", reason="credit")
    return Club(syndicate_id=made.syndicate_id, treasury_id=treasury_id, players=tuple(players))


async def balance_of(engine: AsyncEngine, user_id: UUID) -> int:
    """What is in the player's wallet (cents)."""
    async with engine.connect() as connection:
        return (await wallet_of(connection, user_id)).balance


async def total(engine: AsyncEngine) -> int:
    """The sum over all accounts: zero, always."""
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SELECT sum(balance)::bigint FROM accounts")) or 0)


async def scalar(engine: AsyncEngine, statement: str, **parameters: object) -> object:
    """One value of one statement."""
    async with engine.connect() as connection:
        return await connection.scalar(text(statement), parameters)


async def change(engine: AsyncEngine, statement: str, **parameters: object) -> None:
    """Write by hand, in a transaction of its own."""
    async with engine.begin() as connection:
        await connection.execute(text(statement), parameters)


class Silent:
    """A doorbell that nobody hears: what is rung for is written down, and the test does the work itself."""

    def __init__(self) -> None:
        self.runs: list[UUID] = []
        self.pages: list[tuple[UUID, int]] = []
        self.payouts: list[tuple[UUID, datetime]] = []

    async def ring_run(self, run_id: UUID) -> None:
        """Write the run down."""
        self.runs.append(run_id)

    async def ring_pages(self, run_id: UUID, pages: Sequence[int]) -> int:
        """Write the pages down."""
        self.pages.extend((run_id, page) for page in pages)
        return len(pages)

    async def ring_payout(self, payout_id: UUID, retry_at: datetime) -> None:
        """Write the payout down."""
        self.payouts.append((payout_id, retry_at))


async def scheduled_run(engine: AsyncEngine, *, plan_id: UUID | None = None, page: int = 20) -> UUID:
    """A run that is RUNNING, all of its payouts SCHEDULED."""
    async with engine.begin() as connection:
        run_id = (await start_run(connection, plan_id=plan_id)).run_id
        while await schedule_some(connection, run_id, page=page, rows=page * 5):
            pass
    return run_id


async def payout_of(engine: AsyncEngine, run_id: UUID, club: Club) -> Payout:
    """The payout of a run to one syndicate."""
    async with engine.connect() as connection:
        found = await payouts_of_run(connection, run_id, limit=200)
    return next(payout for payout in found.items if payout.syndicate_id == club.syndicate_id)


async def pay_all(engine: AsyncEngine, run_id: UUID) -> None:
    """Pay whatever of a run is SCHEDULED, one after the other, and complete it."""
    async with engine.connect() as connection:
        found = await payouts_of_run(connection, run_id, status=PayoutStatus.SCHEDULED, limit=200)
    for payout in found.items:
        await pay_syndicate(engine, payout.payout_id)
    async with engine.begin() as connection:
        await complete(connection, run_id)
