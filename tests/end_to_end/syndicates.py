"""Syndicates of players who can sign in, and payout runs over HTTP."""

from typing import Any
from uuid import uuid4

from tests.end_to_end.clients import Account
from tests.end_to_end.house import House

START = 100_000


async def found_syndicate(
    house: House, shares: dict[str, tuple[Account, int]], *, dividend_bps: int = 5_000
) -> str:
    """A syndicate of these players with what each contributes; the first one founds it."""
    syndicate_id = ""
    for account, amount in shares.values():
        api = house.api(account)
        if syndicate_id:
            await api.post(f"/api/syndicates/{syndicate_id}/join")
        else:
            made = await api.post(
                "/api/syndicates", name=f"Club {uuid4().hex[:8]}", dividend_bps=dividend_bps
            )
            syndicate_id = made["syndicate_id"]
        paid = await api.post(
            f"/api/syndicates/{syndicate_id}/contribute", amount=amount, command_id=uuid4().hex
        )
        assert paid["balance"] == START - amount
    return syndicate_id


async def run_by_http(house: House) -> str:
    """Start a run; the same command again starts no other."""
    command_id = uuid4().hex
    started = await house.admin.post("/api/admin/payouts/run", command_id=command_id)
    assert started["success"]
    again = await house.admin.post("/api/admin/payouts/run", command_id=command_id)
    assert again == {**started, "replayed": True}
    return str(started["run_id"])


async def completed(house: House, run_id: str) -> dict[str, Any]:
    """Wait for the end of a run; how it ended."""
    await house.until_true("SELECT status = 'COMPLETED' FROM runs WHERE run_id = $1::uuid", run_id)
    run: dict[str, Any] = await house.admin.get(f"/api/admin/payouts/runs/{run_id}")
    return run
