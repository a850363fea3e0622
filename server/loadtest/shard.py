"""One process of clients: `python -m server.loadtest.shard`.

It reads its orders as a line of JSON from standard input, registers its guests, says so on standard output,
waits for the moment to start, and plays; every second it says how far it is. When its standard input is
closed, it ends.
"""

import asyncio
import resource
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import uvloop

from server.loadtest.book import Book
from server.loadtest.crowd import Crowd
from server.loadtest.line import Office
from server.loadtest.messages import Done, Fails, Orders, Ready, Said, Start, Tells, Waits
from server.loadtest.reception import CallRefused, CasinoUnreachable, new_session
from telemetry.clock import Clock, SystemClock

_TELL_NS: Final = 1_000_000_000


def say(said: Said) -> None:
    """A line to the process that started this one; when that is gone, standard input says so too."""
    with suppress(BrokenPipeError):
        sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
        sys.stdout.buffer.flush()


def allow_many_files() -> None:
    """Raise the soft limit on open files to the hard one: every client is a socket."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _work() -> None:
    """All of it, or less when standard input is closed."""
    orders_from = await _standard_input()
    line = await orders_from.readline()
    if not line:
        return
    try:
        await _serve(msgspec.json.decode(line, type=Orders), orders_from)
    except* (CasinoUnreachable, CallRefused) as faults:
        say(Fails(str(_first_of(faults))))


def _first_of(fault: BaseException) -> BaseException:
    return _first_of(fault.exceptions[0]) if isinstance(fault, BaseExceptionGroup) else fault


async def _serve(orders: Orders, orders_from: asyncio.StreamReader) -> None:
    async with new_session() as session:
        clock = SystemClock()
        with Book(Path(orders.log), clock) as book:
            chance = Random(orders.seed)  # noqa: S311 # play, not secrets
            office = Office(url=orders.url, session=session, book=book, clock=clock, chance=chance)
            crowd = Crowd(orders, office, waits=lambda seconds: say(Waits(seconds)))
            guests = await crowd.register()
            say(Ready(guests[0].user_id if guests else None))
            line = await orders_from.readline()
            if not line:
                return
            start = msgspec.json.decode(line, type=Start)
            async with asyncio.TaskGroup() as group:
                running = group.create_task(crowd.run(guests, start.at_ns))
                telling = group.create_task(_tell(book, clock))
                stopping = group.create_task(_stop_with(orders_from, running))
                await asyncio.wait([running])
                telling.cancel()
                stopping.cancel()
    used = resource.getrusage(resource.RUSAGE_SELF)
    say(Done(used.ru_utime + used.ru_stime))


async def _tell(book: Book, clock: Clock) -> None:
    while True:
        due_ns = clock.monotonic_ns() + _TELL_NS
        await asyncio.sleep(_TELL_NS / 1e9)
        say(Tells(book.look(), max(0, clock.monotonic_ns() - due_ns)))


async def _stop_with(orders_from: asyncio.StreamReader, running: asyncio.Task[None]) -> None:
    """End the clients when the process that leads is gone."""
    while await orders_from.readline():
        pass
    running.cancel()


def main() -> None:
    """The process."""
    allow_many_files()
    uvloop.run(_work())


if __name__ == "__main__":
    main()
