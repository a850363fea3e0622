"""One time for the whole house: the database's, whatever a process's own machine believes."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from telemetry.clock import Clock

LEARN_S: Final = 60.0  # how often the time is learned again; a machine drifts by milliseconds meanwhile
_PATIENCE_S: Final = 5.0


class HouseClock:
    """Tells the database's time as it was last learned, and the machine's until then."""

    __slots__ = ("_learned", "_machine", "monotonic_ns")

    def __init__(self, machine: Clock) -> None:
        self._machine = machine
        self._learned: tuple[datetime, int] | None = None  # the moment, and when it was by `monotonic_ns`
        self.monotonic_ns = machine.monotonic_ns

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        if self._learned is None:
            return self._machine.now()
        moment, at_ns = self._learned
        return moment + timedelta(microseconds=(self.monotonic_ns() - at_ns) // 1_000)

    async def learn(self, engine: AsyncEngine) -> None:
        """Ask the database; wrong by half of what the answer takes at most. Raises what the engine does."""
        async with engine.connect() as connection:
            before_ns = self.monotonic_ns()
            moment = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        self._learned = moment, (before_ns + self.monotonic_ns()) // 2

    async def keep(self, engine: AsyncEngine) -> None:
        """Learn the time again and again until cancelled; without the database the machine counts on."""
        while True:
            with suppress(OSError, SQLAlchemyError):
                async with asyncio.timeout(_PATIENCE_S):
                    await self.learn(engine)
            await asyncio.sleep(LEARN_S)
