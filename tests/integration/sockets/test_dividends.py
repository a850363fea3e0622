"""Dividends over the socket: live, late, confirmed, and never twice or out of order."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from economy import syndicates
from economy.ids import new_id
from economy.store import mint
from server.bells import MembershipChanged, SyndicatePaid
from tests.integration.sockets.house import House, Player, uuid
from tests.integration.sockets.raw import SOON_S


async def a_syndicate(casino: House, *players: Player, treasury: int = 0) -> str:
    """A syndicate of these players, 100 shares each, that pays its whole treasury in every run."""
    async with casino.engine.begin() as connection:
        made = await syndicates.create(
            connection, uuid(players[0]), name=f"Club {new_id().hex[-10:]}", dividend_bps=10_000
        )
        for player in players[1:]:
            await syndicates.join(connection, uuid(player), made.syndicate_id)
        for player in players:
            await syndicates.contribute(
                connection, uuid(player), made.syndicate_id, 100, command_id="shares-01"
            )
    await gift(casino, str(made.syndicate_id), treasury)
    return str(made.syndicate_id)


async def gift(casino: House, syndicate_id: str, amount: int) -> None:
    """More for the treasury, from the mint."""
    async with casino.engine.begin() as connection:
        account = (
            await connection.exec_driver_sql(
                "SELECT account_id FROM accounts WHERE kind = 'treasury' AND owner = $1", (syndicate_id,)
            )
        ).scalar_one()
        if amount:
            await mint(connection, account, amount, key=f"gift:{new_id()}", reason="credit")


async def test_a_connected_member_gets_the_dividend_and_the_balance_once(casino: House) -> None:
    ada, bob, eve = [await casino.guest() for _ in range(3)]
    syndicate_id = await a_syndicate(casino, ada, bob, treasury=800)
    async with casino.client(ada) as one, casino.client(ada) as two, casino.client(eve) as stranger:
        await casino.pay_everybody()

        for client in (one, two):
            paid = await client.hear("payout_completed")
            balance = await client.hear("balance_changed")
            told = await client.hear("syndicate_paid")
            assert (paid["seq"], paid["amount"], paid["syndicate_id"]) == (1, 500, syndicate_id)
            assert balance == {"balance": paid["balance"], "balance_version": 3, "reason": "dividend"}
            assert (told["total"], told["members"], told["payout_id"]) == (1_000, 2, paid["payout_id"])
        assert (await stranger.ask("list_tables"))["ok"]
        assert stranger.heard.qsize() == 1  # the welcome
    assert casino.books.looks == 4  # one a welcome, and one for the payout and all of its members here


async def test_who_was_away_gets_it_after_the_welcome_until_it_is_confirmed(casino: House) -> None:
    ada = await casino.guest()
    syndicate_id = await a_syndicate(casino, ada, treasury=400)
    await casino.pay_everybody()
    await gift(casino, syndicate_id, 70)
    await casino.pay_everybody()
    for _ in range(2):
        async with casino.client(ada) as client:
            welcome = await client.hear("welcome")
            assert (welcome["unconfirmed_count"], welcome["confirmed_through"]) == (2, 0)
            assert [(await client.hear("payout_completed"))["seq"] for _ in range(2)] == [1, 2]
    async with casino.client(ada) as client:
        ack = await client.do("confirm_payouts", through=1)
        assert (ack["confirmed_through"], ack["unconfirmed"]) == (1, 1)
    async with casino.client(ada) as client:
        assert (await client.hear("welcome"))["confirmed_through"] == 1
        assert (await client.hear("payout_completed"))["seq"] == 2
        ack = await client.do("confirm_payouts", through=2)
        assert (ack["confirmed_through"], ack["unconfirmed"]) == (2, 0)


async def test_what_was_never_sent_cannot_be_confirmed_and_nothing_goes_back(casino: House) -> None:
    ada = await casino.guest()
    await a_syndicate(casino, ada, treasury=400)
    await casino.pay_everybody()
    async with casino.client(ada) as client:
        await client.hear("payout_completed")
        ahead = await client.ask("confirm_payouts", command_id="confirm-2", through=2)
        await client.do("confirm_payouts", through=1)
        first = await client.ask("confirm_payouts", command_id="confirm-1", through=1)
        again = await client.ask("confirm_payouts", command_id="confirm-1", through=1)

    assert (ahead["error"]["code"], ahead["error"]["field"]) == ("invalid_payload", "through")
    assert first["confirmed_through"] == 1
    assert again == {**first, "replayed": True}


async def test_more_than_a_hundred_wait_for_a_confirmation(casino: House) -> None:
    ada = await casino.guest()
    syndicate_id = await a_syndicate(casino, ada, treasury=400)
    for _ in range(103):
        await casino.pay_everybody()
        await gift(casino, syndicate_id, 10)
    async with casino.client(ada) as client:
        seen = [(await client.hear("payout_completed"))["seq"] for _ in range(100)]
        assert seen == list(range(1, 101))
        early = await client.ask("confirm_payouts", command_id="confirm-101", through=101)
        assert early["error"]["field"] == "through"
        await client.do("confirm_payouts", through=40)
        assert [(await client.hear("payout_completed"))["seq"] for _ in range(3)] == [101, 102, 103]


async def test_a_process_without_a_member_asks_the_database_nothing(casino: House) -> None:
    ada, eve = await casino.guest(), await casino.guest()
    syndicate_id = await a_syndicate(casino, ada)
    async with casino.client(eve) as stranger:
        await stranger.hear("welcome")
        before = casino.books.looks
        await casino.bells.ring(SyndicatePaid(payload={"syndicate_id": syndicate_id}))
        await casino.bells.ring(SyndicatePaid(payload={"syndicate_id": syndicate_id}))
        await casino.pay_everybody()
        assert (await stranger.ask("list_tables"))["ok"]

        assert casino.books.looks == before


async def test_a_member_who_joined_while_connected_is_paid_live(casino: House) -> None:
    ada, bob = await casino.guest(), await casino.guest()
    async with casino.client(bob) as client:
        await client.hear("welcome")
        syndicate_id = await a_syndicate(casino, ada, bob, treasury=200)
        await casino.bells.ring(MembershipChanged(user_id=bob.user_id, syndicate_id=syndicate_id))
        await casino.pay_everybody()

        assert (await client.hear("payout_completed"))["amount"] == 200


async def test_a_payout_whose_bell_was_lost_is_found_by_the_healing(
    casino: House, engine: AsyncEngine
) -> None:
    ada, bob = await casino.guest(), await casino.guest()
    async with casino.client(bob) as client:
        await client.hear("welcome")
        await a_syndicate(casino, ada, bob, treasury=200)  # nobody rings that bob joined
        await casino.pay_everybody()
        await casino.edge.heal()

        assert (await client.hear("payout_completed"))["amount"] == 200


async def test_two_sockets_confirming_at_once_agree(casino: House) -> None:
    ada = await casino.guest()
    syndicate_id = await a_syndicate(casino, ada, treasury=400)
    for _ in range(3):
        await casino.pay_everybody()
        await gift(casino, syndicate_id, 10)
    async with casino.client(ada) as one, casino.client(ada) as two:
        async with asyncio.timeout(SOON_S):
            await asyncio.gather(
                *(each.do("confirm_payouts", through=seq) for each in (one, two) for seq in (3, 1, 2))
            )
    async with casino.client(ada) as client:
        assert (await client.hear("welcome"))["confirmed_through"] == 3
