"""A web process on a machine whose clock is an hour ahead: `python -m tests.faults.wrong_clock web`."""

import asyncio
import contextlib
import signal
import time
from datetime import UTC, datetime, timedelta

import uvloop

from server.app import WebProcess
from server.listening import listen
from server.settings import Settings

AHEAD = timedelta(hours=1)


class WrongClock:
    """Runs as clocks do, and tells the wrong time."""

    monotonic_ns = staticmethod(time.monotonic_ns)

    def now(self) -> datetime:
        """An hour from now."""
        return datetime.now(UTC) + AHEAD


async def main() -> None:
    """Serve as `casino web` does."""
    settings = Settings.from_environment()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with contextlib.closing(listen(settings.host, settings.port)) as listener:
        async with WebProcess.opened(settings, machine=WrongClock()) as process:
            await process.serve(listener, stop)


if __name__ == "__main__":
    uvloop.run(main())
