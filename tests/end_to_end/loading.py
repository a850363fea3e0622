"""Short load tests for the tests of real processes."""

from typing import Final

from tests.end_to_end.house import Finished, House

THINKING: Final = "0.4-0.6"  # long enough that no two changes are shown as one


async def run(house: House, url: str, *more: str, players: int = 3, watchers: int = 4) -> Finished:
    """A short load test from one process of clients."""
    return await house.command(
        "loadtest",
        *("--url", url, "--players", str(players), "--watchers", str(watchers)),
        *("--duration", "4", "--ramp", "0.5", "--think", THINKING, "--processes", "1", "--json"),
        *more,
    )


async def opened(house: House) -> House:
    """The casino with one open table that nobody sits at."""
    await house.open()
    await house.table(rules={"decks": 1, "penetration": 0.5}, pause_ms=500)
    return house
