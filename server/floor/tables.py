"""Making tables: the row, its accounts and its first two shoes."""

from typing import Final

import msgspec
from sqlalchemy import func, insert, null
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from economy.store import open_account
from games.blackjack.events import ConfigChanged, encode_events
from games.blackjack.state import TableConfig, encode_state, new_table
from games.fairness import commitment
from server.errors import NameTaken
from server.floor.seeds import SeedVault
from server.schema import journal, shoes, tables

BANK_ROUNDS: Final = 40  # a full bank pays a full table of highest bets so many times over


def bank_target(config: TableConfig) -> int:
    """What the table's bank is filled up to (cents)."""
    return config.max_bet * config.seats * BANK_ROUNDS


async def create_table(connection: AsyncConnection, vault: SeedVault, config: TableConfig) -> None:
    """Write a new table that waits for its first player; raises NameTaken when its id is in use."""
    escrow_id = await open_account(connection, "escrow", config.table_id)
    bank_id = await open_account(connection, "bank", config.table_id)
    seeds = {1: vault.new_seed(), 2: vault.new_seed()}
    state = new_table(config, commitment=commitment(seeds[1]), next_commitment=commitment(seeds[2]))
    made = await connection.execute(
        upsert(tables)
        .values(
            table_id=config.table_id,
            version=1,
            state=encode_state(state),
            phase=state.phase.value,
            escrow_id=escrow_id,
            bank_id=bank_id,
            bank_target=bank_target(config),
        )
        .on_conflict_do_nothing()
    )
    if made.rowcount == 0:
        raise NameTaken("There is a table with this id.")
    born = encode_events((ConfigChanged(config=config),))  # so that the journal alone tells the whole life
    await connection.execute(
        insert(journal).values(table_id=config.table_id, version=1, command="create", events=born)
    )
    for number, seed in seeds.items():
        await connection.execute(
            insert(shoes).values(
                table_id=config.table_id,
                shoe_number=number,
                commitment=commitment(seed),
                wrapped_seed=vault.wrap(seed, config.table_id, number),
                client_seeds=[""] * config.seats if number == 1 else None,
                decks=config.rules.decks if number == 1 else None,
                rules=msgspec.to_builtins(config.rules) if number == 1 else null(),
                started_at=func.clock_timestamp() if number == 1 else None,
            )
        )
