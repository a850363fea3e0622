"""The idempotent frame: one effect a command id, whatever comes twice or at once."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from economy import syndicates
from economy.commands import Do, fingerprint, once
from economy.errors import CommandIdReused, InsufficientFunds
from economy.store import mint, wallet_of
from tests.integration.economy.builders import balance_of, new_club, new_player, scalar


def credit(user_id: UUID, key: str, amount: int = 10) -> Do:
    """A command that mints into the player's wallet; the key is the transfer's."""

    async def do(connection: AsyncConnection) -> dict[str, object]:
        wallet = await wallet_of(connection, user_id)
        after = await mint(connection, wallet.account_id, amount, key=key, reason="credit")
        return {"balance": after.balance}

    return do


def test_a_fingerprint_tells_commands_apart_and_repeats_not() -> None:
    one = fingerprint("credit", {"amount": 1, "to": "a", "command_id": "x"})
    assert one == fingerprint("credit", {"to": "a", "amount": 1})
    assert one != fingerprint("credit", {"to": "a", "amount": 2})
    assert one != fingerprint("debit", {"to": "a", "amount": 1})
    assert one != fingerprint("credit", {"to": "a", "amount": "1"})


async def test_a_repeat_gets_the_first_ack_and_has_no_effect(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await new_player(connection, balance=100)
    first = await once(engine, user_id, "command-1", "credit", {"amount": 10}, credit(user_id, "a"))
    again = await once(engine, user_id, "command-1", "credit", {"amount": 10}, credit(user_id, "b"))
    assert first == {"balance": 110}
    assert again == {"balance": 110, "replayed": True}
    assert await balance_of(engine, user_id) == 110


async def test_another_payload_or_command_under_the_same_id_is_refused(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await new_player(connection, balance=100)
    await once(engine, user_id, "command-1", "credit", {"amount": 10}, credit(user_id, "a"))
    for name, payload in (("credit", {"amount": 11}), ("contribute", {"amount": 10})):
        with pytest.raises(CommandIdReused):
            await once(engine, user_id, "command-1", name, payload, credit(user_id, "b"))
    assert await balance_of(engine, user_id) == 110


async def test_two_players_may_use_the_same_command_id(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        players = [await new_player(connection, balance=100) for _ in range(2)]
    for player in players:
        await once(engine, player, "command-1", "credit", {}, credit(player, f"a{player}"))
    assert [await balance_of(engine, player) for player in players] == [110, 110]


async def test_twins_at_the_same_time_have_one_effect_and_one_ack(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        user_id = await new_player(connection, balance=100)
    answers = await asyncio.gather(
        *(
            once(engine, user_id, "command-1", "credit", {"amount": 10}, credit(user_id, f"twin{n}"))
            for n in range(8)
        )
    )
    assert await balance_of(engine, user_id) == 110
    assert sum("replayed" not in answer for answer in answers) == 1
    assert {answer["balance"] for answer in answers} == {110}
    assert await scalar(engine, "SELECT count(*) FROM transfers WHERE reason = 'credit'") == 1


async def test_a_twin_that_would_be_refused_gets_the_ack_of_the_one_that_was_not(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[0])
    player = club.players[0]

    async def give(connection: AsyncConnection) -> dict[str, object]:
        given = await syndicates.contribute(connection, player, club.syndicate_id, 700, command_id="c")
        return {"balance": given.balance}

    answers = await asyncio.gather(*(once(engine, player, "c", "contribute", {}, give) for _ in range(6)))
    assert {answer["balance"] for answer in answers} == {300}
    assert await balance_of(engine, player) == 300


async def test_a_refusal_is_not_recorded_and_decided_anew(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[0])
    player = club.players[0]

    async def give(connection: AsyncConnection) -> dict[str, object]:
        given = await syndicates.contribute(connection, player, club.syndicate_id, 1_500, command_id="c")
        return {"balance": given.balance}

    with pytest.raises(InsufficientFunds):
        await once(engine, player, "c", "contribute", {}, give)
    await once(engine, player, "d", "credit", {}, credit(player, "d", 600))
    assert await once(engine, player, "c", "contribute", {}, give) == {"balance": 100}
