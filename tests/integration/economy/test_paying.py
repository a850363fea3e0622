"""Paying a syndicate: one transaction, once, to the cent."""

import asyncio
from collections.abc import Coroutine
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from economy import syndicates
from economy.audit import audit
from economy.dividends import unconfirmed
from economy.errors import BooksBroken
from economy.ids import new_id
from economy.ledger import transfer
from economy.paying import LanePaused
from economy.payouts import PayoutStatus, SkipReason
from economy.plans import make_plan
from economy.runs import cancel, set_paused
from economy.store import open_account, post, statement, wallet_of
from economy.tasks import Paid, Skipped, pay_syndicate
from tests.integration.economy.builders import (
    balance_of,
    change,
    new_club,
    new_player,
    pay_all,
    payout_of,
    scalar,
    scheduled_run,
    total,
)


async def test_a_payout_pays_everybody_by_shares_to_the_cent(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100, 200, 0, 33], treasury=1_000)
    run_id = await scheduled_run(engine)
    payout = await payout_of(engine, run_id, club)
    outcome = await pay_syndicate(engine, payout.payout_id)
    assert outcome == Paid(run_id=run_id, syndicate_id=club.syndicate_id, amount=1_333, members=3)
    # 1,333 × 100, 200 and 33 of 333: 400.3, 800.6 and 132.1; the cent that is left goes to the largest loss
    assert [await balance_of(engine, player) for player in club.players] == [1_400, 1_801, 1_000, 1_132]
    paid = await payout_of(engine, run_id, club)
    assert (paid.status, paid.amount, paid.members, paid.confirmed) == (PayoutStatus.PAID, 1_333, 3, 0)
    assert await total(engine) == 0
    await pay_all(engine, run_id)
    assert await audit(engine) == []


async def test_a_payout_writes_one_transfer_a_member_with_seq_and_keys(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100, 300])
    for seq in (1, 2):
        run_id = await scheduled_run(engine)
        async with engine.begin() as connection:
            if seq == 2:
                await syndicates.contribute(
                    connection, club.players[0], club.syndicate_id, 40, command_id="c"
                )
        payout = await payout_of(engine, run_id, club)
        await pay_all(engine, run_id)
        async with engine.connect() as connection:
            wallet = await wallet_of(connection, club.players[1])
            line = (await statement(connection, club.players[1])).items[0]
            (dividend,) = await unconfirmed(connection, club.players[1], after=seq - 1)
        assert (line.dividend_seq, line.payout_id, line.reason) == (seq, payout.payout_id, "dividend")
        assert (dividend.seq, dividend.amount, dividend.balance) == (seq, line.amount, wallet.balance)
        assert (dividend.run_id, dividend.syndicate_id) == (run_id, club.syndicate_id)
        key = f"payout:{payout.payout_id}:{wallet.account_id}"
        assert await scalar(engine, "SELECT count(*) FROM transfer_keys WHERE key = :key", key=key) == 1
    assert await audit(engine) == []


async def test_a_payout_is_made_once_however_often_it_is_asked_for(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[10, 20], treasury=70)
    payout = await payout_of(engine, await scheduled_run(engine), club)
    outcomes = await asyncio.gather(*(pay_syndicate(engine, payout.payout_id) for _ in range(12)))
    assert sum(isinstance(outcome, Paid) for outcome in outcomes) == 1
    assert await pay_syndicate(engine, payout.payout_id) is None
    assert sum([await balance_of(engine, player) for player in club.players]) == 2_000 + 100
    assert await scalar(engine, "SELECT count(*) FROM outbox WHERE event = 'syndicate_paid'") == 1


async def test_the_event_says_what_was_paid(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[10, 20], treasury=70, reserve=40)
    run_id = await scheduled_run(engine)
    payout = await payout_of(engine, run_id, club)
    await pay_syndicate(engine, payout.payout_id)
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT stream, event, payload FROM outbox"))).one()
    assert row.stream == f"syndicate:{club.syndicate_id}"
    paid_at = row.payload.pop("paid_at")
    assert paid_at.endswith("Z")
    assert row.payload == {
        "payout_id": str(payout.payout_id),
        "run_id": str(run_id),
        "syndicate_id": str(club.syndicate_id),
        "total": 60,
        "members": 2,
        "treasury": 40,
    }


