"""What a new `casino dev` looks like: six tables, three syndicates and the bots that play there."""

import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.ids import new_id
from economy.money import Money
from economy.store import mint, wallet_of
from economy.syndicates import contribute, create, join
from games.blackjack.presets import preset
from games.blackjack.state import TableConfig
from server.dev.bots import Bot
from server.floor.floor import Floor
from server.identity.service import Identity
from server.schema import tables

BOT_STAKE: Final = 100_000  # cents; what a broke bot is topped up to
BROKE: Final = 20_000

TABLES: Final = (
    ("penny-1", "Penny Lane", 10, 1_000, "single-deck", True),
    ("main-1", "Main Street", 100, 10_000, "house", True),
    ("downtown-1", "Fremont Street", 200, 20_000, "downtown", True),
    ("strip-1", "The Strip", 500, 50_000, "vegas-strip", False),
    ("riviera-1", "Riviera, no hole card", 1_000, 100_000, "european", False),
    ("high-1", "High Rollers", 5_000, 1_000_000, "atlantic-city", False),
)
"""Id, name, limits in cents, preset, hints."""

SYNDICATES: Final = (
    ("Moe's Regulars", 2_500),
    ("Lucky Sevens", 4_000),
    ("The Night Shift", 1_000),
)

BOT_NAMES: Final = (
    "Ada", "Bela", "Chip", "Dot", "Ernie", "Flo", "Gus", "Hattie", "Ike", "Juno", "Kit", "Lola",
    "Mack", "Nell", "Otto", "Pearl", "Quinn", "Rex", "Stella", "Teddy", "Uma", "Vince", "Wanda", "Ziggy",
)  # fmt: skip


async def is_new(engine: AsyncEngine) -> bool:
    """Whether the database has no table yet."""
    async with engine.connect() as connection:
        return not await connection.scalar(select(func.count()).select_from(tables))


async def furnish(floor: Floor) -> None:
    """Make the tables."""
    for table_id, name, low, high, game, hints in TABLES:
        await floor.create_table(
            TableConfig(
                table_id=table_id,
                name=name,
                rules=preset(game).rules,
                min_bet=Money(low),
                max_bet=Money(high),
                seats=7 if table_id == "main-1" else 5,
                betting_ms=12_000,
                turn_ms=20_000,
                insurance_ms=8_000,
                pause_ms=4_000,
                hints=hints,
            )
        )


async def hire_bots(identity: Identity, count: int) -> list[Bot]:
    """The bots with fresh sessions, spread over the tables; registered when they are new."""
    bots = []
    for number in range(count):
        round_number, index = divmod(number, len(BOT_NAMES))
        name = f"Bot {BOT_NAMES[index]}" + (f" {round_number + 1}" if round_number else "")
        user, token = await identity.sign_in_bot(name, secrets.token_urlsafe(32))
        table_id = TABLES[number % len(TABLES)][0]
        bots.append(Bot(token=token, user_id=str(user.user_id), table_id=table_id))
    return bots


async def found_syndicates(engine: AsyncEngine, bots: list[Bot]) -> None:
    """Three syndicates of bots, each with something in its treasury."""
    for number, (name, dividend_bps) in enumerate(SYNDICATES):
        partners = bots[number :: len(SYNDICATES)]
        if not partners:
            continue
        async with engine.begin() as connection:
            founder = UUID(partners[0].user_id)
            made = await create(connection, founder, name=name, dividend_bps=dividend_bps)
            for bot in partners:
                user_id = UUID(bot.user_id)
                if user_id != founder:
                    await join(connection, user_id, made.syndicate_id)
                amount = 5_000 * (1 + number)
                await contribute(connection, user_id, made.syndicate_id, amount, command_id=f"demo-{user_id}")


async def keep_solvent(engine: AsyncEngine, bots: list[Bot]) -> None:
    """Top up the bots that are broke, with new chips."""
    for bot in bots:
        async with engine.begin() as connection:
            wallet = await wallet_of(connection, UUID(bot.user_id))
            if wallet.balance < BROKE:
                missing = BOT_STAKE - wallet.balance
                await mint(connection, wallet.account_id, missing, key=f"bot:{new_id()}", reason="top_up")
