"""The admin namespace: who may come in, what is shown, and what may be done."""

import orjson

from economy.ids import new_id
from server.bells import AlertRaised, AlertResolved, LogWritten, PayoutFailed, RunProgressed
from telemetry.logs import get_logger
from tests.integration.sockets.house import House
from tests.integration.sockets.raw import RawSocket

ALERT = {
    "alert_id": "a1",
    "type": "performance_warning",
    "operation": "db:slow",
    "duration_ms": 300,
    "threshold_ms": 200,
}


async def test_only_operators_come_in(casino: House) -> None:
    async with RawSocket(casino.url) as client:
        answer = await client.join((await casino.guest()).token, "/admin")
        assert answer == '44/admin,{"message":"forbidden","data":{"code":"forbidden"}}'
        assert (await client.join("x" * 43, "/admin")).endswith('{"code":"unauthorized"}}')


async def test_an_operator_sees_what_is_open_and_then_what_comes(casino: House) -> None:
    boss = await casino.operator()
    (own,) = {snapshot.process.process for snapshot in await casino.edge.dashboard.gather()}
    await casino.edge.hear(AlertRaised(payload={**ALERT, "process": own}))
    await casino.edge.hear(AlertRaised(payload={**ALERT, "alert_id": "a2", "process": "one that is gone"}))
    async with casino.raw(boss, "/admin") as client:
        metrics = await client.event("metrics_updated")
        assert metrics["at"].endswith("Z")
        assert [process["process"] for process in metrics["processes"]] == [own]
        queue = await client.event("queue_updated")
        assert {"waiting", "active", "completed", "failed", "scheduled", "paused", "at"} <= set(queue)
        assert (await client.event("alert_raised"))["alert_id"] == "a1"

        await casino.bells.ring(RunProgressed(payload={"run_id": "r", "total": 2}))
        progress = await client.event("run_progressed")
        assert (progress["run_id"], progress["total"]) == ("r", 2)
        await casino.bells.ring(AlertResolved(payload={"alert_id": "a1"}))
        assert (await client.event("alert_resolved"))["alert_id"] == "a1"
        await casino.bells.ring(PayoutFailed(payload={"payout_id": "p", "attempts": 3}))
        assert (await client.event("payout_failed"))["attempts"] == 3
        await casino.bells.ring(LogWritten(payload={"severity": "WARNING", "event": "x.y_z"}))
        assert (await client.event("log_written"))["event"] == "x.y_z"
        assert (await client.event("metrics_updated"))["operations"] is not None
    assert await casino.edge.board.all() == []


async def test_an_operator_starts_pauses_and_resumes(casino: House) -> None:
    boss = await casino.operator()
    async with casino.raw(boss, "/admin") as client:
        command = orjson.dumps({"command_id": new_id().hex}).decode()
        await client.send(f'42/admin,1["start_run",{command}]')
        started = await client.ack(1)
        await client.send('42/admin,2["start_run",{"command_id":"another-1"}]')
        second = await client.ack(2)
        await client.send('42/admin,3["pause_payouts"]')
        await client.send('42/admin,4["resume_payouts",{}]')
        acks = [await client.ack(3), await client.ack(4)]
        await client.send(f'42/admin,5["retry_payout",{{"payout_id":"{new_id()}"}}]')
        missing = await client.ack(5)
        await client.send('42/admin,6["place_bet",{}]')
        foreign = await client.ack(6)

    assert started["ok"]
    assert [str(run_id) for run_id in casino.bell.runs] == [started["run_id"]]
    assert second["error"]["code"] == "run_in_progress"
    assert [(ack["ok"], ack["paused"]) for ack in acks] == [(True, True), (True, False)]
    assert missing["error"]["code"] == "not_found"
    assert foreign["error"]["code"] == "invalid_payload"


async def test_nothing_is_gathered_while_nobody_watches(casino: House) -> None:
    gathered = len(casino.gathered)
    await casino.edge.dashboard.refresh()

    assert len(casino.gathered) == gathered


async def test_logging_out_closes_the_operators_socket(casino: House) -> None:
    boss = await casino.operator()
    async with casino.raw(boss, "/admin") as client:
        await casino.identity.logout(boss.token)

        assert await client.until_closed() == 1000


async def test_a_warning_reaches_the_dashboard(casino: House) -> None:
    boss = await casino.operator()
    async with casino.raw(boss, "/admin") as client:
        await client.event("metrics_updated")
        get_logger().warning("sockets.test_warned", table_id="main-1")

        line = await client.event("log_written")
    assert (line["severity"], line["event"], line["table_id"]) == ("WARNING", "sockets.test_warned", "main-1")
    assert line["at"]