@pytest.mark.parametrize(
    ("shares", "treasury", "terms", "reason"),
    [
        ([], 1_000, {}, SkipReason.NO_SHARES),
        ([0, 0], 1_000, {}, SkipReason.NO_SHARES),
        ([100], 0, {"reserve": 100}, SkipReason.NOTHING_TO_PAY),
        ([100], 0, {"reserve": 1_000}, SkipReason.NOTHING_TO_PAY),
        ([99], 0, {"dividend_bps": 100}, SkipReason.NOTHING_TO_PAY),
        ([100], 0, {"minimum_payout": 101}, SkipReason.BELOW_MINIMUM),
    ],
)
async def test_nothing_is_paid_and_the_reason_is_kept(
    engine: AsyncEngine, shares: list[int], treasury: int, terms: dict[str, int], reason: SkipReason
) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=shares, treasury=treasury, **terms)
    run_id = await scheduled_run(engine)
    payout = await payout_of(engine, run_id, club)
    outcome = await pay_syndicate(engine, payout.payout_id)
    assert outcome == Skipped(run_id=run_id, syndicate_id=club.syndicate_id, reason=reason)
    skipped = await payout_of(engine, run_id, club)
    assert (skipped.status, skipped.reason, skipped.amount) == (PayoutStatus.SKIPPED, reason, 0)
    await pay_all(engine, run_id)
    assert await audit(engine) == []


async def test_members_without_a_whole_cent_get_no_transfer(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[1, 1, 1, 1_000], treasury=0, dividend_bps=100)
    run_id = await scheduled_run(engine)
    await pay_all(engine, run_id)
    paid = await payout_of(engine, run_id, club)
    assert (paid.amount, paid.members) == (10, 1)
    assert await audit(engine) == []


async def test_pending_shares_count_from_the_payout_after_the_next(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100, 100], treasury=10_000, dividend_bps=5_000)
    await pay_all(engine, await scheduled_run(engine))
    async with engine.begin() as connection:
        late = await syndicates.contribute(
            connection, club.players[0], club.syndicate_id, 800, command_id="late"
        )
    assert (late.shares, late.pending_shares) == (100, 800)
    gains = []
    for _ in range(2):
        before = [await balance_of(engine, player) for player in club.players]
        await pay_all(engine, await scheduled_run(engine))
        after = [await balance_of(engine, player) for player in club.players]
        gains.append([now - then for now, then in zip(after, before, strict=True)])
    assert gains[0][0] == gains[0][1]  # 100 to 100: what was bought a minute before does not count
    assert abs(gains[1][0] - 9 * gains[1][1]) <= 9  # 900 to 100
    assert await audit(engine) == []


async def test_a_syndicate_that_is_skipped_keeps_its_shares_pending(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100])
    await pay_all(engine, await scheduled_run(engine))
    async with engine.begin() as connection:
        await syndicates.contribute(connection, club.players[0], club.syndicate_id, 50, command_id="late")
        await syndicates.patch(connection, club.players[0], club.syndicate_id, minimum_payout=10**6)
    await pay_all(engine, await scheduled_run(engine))
    async with engine.connect() as connection:
        now = await syndicates.get(connection, club.syndicate_id, user_id=club.players[0])
    assert (now.my_shares, now.my_pending_shares) == (100, 50)


async def test_a_paused_lane_pays_nothing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100])
        await set_paused(connection, is_paused=True)
    payout = await payout_of(engine, await scheduled_run(engine), club)
    with pytest.raises(LanePaused):
        await pay_syndicate(engine, payout.payout_id)
    assert await balance_of(engine, club.players[0]) == 1_000


async def test_a_cancelled_run_pays_nothing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100])
    run_id = await scheduled_run(engine)
    payout = await payout_of(engine, run_id, club)
    async with engine.begin() as connection:
        assert await cancel(connection, run_id) == 1
    assert await pay_syndicate(engine, payout.payout_id) is None
    assert await balance_of(engine, club.players[0]) == 1_000
    assert await audit(engine) == []


@pytest.mark.parametrize(
    "poison",
    [
        "UPDATE members SET wallet_id = 999999 WHERE user_id = :player",
        "UPDATE members SET wallet_id = (SELECT treasury_id FROM syndicates) WHERE user_id = :player",
        "UPDATE syndicates SET treasury_id = 999999",
        "DELETE FROM syndicates",
        """INSERT INTO transfer_keys
        SELECT 'payout:' || payout_id || ':' || (SELECT max(wallet_id) FROM members) FROM payouts""",
    ],
)
async def test_wrong_rows_move_nothing_at_all(engine: AsyncEngine, poison: str) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100, 200])
    payout = await payout_of(engine, await scheduled_run(engine), club)
    async with engine.begin() as connection:
        parameters = {"player": club.players[1]} if ":player" in poison else {}
        await connection.execute(text(poison), parameters)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is stands below
        await pay_syndicate(engine, payout.payout_id)
    assert isinstance(caught.value, BooksBroken) or "duplicate key" in str(caught.value)
    assert [await balance_of(engine, player) for player in club.players] == [1_000, 1_000]
    assert (await scalar(engine, "SELECT status FROM payouts")) == "SCHEDULED"
    assert await scalar(engine, "SELECT count(*) FROM transfers WHERE reason = 'dividend'") == 0


