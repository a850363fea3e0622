"""`casino web --processes N`: web processes that share one port, started again when they die.

The kernel spreads connections over their listeners (SO_REUSEPORT). SIGTERM and SIGINT end the children, and
then the supervisor; SIGHUP replaces them one after the other, so that new code comes into play and somebody
serves at any moment.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from server.instruments import name_process, start_logging
from server.leash import Hand
from server.listening import reserve
from server.settings import Settings
from telemetry.logs import flush, get_logger

END_S: Final = 9.0  # how long a child may take to end; it promises 8
STEADY_S: Final = 10.0  # a child that has lived for so long was no failed start
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
WRONG_CALL: Final = 2
_COMMAND: Final = (sys.executable, "-m", "server.cli", "web", "--supervised-by")

log = get_logger()


def main(settings: Settings, processes: int) -> int:
    """The exit code: 0 when it was told to end and every child did so in good order."""
    try:
        reserved = reserve(settings.host, settings.port)
    except OSError as fault:
        sys.stderr.write(f"casino: PORT: {settings.port} can't be used: {fault.strerror}\n")
        return WRONG_CALL
    with contextlib.closing(reserved):
        start_logging(settings, name_process("supervisor"))
        try:
            return asyncio.run(Supervisor(processes).run())
        finally:
            flush()


class _Child:
    """One process, from its start to its end."""

    def __init__(self, process: asyncio.subprocess.Process, hand: Hand) -> None:
        self.process = process
        self.hand = hand
        self.started_at = asyncio.get_running_loop().time()
        self.is_replaced = False
        self.successor: asyncio.Future[_Child] = asyncio.get_running_loop().create_future()

    @classmethod
    async def start(cls, command: Sequence[str]) -> "_Child":
        """Start it, with its end of the leash."""
        hand = Hand()
        process = await asyncio.create_subprocess_exec(
            *command, str(hand.fd), stdin=asyncio.subprocess.DEVNULL, pass_fds=[hand.fd]
        )
        hand.hold()
        return cls(process, hand)

    @property
    def age_s(self) -> float:
        """How long ago it was started."""
        return asyncio.get_running_loop().time() - self.started_at

    async def end(self, number: signal.Signals | None = signal.SIGTERM) -> None:
        """Tell it to end, by a signal unless it was told already, and see that it does."""
        if number is not None:
            self._signal(number)
        ending = asyncio.ensure_future(self.process.wait())
        await asyncio.wait([ending], timeout=END_S)
        if not ending.done():
            log.error("supervisor.child_killed", pid=self.process.pid, after_s=END_S)
            self._signal(signal.SIGKILL)
        await ending

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)


class Supervisor:
    """Keeps `count` children alive until it is told to end."""

    def __init__(self, count: int, command: Sequence[str] = _COMMAND) -> None:
        self._count = count
        self._command = command
        self._children: dict[int, _Child] = {}  # by place
        self._stop = asyncio.Event()
        self._replace = asyncio.Event()
        self._has_served = asyncio.Event()  # a child, once
        self._exit_code = 0

    async def run(self) -> int:
        """Start the children and keep them until told to stop; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._replace.set)
        async with asyncio.TaskGroup() as group:
            replacing = group.create_task(self._replace_when_told())
            for place in range(self._count):
                group.create_task(self._keep(place))
            await self._stop.wait()
            replacing.cancel()
            log.info("supervisor.stopping")
        log.info("supervisor.stopped", exit_code=self._exit_code)
        return self._exit_code

    async def _keep(self, place: int) -> None:
        """One child after the other; the first place goes first: what is wrong there is said once."""
        if place:
            await _first_of(self._has_served.wait(), self._stop.wait())
        before: _Child | None = None
        failures = 0
        while not self._stop.is_set():
            child = self._children[place] = await _Child.start(self._command)
            log.info("supervisor.child_started", pid=child.process.pid)
            if before is not None:
                before.successor.set_result(child)
            await self._watch(child)
            before = child
            failures = 0 if child.is_replaced or child.age_s > STEADY_S else failures + 1
            if failures and not self._stop.is_set():
                wait_s = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1]
                code = child.process.returncode
                log.warning(
                    "supervisor.child_died", pid=child.process.pid, exit_code=code, restart_in_s=wait_s
                )
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._stop.wait()

    async def _watch(self, child: _Child) -> None:
        """Until it has ended, by itself or with everybody."""
        await _first_of(child.hand.serves.wait(), child.process.wait(), self._stop.wait())
        if child.hand.serves.is_set():
            self._has_served.set()
        await _first_of(child.process.wait(), self._stop.wait())
        if self._stop.is_set():
            await child.end()
            self._exit_code = self._exit_code or int(child.process.returncode != 0)
        elif not self._has_served.is_set() and child.process.returncode == WRONG_CALL:
            self._exit_code = WRONG_CALL
            self._stop.set()
        child.hand.let_go()

    async def _replace_when_told(self) -> None:
        while True:
            await self._replace.wait()
            self._replace.clear()
            log.info("supervisor.replacing", processes=self._count)
            for child in tuple(self._children.values()):
                child.is_replaced = True
                child.hand.let_leave()
                await child.end(None)
                successor = await child.successor
                await _first_of(successor.hand.serves.wait(), successor.process.wait())
            log.info("supervisor.replaced")


async def _first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Back when one of them is; the others are given up."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
