"""The clients of one process: they register, come one after the other, play and watch, and go."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from random import Random
from typing import Final

import msgspec

from server.loadtest.line import Line, Office
from server.loadtest.messages import Orders
from server.loadtest.pace import Pace
from server.loadtest.plan import Client
from server.loadtest.player import End, Player
from server.loadtest.reception import Guest, Reception

_REGISTRARS: Final = 8  # guests that are registered at once
_WATCHERS_PER_GUEST: Final = 4  # once the server has told us to slow down
_DRAIN_S: Final = 30.0  # what the hands in play may take at the end
_START_CENTS: Final = 100_000


class Crowd:
    """`register`, then `run`."""

    def __init__(self, orders: Orders, office: Office, *, waits: Callable[[float], None]) -> None:
        self._orders = orders
        self._office = office
        self._clock = office.clock
        self._waits = waits
        self._was_slowed = False
        self._reception = Reception(office.session, office.url, chance=office.chance, waiting=self._slowed)
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)
        self._players: set[Player] = set()
        self._watching: list[Line] = []
        self._is_over = False

    async def register(self) -> list[Guest]:
        """A guest for each client, in their order; raises CasinoUnreachable, CallRefused in a group."""
        clients = self._orders.clients
        players_last = sorted(range(len(clients)), key=lambda number: clients[number].is_player)
        guests: dict[int, Guest] = {}
        watchers: list[Guest] = []

        async def work() -> None:
            while players_last:
                number = players_last.pop()
                if clients[number].is_player:
                    guests[number] = await self._reception.guest()
                    continue
                is_shared = self._was_slowed and number < len(watchers) * _WATCHERS_PER_GUEST
                guest = watchers[number % len(watchers)] if is_shared else await self._reception.guest()
                if not is_shared:
                    watchers.append(guest)
                guests[number] = guest

        async with asyncio.TaskGroup() as group:
            for _ in range(_REGISTRARS):
                group.create_task(work())
        return [guests[number] for number in range(len(clients))]

    async def run(self, guests: list[Guest], start_ns: int) -> None:
        """Let them come, play for the time that was asked for, and go."""
        async with asyncio.TaskGroup() as group:
            clients = {
                group.create_task(self._serve(client, guest, start_ns)): client.is_player
                for client, guest in zip(self._orders.clients, guests, strict=True)
            }
            await self._until(start_ns + self._orders.lasts_ns)
            await self._end(clients)

    async def _end(self, clients: dict[asyncio.Task[None], bool]) -> None:
        """The players get up first, while the watchers still watch."""
        self._is_over = True
        for player in self._players:
            player.leave()
        playing = [task for task, is_player in clients.items() if is_player]
        if playing:
            await asyncio.wait(playing, timeout=_DRAIN_S)
        await asyncio.gather(*(line.close() for line in self._watching))
        for task in clients:
            task.cancel()

    async def _serve(self, client: Client, guest: Guest, start_ns: int) -> None:
        due_ns = start_ns + client.arrives_ns
        await self._until(due_ns)
        if not client.is_player:
            await self._watch(client, guest, due_ns)
            return
        while (end := await self._play(client, guest, due_ns)) is not End.LEFT and not self._is_over:
            if end is End.BROKE:
                guest = await self._reception.guest()  # somebody else takes the seat
            elif (table_id := await self._free_table()) is not None:
                client = msgspec.structs.replace(client, table_id=table_id)
            else:
                return
            due_ns = self._clock.monotonic_ns()

    async def _free_table(self) -> str | None:
        """A table with a free seat, after a moment in which others may have found one."""
        await asyncio.sleep(self._office.chance.random())
        tables = await self._reception.tables()
        return next((table.table_id for table in tables if table.players < table.seats), None)

    async def _watch(self, client: Client, guest: Guest, due_ns: int) -> None:
        async def joined() -> None:
            await line.ask("watch_table", {"table_id": client.table_id}, self._clock.monotonic_ns())

        line = Line(self._office, client, guest, joined=joined)
        self._watching.append(line)
        await line.run(due_ns)

    async def _play(self, client: Client, guest: Guest, due_ns: int) -> End:
        """One player's time at a table."""
        player = Player(
            table_id=client.table_id,
            user_id=guest.user_id,
            balance=_START_CENTS,
            pace=self._paces[client.table_id],
            think=self._think,
            office=self._office,
        )
        line = Line(self._office, client, guest, joined=player.joined, hear=player.hear)
        self._players.add(player)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(line.run(due_ns))
                end = await player.play(line)
                await line.close()
            return end
        finally:
            self._players.discard(player)

    def _think(self, chance: Random) -> int:
        return chance.randint(*self._orders.think_ns)

    def _slowed(self, seconds: float) -> None:
        self._was_slowed = True
        self._waits(seconds)

    async def _until(self, moment_ns: int) -> None:
        await asyncio.sleep(max(0, moment_ns - self._clock.monotonic_ns()) / 1e9)
