"""The player namespace `/`: every command and every event of it."""

import asyncio
from typing import Final, assert_never

from aiohttp import web

from server.bells import Bells, CursorMoved
from server.errors import InvalidPayload, LimitReached, Muted, NotWatching, RateLimited, Unauthorized
from server.sockets import wire
from server.sockets.acks import Ack, always_answered, refused
from server.sockets.clients import Client, Clients, buckets
from server.sockets.cursors import Cursor
from server.sockets.deliveries import Deliveries
from server.sockets.door import Door
from server.sockets.follow import Attendance
from server.sockets.gates import NotAdmitted
from server.sockets.ports import Books, Doorman, FloorDesk, Wallet
from server.sockets.push import PLAYERS, Pusher, plain, table_room, user_room
from server.sockets.transport import SocketServer
from telemetry.alerts import iso
from telemetry.clock import Clock
from telemetry.logs import get_logger

PROTOCOL: Final = 1
_OVERRUN_RETRY_MS: Final = 1_000
_GREETING_S: Final = 5.0  # what welcoming a client, or seeing it off, may take at most

log = get_logger()


class PlayerGate:
    """Stands between the players' sockets and the house."""

    def __init__(
        self,
        *,
        server: SocketServer,
        clients: Clients,
        pusher: Pusher,
        doorman: Doorman,
        floor: FloorDesk,
        books: Books,
        deliveries: Deliveries,
        attendance: Attendance,
        bells: Bells,
        clock: Clock,
    ) -> None:
        self._server = server
        self._clients = clients
        self._pusher = pusher
        self._door = Door(doorman, server.limits)
        self._floor = floor
        self._books = books
        self._deliveries = deliveries
        self._attendance = attendance
        self._bells = bells
        self._clock = clock

    async def admit(self, sid: str, request: web.Request, auth: object) -> None:
        """Let in who has a good session; raises NotAdmitted."""
        if not self._server.is_open:
            raise NotAdmitted("server_restarting")
        await self._door.admit(sid, request, auth)

    async def opened(self, sid: str) -> None:
        """Welcome the client before anything else; then what was pushed meanwhile, then the dividends."""
        session = self._door.session(sid)
        commands, chat = buckets(self._clock, self._server.limits)
        client = Client(
            sid=sid,
            namespace=PLAYERS,
            user_id=str(session.user.user_id),
            name=session.user.name,
            role=session.user.role,
            token_hash=session.token_hash.hex(),
            expires_at=session.expires_at,
            commands=commands,
            chat=chat,
        )
        self._server.hold(sid, PLAYERS)
        self._clients.add(client)
        self._server.join(sid, PLAYERS, user_room(client.user_id))
        try:
            async with asyncio.timeout(_GREETING_S):
                await self._floor.presence.connected_socket(client.user_id)
                wallet = await self._books.wallet(client.user_id)
        except Exception:
            log.exception("sockets.welcome_failed", user_id=client.user_id)
            await self._server.hang_up_on(sid, PLAYERS)
            return
        if self._clients.get(sid) is None:
            return
        self._clients.belongs(client.user_id, wallet.syndicate_id)
        client.note_balance(wallet.version)
        client.cursor = Cursor(confirmed_through=wallet.confirmed_through, known_seq=wallet.dividend_seq)
        self._server.welcome(sid, PLAYERS, self._welcome(client, wallet))
        log.info("sockets.client_connected", user_id=client.user_id)
        await self._deliveries.advance([client])

    def _welcome(self, client: Client, wallet: Wallet) -> dict[str, object]:
        return {
            "protocol": PROTOCOL,
            "user": {"user_id": client.user_id, "name": client.name, "role": client.role},
            "balance": wallet.balance,
            "balance_version": wallet.version,
            "server_time": iso(self._clock.now()),
            "unconfirmed_count": wallet.dividend_seq - wallet.confirmed_through,
            "confirmed_through": wallet.confirmed_through,
        }

    async def closed(self, sid: str) -> None:
        """Forget the client; its seats are held by the floor."""
        self._door.left(sid)
        client = self._clients.get(sid)
        if client is None:
            return
        tables = list(client.tables)
        self._clients.remove(sid)
        try:
            async with asyncio.timeout(_GREETING_S):
                for table_id in tables:
                    await self._floor.unwatch(sid, table_id)
                    self._attendance.left(table_id)
                if self._server.is_open:  # else another process has the player in a moment
                    await self._floor.presence.disconnected_socket(client.user_id)
        except Exception:
            log.exception("sockets.farewell_failed", user_id=client.user_id)
        log.info("sockets.client_disconnected", user_id=client.user_id)

    def overrun(self) -> Ack:
        """The ack of an event that found the inbox full."""
        return refused(RateLimited(_OVERRUN_RETRY_MS))

    async def received(self, sid: str, event: str, args: list[object]) -> Ack:
        """Carry out a command: its shape first, then its rate, then the command itself."""
        client = self._clients.get(sid)
        if client is None:
            return refused(Unauthorized())
        try:
            command = wire.parse(wire.PLAYER_COMMANDS, event, args)
        except InvalidPayload as refusal:
            return refused(refusal)
        return await self._carry_out(client, event, command)

    @always_answered
    async def _carry_out(self, client: Client, event: str, command: wire.PlayerCommand) -> dict[str, object]:
        self._charge(client, command)
        match command:
            case wire.ListTables():
                return {"tables": plain(await self._floor.summaries())}
            case wire.WatchTable():
                return await self._watch(client, command.table_id)
            case wire.UnwatchTable():
                return await self._unwatch(client, command.table_id)
            case wire.Say():
                return await self._say(client, command)
            case wire.Hint():
                advice = await self._floor.advise(client.user_id, command.table_id)
                return {"move": advice.move.value, "moves": [move.value for move in advice.moves]}
            case wire.ConfirmPayouts():
                return await self._confirm(client, command)
            case wire.TakeSeat():
                ack = await self._play(client, event, command)
                await self._follow(client, command.table_id, shown=ack.get("table"))
                return ack
            case wire.LeaveSeat() | wire.PlaceBet() | wire.ClearBet() | wire.Act() | wire.SetClientSeed():
                return await self._play(client, event, command)
            case _:
                assert_never(command)

    def _charge(self, client: Client, command: wire.PlayerCommand) -> None:
        if not self._server.limits.are_on:
            return
        wait_ms = client.commands.take()
        if wait_ms == 0 and isinstance(command, wire.Say):
            wait_ms = client.chat.take()
        if wait_ms:
            raise RateLimited(wait_ms)

    async def _play(self, client: Client, event: str, command: wire.TablePlay) -> dict[str, object]:
        return await self._floor.play(
            client.user_id,
            command.table_id,
            wire.play_of(command, user_id=client.user_id, name=client.name),
            name=event,
            command_id=command.command_id,
            payload=wire.fingerprinted(command),
        )

    async def _watch(self, client: Client, table_id: str, *, is_seated: bool = False) -> dict[str, object]:
        """The room first, then the view: what happens in between is seen twice rather than missed."""
        was_watching = table_id in client.tables
        if not was_watching and not is_seated:
            await self._refuse_crowd(client, table_id)
        self._server.join(client.sid, PLAYERS, table_room(table_id))
        try:
            view = await self._floor.watch(client.sid, table_id)
        except BaseException:
            if not was_watching:
                self._server.leave(client.sid, PLAYERS, table_room(table_id))
            raise
        if self._clients.get(client.sid) is None:  # gone meanwhile
            await self._floor.unwatch(client.sid, table_id)
            raise Unauthorized
        self._clients.watch(client, table_id)
        self._attendance.changed(table_id)
        return {"table": plain(view)}

    async def _refuse_crowd(self, client: Client, table_id: str) -> None:
        """No more than so many may watch a table; who sits at it may always."""
        if self._floor.presence.watchers(table_id) < self._server.limits.watchers_per_table:
            return
        seats = (await self._floor.view(table_id)).seats
        if not any(seat.player is not None and seat.player.user_id == client.user_id for seat in seats):
            raise LimitReached("Too many watch this table.")

    async def _follow(self, client: Client, table_id: str, *, shown: object) -> None:
        """Watch a table where the client sat down; show what has changed since the view that it was given."""
        self._attendance.changed(table_id)
        if table_id in client.tables or self._clients.get(client.sid) is None:
            return
        table = (await self._watch(client, table_id, is_seated=True))["table"]
        if isinstance(shown, dict) and isinstance(table, dict) and table["version"] > shown["version"]:
            self._server.tell(client.sid, PLAYERS, "table_changed", table)

    async def _unwatch(self, client: Client, table_id: str) -> dict[str, object]:
        if table_id in client.tables:
            self._server.leave(client.sid, PLAYERS, table_room(table_id))
            self._clients.unwatch(client, table_id)
            await self._floor.unwatch(client.sid, table_id)
            self._attendance.changed(table_id)
        else:
            await self._floor.view(table_id)  # refuses a table that there is not
        return {}

    async def _say(self, client: Client, command: wire.Say) -> dict[str, object]:
        if command.table_id not in client.tables:
            await self._floor.view(command.table_id)  # as above: that comes before not watching it
            raise NotWatching
        if await self._books.is_muted(client.user_id):
            raise Muted
        at = iso(self._clock.now())
        await self._pusher.said(command.table_id, client.user_id, client.name, command.text, at)
        return {}

    async def _confirm(self, client: Client, command: wire.ConfirmPayouts) -> dict[str, object]:
        ack = await self._books.confirm(client.user_id, command.command_id, command.through)
        through = ack["confirmed_through"]
        if isinstance(through, int):
            await self._deliveries.confirmed(client.user_id, through)
            await self._bells.ring(CursorMoved(user_id=client.user_id, confirmed_through=through))
        return ack