async def test_a_plan_is_paid_as_it_says(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[100, 200], treasury=1_000)
        changed = await new_club(connection, shares=[50, 50], treasury=1_000)
        broke = await new_club(connection, shares=[50], treasury=1_000)
        empty = await new_club(connection, shares=[0])
        plan = await make_plan(connection, syndicate_bps=10)
    assert (plan.syndicates, plan.members, plan.skipped) == (3, 5, 1)
    assert plan.total == 1_300 + 1_100 + 1_050
    assert await balance_of(engine, club.players[0]) == 1_000
    async with engine.begin() as connection:
        await syndicates.leave(connection, changed.players[1], changed.syndicate_id)
        house = await open_account(connection, "house", "")
        gone = transfer(key="x", debit=broke.treasury_id, credit=house, amount=1, reason="credit")
        await post(connection, (gone,))
        gift = transfer(key="y", debit=house, credit=club.treasury_id, amount=1, reason="credit")
        await post(connection, (gift,))
    run_id = await scheduled_run(engine, plan_id=plan.plan_id)
    await pay_all(engine, run_id)
    paid = await payout_of(engine, run_id, club)
    assert (paid.status, paid.amount) == (PayoutStatus.PAID, 1_300)
    for one in (changed, broke):
        skipped = await payout_of(engine, run_id, one)
        assert (skipped.status, skipped.reason) == (PayoutStatus.SKIPPED, SkipReason.PLAN_CHANGED)
    assert await scalar(
        engine, "SELECT count(*) FROM payouts WHERE syndicate_id = :id", id=empty.syndicate_id
    ) == 0  # fmt: skip
    assert await audit(engine) == []


async def test_play_contributions_leaving_and_payouts_on_the_same_accounts_keep_every_cent(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as connection:
        clubs = [await new_club(connection, shares=[50] * 6, treasury=9_000) for _ in range(3)]
        house = await open_account(connection, "house", "")
        await set_paused(connection, is_paused=False)
        wallets = {
            player: (await wallet_of(connection, player)).account_id
            for club in clubs
            for player in club.players
        }
    before = sum([await balance_of(engine, player) for player in wallets])
    run_id = await scheduled_run(engine)
    payouts = [await payout_of(engine, run_id, club) for club in clubs]

    async def play(number: int, player: UUID) -> None:
        async with engine.begin() as connection:
            stake = transfer(
                key=f"stake:{number}", debit=wallets[player], credit=house, amount=5, reason="bet"
            )
            back = transfer(
                key=f"back:{number}", debit=house, credit=wallets[player], amount=5, reason="settled"
            )
            await post(connection, (stake, back))

    async def give(number: int, player: UUID, syndicate_id: UUID) -> None:
        async with engine.begin() as connection:
            await syndicates.contribute(connection, player, syndicate_id, 3, command_id=f"g{number}")

    async def go(player: UUID, syndicate_id: UUID) -> None:
        async with engine.begin() as connection:
            await syndicates.leave(connection, player, syndicate_id)

    work: list[Coroutine[object, object, object]] = []
    for round_ in range(4):
        for club in clubs:
            for number, player in enumerate(club.players):
                work.append(play(len(work), player))
                if number < 4:
                    work.append(give(len(work), player, club.syndicate_id))
                elif round_ == 0 and number == 5:
                    work.append(go(player, club.syndicate_id))
        work.extend(pay_syndicate(engine, payout.payout_id) for payout in payouts)
    gate = asyncio.Semaphore(12)

    async def gated(one: Coroutine[object, object, object]) -> None:
        async with gate:
            await one

    await asyncio.gather(*(gated(one) for one in work))
    await pay_all(engine, run_id)
    paid = await scalar(engine, "SELECT sum(amount)::bigint FROM payouts")
    given = 3 * 4 * 4 * 3
    after = sum([await balance_of(engine, player) for player in wallets])
    assert after == before - given + int(str(paid))
    assert await audit(engine) == []


async def test_a_large_syndicate_is_paid_in_one_transaction(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        club = await new_club(connection, shares=[1], treasury=9_999_999)
        await connection.execute(
            text(
                """WITH made AS (
                    INSERT INTO accounts (kind, owner)
                    SELECT 'wallet', gen_random_uuid()::text FROM generate_series(1, 2000)
                    RETURNING account_id, owner)
                INSERT INTO members (user_id, syndicate_id, wallet_id, shares)
                SELECT owner::uuid, :id, account_id, 1 + account_id % 97 FROM made"""
            ),
            {"id": club.syndicate_id},
        )
    run_id = await scheduled_run(engine)
    await pay_all(engine, run_id)
    paid = await payout_of(engine, run_id, club)
    assert (paid.status, paid.members, paid.amount) == (PayoutStatus.PAID, 2_001, 10_000_000)
    assert await scalar(engine, "SELECT max(balance) FROM accounts WHERE kind = 'treasury'") == 0
    assert await audit(engine) == []


async def test_a_stranger_to_the_run_changes_nothing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await new_player(connection)
    assert await pay_syndicate(engine, new_id()) is None
    await change(engine, "UPDATE lane SET paused = false")
