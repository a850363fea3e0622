"""A syndicate's dividends on real processes: paid, told, confirmed, and never twice."""

from uuid import uuid4

from tests.end_to_end.clients import Account, Client
from tests.end_to_end.house import House
from tests.end_to_end.syndicates import START, completed, found_syndicate, run_by_http


async def test_members_learn_of_their_dividends_whether_they_were_there_or_not(open_casino: House) -> None:
    house = open_casino
    ann, bob, cleo = [await house.guest() for _ in range(3)]
    given = {"ann": (ann, 10_000), "bob": (bob, 20_000), "cleo": (cleo, 5_001)}
    syndicate_id = await found_syndicate(house, given)

    async with house.client(ann) as at_home, house.client(bob) as beside:
        run_id = await run_by_http(house)
        first = await at_home.hear("payout_completed")
        first_of_bob = await beside.hear("payout_completed")
        assert (first["seq"], first_of_bob["seq"]) == (1, 1)
        assert first["run_id"] == run_id
        assert first["syndicate_id"] == syndicate_id
        assert first["balance"] == START - 10_000 + first["amount"]
        told = await at_home.hear("syndicate_paid")
        total = 35_001 * 5_000 // 10_000
        assert (told["total"], told["members"], told["treasury"]) == (total, 3, 35_001 - total)
        assert abs(first["amount"] - total * 10_000 / 35_001) < 1
        assert abs(first_of_bob["amount"] - total * 20_000 / 35_001) < 1
        change = await at_home.hear("balance_changed")
        assert (change["balance"], change["reason"]) == (first["balance"], "dividend")
        assert await _confirm(at_home, 1) == (1, 0)
        run = await completed(house, run_id)
        assert (run["paid"], run["failed"], run["skipped"], run["amount"]) == (1, 0, 0, total)

        await _run_by_command(house)
        second = await at_home.hear("payout_completed", count=2)
        assert second["seq"] == 2
        assert await _confirm(at_home, 2) == (2, 0)
        assert await beside.refused("confirm_payouts", through=3) == "invalid_payload"

    amounts = await _hears_what_it_missed(house, cleo)
    payouts = (await house.api(ann).get(f"/api/syndicates/{syndicate_id}/payouts"))["items"]
    assert [payout["confirmed"] for payout in payouts] == [2, 2]  # newest first; bob has confirmed none
    assert (await house.api(cleo).get("/api/me"))["balance"] == START - 5_001 + sum(amounts)
    assert total == first["amount"] + first_of_bob["amount"] + amounts[0]
    assert await house.audit() == {}
    assert house.faults() == []


async def _run_by_command(house: House) -> None:
    done = await house.command("payout", "run", "--watch", "--json")
    assert done.code == 0, done
    assert (done.report["status"], done.report["paid"], done.report["failed"]) == ("COMPLETED", 1, 0)


async def _hears_what_it_missed(house: House, account: Account) -> list[int]:
    """Everything in order of seq at each coming, from what is confirmed on, and nothing in the end."""
    amounts: list[int] = []
    for confirmed, confirms in ((0, None), (0, 1), (1, 2), (2, None)):
        async with house.client(account) as client:
            (welcome,) = client.events("welcome")
            assert (welcome["unconfirmed_count"], welcome["confirmed_through"]) == (2 - confirmed, confirmed)
            if confirmed < 2:
                await client.hear("payout_completed", count=2 - confirmed)
            await client.do("list_tables")  # whatever was to come has come before this answer
            heard = client.events("payout_completed")
            assert [dividend["seq"] for dividend in heard] == [1, 2][confirmed:]
            amounts = amounts or [dividend["amount"] for dividend in heard]
            if confirms is not None:
                assert await _confirm(client, confirms) == (confirms, 2 - confirms)
    return amounts


async def _confirm(client: Client, through: int) -> tuple[int, int]:
    """Confirm, twice with one id: the second time is a replay."""
    command_id = uuid4().hex
    ack = await client.do("confirm_payouts", through=through, command_id=command_id)
    again = await client.do("confirm_payouts", through=through, command_id=command_id)
    assert again == {**ack, "replayed": True}
    return ack["confirmed_through"], ack["unconfirmed"]
