"""Players, syndicates and money for the tests of the economy."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy import syndicates
from economy.ids import new_id
from economy.store import mint, open_account, open_wallet, wallet_of


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
