"""Syndicates: founding, joining, leaving, contributing."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from economy import syndicates
from economy.audit import audit
from economy.errors import AlreadyMember, Forbidden, InsufficientFunds, LimitReached, NameTaken, NotFound
from economy.ids import new_id
from tests.integration.economy.builders import balance_of, new_club, new_player


async def test_the_founder_is_a_member_with_no_shares(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        founder = await new_player(connection)
        made = await syndicates.create(
            connection, founder, name="Moe's", dividend_bps=500, minimum_payout=10, reserve=99
        )
        assert await syndicates.syndicate_of(connection, founder) == made
        others = await syndicates.get(connection, made.syndicate_id, user_id=new_id())
    assert (made.name, made.owner_id, made.dividend_bps, made.minimum_payout, made.reserve) == (
        "Moe's", founder, 500, 10, 99,
    )  # fmt: skip
    assert (made.treasury, made.members, made.shares, made.my_shares) == (0, 1, 0, 0)
    assert others.my_shares is None


@pytest.mark.parametrize("name", ["The Stackers", "THE STACKERS", "the ſtackers", "Ｔｈｅ Stackers"])
async def test_a_name_is_given_once_whatever_its_spelling(engine: AsyncEngine, name: str) -> None:
    async with engine.begin() as connection:
        first, second = await new_player(connection), await new_player(connection)
        await syndicates.create(connection, first, name="The Stackers", dividend_bps=500)
    with pytest.raises(NameTaken):
        async with engine.begin() as connection:
            await syndicates.create(connection, second, name=name, dividend_bps=500)
    assert await audit(engine) == []


async def test_a_player_is_in_one_syndicate_at_a_time(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        one = await new_club(connection, shares=[10])
        other = await new_club(connection, shares=[10])
    with pytest.raises(AlreadyMember):
        async with engine.begin() as connection:
            await syndicates.join(connection, one.players[0], other.syndicate_id)
    with pytest.raises(AlreadyMember):
        async with engine.begin() as connection:
            await syndicates.create(connection, one.players[0], name="Another", dividend_bps=1)
    async with engine.begin() as connection:
        await syndicates.leave(connection, one.players[0], one.syndicate_id)
        joined = await syndicates.join(connection, one.players[0], other.syndicate_id)
    assert (joined.members, joined.my_shares) == (2, 0)


async def test_a_player_who_joins_two_at_once_is_in_one(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        clubs = [await new_club(connection, shares=[10]) for _ in range(4)]
        player = await new_player(connection)

    async def join(number: int) -> bool:
        try:
            async with engine.begin() as connection:
                await syndicates.join(connection, player, clubs[number].syndicate_id)
        except AlreadyMember:
            return False
        return True

    assert sum(await asyncio.gather(*(join(number) for number in range(4)))) == 1


async def test_a_full_syndicate_takes_nobody(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[10])
        await connection.execute(
            text(
                """INSERT INTO members (user_id, syndicate_id, wallet_id)
                SELECT gen_random_uuid(), :id, 1 FROM generate_series(2, 10000)"""
            ),
            {"id": club.syndicate_id},
        )
        player = await new_player(connection)
    with pytest.raises(LimitReached):
        async with engine.begin() as connection:
            await syndicates.join(connection, player, club.syndicate_id)


async def test_leaving_gives_the_shares_up_and_leaves_the_money(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100, 300])
        await syndicates.leave(connection, club.players[1], club.syndicate_id)
        left = await syndicates.get(connection, club.syndicate_id)
        back = await syndicates.join(connection, club.players[1], club.syndicate_id)
    assert (left.members, left.shares, left.treasury) == (1, 100, 400)
    assert back.my_shares == 0
    with pytest.raises(NotFound):
        async with engine.begin() as connection:
            await syndicates.leave(connection, await new_player(connection), club.syndicate_id)


async def test_a_contribution_moves_money_and_adds_shares(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100])
        given = await syndicates.contribute(
            connection, club.players[0], club.syndicate_id, 250, command_id="more"
        )
    assert (given.balance, given.treasury, given.shares, given.pending_shares) == (750, 350, 350, 0)
    assert await audit(engine) == []


async def test_what_a_wallet_does_not_cover_adds_no_shares(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100])
    with pytest.raises(InsufficientFunds):
        async with engine.begin() as connection:
            await syndicates.contribute(
                connection, club.players[0], club.syndicate_id, 1_001, command_id="more"
            )
    async with engine.connect() as connection:
        assert (await syndicates.get(connection, club.syndicate_id)).shares == 100
    assert await balance_of(engine, club.players[0]) == 1_000


async def test_only_members_contribute_and_only_to_what_is_there(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100])
        stranger = await new_player(connection)
    with pytest.raises(Forbidden):
        async with engine.begin() as connection:
            await syndicates.contribute(connection, stranger, club.syndicate_id, 1, command_id="c")
    with pytest.raises(NotFound):
        async with engine.begin() as connection:
            await syndicates.contribute(connection, stranger, new_id(), 1, command_id="c")


async def test_only_the_owner_changes_a_syndicate(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100, 100])
        other = await new_club(connection, shares=[1])
        other_name = (await syndicates.get(connection, other.syndicate_id)).name
        changed = await syndicates.patch(
            connection, club.players[0], club.syndicate_id, name="New", dividend_bps=7, reserve=5
        )
    assert (changed.name, changed.dividend_bps, changed.minimum_payout, changed.reserve) == ("New", 7, 0, 5)
    with pytest.raises(Forbidden):
        async with engine.begin() as connection:
            await syndicates.patch(connection, club.players[1], club.syndicate_id, reserve=0)
    with pytest.raises(NameTaken):
        async with engine.begin() as connection:
            await syndicates.patch(connection, club.players[0], club.syndicate_id, name=other_name)


async def test_syndicates_and_members_come_page_by_page(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        clubs = [await new_club(connection, shares=[number + 1, 5, 0]) for number in range(3)]
        first = await syndicates.page(connection, limit=2)
        assert first.next is not None
        second = await syndicates.page(connection, after=clubs[1].syndicate_id, limit=2)
        found = await syndicates.members_of(connection, clubs[2].syndicate_id, limit=2)
        rest = await syndicates.members_of(
            connection, clubs[2].syndicate_id, after=found.items[-1].user_id, limit=2
        )
        ids = await syndicates.member_ids(connection, clubs[2].syndicate_id)
    assert [one.syndicate_id for one in (*first.items, *second.items)] == [c.syndicate_id for c in clubs]
    assert second.next is None
    assert {member.user_id for member in (*found.items, *rest.items)} == set(clubs[2].players) == set(ids)
    assert {member.shares for member in (*found.items, *rest.items)} == {3, 5, 0}
    assert all(member.name for member in found.items)
