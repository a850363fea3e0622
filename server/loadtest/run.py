"""The whole load test: tables, clients, the run, the judgement, the report."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy.ext.asyncio import AsyncEngine

from server.database import create_engine
from server.floor.seeds import SeedVault
from server.loadtest.figures import Figures, Window, measure
from server.loadtest.fleet import Fleet
from server.loadtest.host import Sampler, Usage, server_pids
from server.loadtest.judge.truth import Before, knows_user, look_before
from server.loadtest.judge.verdict import Court
from server.loadtest.messages import Orders, Tells
from server.loadtest.plan import Client, Load, share_out
from server.loadtest.reception import Reception, new_session
from server.loadtest.results import Clients, Report, report_of, server_report
from server.loadtest.ticker import Ticker
from server.loadtest.venue import opened_venue
from telemetry.clock import Clock


class AnotherDatabase(Exception):
    """The database is not the one that the casino works on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The casino's database, and the keys that open the seeds in it."""

    url: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    is_given: bool  # by the caller; else it was found beside a `casino dev`, and may be another one's


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was asked for; `logs` is a folder where the clients write what they hear."""

    load: Load
    logs: Path
    database: Database | None
    admin_token: str | None = field(repr=False)
    pids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Where progress goes: lines that stay, and one that the next replaces."""

    say: Callable[[str], None]
    tick: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The report, and what its plots are drawn from."""

    report: Report
    figures: Figures
    window: Window
    samples: Sequence[Usage]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Played:
    """What a run left besides its logs."""

    window: Window
    clients: Clients
    sampler: Sampler
    empty: Usage | None  # what the server used before the first client came
    before: Before | None  # with a database that is the casino's


async def load_test(call: Call, teller: Teller, clock: Clock) -> Outcome:
    """Run it. Raises CasinoUnreachable, CallRefused, NotEnoughSeats, ClientsFailed, AnotherDatabase."""
    chance = Random(call.load.seed)  # noqa: S311 # play, not secrets
    async with _engine(call.database) as engine, new_session() as session:
        reception = Reception(session, call.load.url, chance=chance, token=call.admin_token)
        has_own = call.admin_token is not None
        async with opened_venue(reception, call.load.players, has_own=has_own, say=teller.say) as venue:
            before = None if engine is None else await look_before(engine, venue.tables)
            shares = share_out(call.load, venue.places, venue.watched)
            played = await _play(call, shares, teller, clock, engine=engine, before=before)
        teller.say("judging what the clients saw")
        return await _judged(call, played, engine)


async def _play(
    call: Call,
    shares: Sequence[Sequence[Client]],
    teller: Teller,
    clock: Clock,
    *,
    engine: AsyncEngine | None,
    before: Before | None,
) -> _Played:
    load, ticker = call.load, Ticker(call.load)
    sampler = Sampler(call.pids or server_pids(load.url), clock)

    def tell(process: int, tells: Tells) -> None:
        line = ticker.take(process, tells)
        if line is not None:
            teller.tick(line)

    async with Fleet([_orders(call, number, share) for number, share in enumerate(shares)], clock) as fleet:
        teller.say(f"registering {load.players} players and {load.watchers} watchers")
        guest = await fleet.make_ready(lambda seconds: teller.tick(_waits(seconds)))
        before = await _proven(engine, before, guest, call)
        empty = sampler.look()
        start_ns = await fleet.start()
        sampling = asyncio.create_task(sampler.run())
        try:
            cpu_s = await fleet.until_done(tell)
        finally:
            sampling.cancel()
    begins_ns = start_ns + int(load.before_s * 1e9)
    return _Played(
        window=Window(start_ns=start_ns, begins_ns=begins_ns, ends_ns=begins_ns + int(load.duration_s * 1e9)),
        clients=Clients(cpu_s=cpu_s, lag_max_ns=ticker.lag_max_ns),
        sampler=sampler,
        empty=empty,
        before=before,
    )


async def _proven(
    engine: AsyncEngine | None, before: Before | None, guest: str | None, call: Call
) -> Before | None:
    """The same, if this is the casino's database; raises AnotherDatabase for one that was given."""
    if engine is None or call.database is None or guest is None or await knows_user(engine, guest):
        return before
    if call.database.is_given:
        raise AnotherDatabase(f"DATABASE_URL is not the database of {call.load.url}")
    return None


async def _judged(call: Call, played: _Played, engine: AsyncEngine | None) -> Outcome:
    court = Court()
    transcript = court.hear(sorted(call.logs.glob("*.log")))
    figures = measure(transcript, played.window)
    books: bool | None = None
    if engine is not None and call.database is not None and played.before is not None:
        vault = SeedVault(call.database.keys)
        books = await court.by_database(engine, played.before, transcript, vault)
    else:
        court.without_database()
    pids, samples = played.sampler.pids, played.sampler.samples
    server = server_report(pids, played.empty, samples, played.window, figures) if pids else None
    report = report_of(
        call.load,
        played.window,
        figures,
        clients=played.clients,
        server=server,
        verdict=court.verdict(),
        books_balance=books,
    )
    return Outcome(report=report, figures=figures, window=played.window, samples=samples)


def _orders(call: Call, number: int, share: Sequence[Client]) -> Orders:
    load = call.load
    low_s, high_s = load.think_s
    return Orders(
        url=load.url,
        log=str(call.logs / f"clients-{number}.log"),
        clients=tuple(share),
        lasts_ns=int((load.before_s + load.duration_s) * 1e9),
        think_ns=(int(low_s * 1e9), int(high_s * 1e9)),
        seed=load.seed + number,
    )


def _waits(seconds: float) -> str:
    return f"the server asks for {seconds:.1f} s between guests; RATE_LIMITS=off there lifts that"


@asynccontextmanager
async def _engine(database: Database | None) -> AsyncIterator[AsyncEngine | None]:
    if database is None:
        yield None
        return
    engine = create_engine(database.url, pool_size=2, application="casino loadtest")
    try:
        yield engine
    finally:
        await engine.dispose()
