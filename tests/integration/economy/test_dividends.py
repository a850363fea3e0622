"""Confirming dividends: in order of seq, through what was sent, never backwards."""

import asyncio
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from economy.audit import audit
from economy.dividends import AHEAD_MAX, Confirmed, confirm, position, unconfirmed
from economy.errors import NotFound, NotSent
from economy.ids import new_id
from tests.integration.economy.builders import (
    Club,
    change,
    new_club,
    pay_all,
    payout_of,
    scheduled_run,
)


async def paid_club(engine: AsyncEngine, times: int) -> Club:
    """A syndicate of two that was paid so many times."""
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100, 200], treasury=100_000, dividend_bps=1_000)
    for _ in range(times):
        await pay_all(engine, await scheduled_run(engine))
    return club


async def confirm_through(engine: AsyncEngine, user_id: UUID, through: int) -> Confirmed:
    async with engine.begin() as connection:
        return await confirm(connection, user_id, through)


async def test_dividends_come_in_order_of_seq_without_gaps(engine: AsyncEngine) -> None:
    club = await paid_club(engine, 5)
    async with engine.connect() as connection:
        every = await unconfirmed(connection, club.players[0], after=0)
        some = await unconfirmed(connection, club.players[0], after=2, limit=2)
    assert [dividend.seq for dividend in every] == [1, 2, 3, 4, 5]
    assert every[2:4] == some
    balances = [1_000, *(dividend.balance for dividend in every)]
    assert [b - a for a, b in pairwise(balances)] == [d.amount for d in every]


async def test_confirming_moves_on_and_never_back(engine: AsyncEngine) -> None:
    club = await paid_club(engine, 4)
    player = club.players[0]
    assert await confirm_through(engine, player, 3) == Confirmed(confirmed_through=3, unconfirmed=1)
    assert await confirm_through(engine, player, 1) == Confirmed(confirmed_through=3, unconfirmed=1)
    assert await confirm_through(engine, player, 4) == Confirmed(confirmed_through=4, unconfirmed=0)
    async with engine.connect() as connection:
        assert await position(connection, player) == Confirmed(confirmed_through=4, unconfirmed=0)
        assert await position(connection, club.players[1]) == Confirmed(confirmed_through=0, unconfirmed=4)
    assert await audit(engine) == []


@pytest.mark.parametrize("through", [0, -1, 3, 10**15])
async def test_what_was_never_sent_can_not_be_confirmed(engine: AsyncEngine, through: int) -> None:
    club = await paid_club(engine, 2)
    with pytest.raises(NotSent) as refused:
        await confirm_through(engine, club.players[0], through)
    assert (refused.value.code, refused.value.facts()) == ("invalid_payload", {"field": "through"})


async def test_no_more_than_a_hundred_ahead_of_the_last_confirmation(engine: AsyncEngine) -> None:
    club = await paid_club(engine, 0)
    await change(engine, "UPDATE accounts SET dividend_seq = 500 WHERE owner = :id", id=str(club.players[0]))
    with pytest.raises(NotSent):
        await confirm_through(engine, club.players[0], AHEAD_MAX + 1)
    await confirm_through(engine, club.players[0], AHEAD_MAX)
    moved = await confirm_through(engine, club.players[0], AHEAD_MAX * 2)
    assert moved == Confirmed(confirmed_through=200, unconfirmed=300)


async def test_a_stranger_confirms_nothing(engine: AsyncEngine) -> None:
    with pytest.raises(NotFound):
        await confirm_through(engine, new_id(), 1)


async def test_a_payout_shows_how_many_members_have_confirmed_it(engine: AsyncEngine) -> None:
    club = await paid_club(engine, 1)
    run_id = await scheduled_run(engine)
    await pay_all(engine, run_id)
    counts = []
    for player in club.players:
        counts.append((await payout_of(engine, run_id, club)).confirmed)
        await confirm_through(engine, player, 1)
        counts.append((await payout_of(engine, run_id, club)).confirmed)
        await confirm_through(engine, player, 2)
    counts.append((await payout_of(engine, run_id, club)).confirmed)
    assert counts == [0, 0, 1, 1, 2]


async def test_confirming_from_many_sockets_at_once_ends_at_the_highest(engine: AsyncEngine) -> None:
    club = await paid_club(engine, 8)
    await asyncio.gather(
        *(confirm_through(engine, club.players[0], through) for through in (3, 8, 1, 5, 7, 2, 8, 4))
    )
    async with engine.connect() as connection:
        assert (await position(connection, club.players[0])).confirmed_through == 8


async def test_seqs_are_in_commit_order_when_two_syndicates_pay_the_same_wallet(engine: AsyncEngine) -> None:
    club = await paid_club(engine, 1)
    player = club.players[0]
    async with engine.begin() as connection:
        other = await new_club(connection, shares=[50], treasury=5_000)
        await connection.execute(text("DELETE FROM members WHERE user_id = :user"), {"user": player})
        await connection.execute(
            text(
                """INSERT INTO members (user_id, syndicate_id, wallet_id, shares)
                SELECT :user, :syndicate, account_id, 70 FROM accounts WHERE owner = :owner"""
            ),
            {"user": player, "syndicate": other.syndicate_id, "owner": str(player)},
        )
    await pay_all(engine, await scheduled_run(engine))
    async with engine.connect() as connection:
        every = await unconfirmed(connection, player, after=0)
    assert [(d.seq, d.syndicate_id) for d in every] == [(1, club.syndicate_id), (2, other.syndicate_id)]
    assert await audit(engine) == []
