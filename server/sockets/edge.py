"""The socket edge of one process, put together: `build_socket_server`, then `attach`, `run` and `close`."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Final, assert_never

from aiohttp import web
from aiohttp.typedefs import Handler

from server.bells import (
    AlertRaised,
    AlertResolved,
    BalanceChanged,
    Bell,
    Bells,
    CursorMoved,
    LogWritten,
    MembershipChanged,
    PayoutFailed,
    RunProgressed,
    SessionsEnded,
    SyndicatePaid,
    TableChanged,
    is_cancelled,
    valkey_client,
)
from server.database import is_cut
from server.identity.addresses import Proxies
from server.settings import Settings
from server.sockets.admin import AdminGate
from server.sockets.board import AlertBoard
from server.sockets.clients import Client, Clients
from server.sockets.dashboard import REFRESH_S, Dashboard, Gather
from server.sockets.deliveries import Deliveries
from server.sockets.door import origin_rule
from server.sockets.follow import TELL_S, Attendance
from server.sockets.limits import SocketLimits
from server.sockets.logtap import LogBells
from server.sockets.player import PlayerGate
from server.sockets.ports import Books, Doorman, FloorDesk, PayoutDesk
from server.sockets.push import ADMINS, PLAYERS, Pusher
from server.sockets.told import LOOK_S, Told
from server.sockets.transport import SocketServer
from telemetry.alerts import Alerts
from telemetry.clock import Clock
from telemetry.logs import get_logger

CHANNEL: Final = "casino:push"
PUSH_DEAF: Final = "push_deaf"  # the alert: this process hears no pushes, or no bells
_SOCKETS: Final = "/socket.io"
_RETURN_FIRST_MS: Final = 100  # when the first clients of a process that goes down are to come back
_RETURN_LAST_MS: Final = 1_000  # and the last: all at once would be a blow to the process that gets them
_ForOperators = RunProgressed | PayoutFailed | AlertRaised | AlertResolved | LogWritten
_FOR_OPERATORS: Final[dict[type[_ForOperators], str]] = {
    RunProgressed: "run_progressed",
    PayoutFailed: "payout_failed",
    AlertRaised: "alert_raised",
    AlertResolved: "alert_resolved",
    LogWritten: "log_written",
}
_SWEEP_S: Final = 0.5
_HEAL_S: Final = 15.0

log = get_logger()


class SocketEdge:
    """Every socket of this process; `pusher` is what the rest of the house tells clients with."""

    def __init__(
        self,
        *,
        server: SocketServer,
        clients: Clients,
        pusher: Pusher,
        floor: FloorDesk,
        books: Books,
        deliveries: Deliveries,
        attendance: Attendance,
        dashboard: Dashboard,
        board: AlertBoard,
        told: Told,
        bells: Bells,
        clock: Clock,
        process: str,
    ) -> None:
        self.server = server
        self.pusher = pusher
        self.dashboard = dashboard
        self._clients = clients
        self._floor = floor
        self._books = books
        self._deliveries = deliveries
        self._attendance = attendance
        self.board = board
        self._told = told
        self._bells = bells
        self._clock = clock
        self._process = process
        self._is_closed = False
        self.hearing = asyncio.Event()  # set once this process hears the bells

    def attach(self, app: web.Application) -> None:
        """Serve `/socket.io/` on the application, and close every socket when it shuts down."""
        self.server.attach(app, socketio_path=_SOCKETS.strip("/"))
        app.middlewares.append(self._turn_away)
        app.on_shutdown.append(self._on_shutdown)

    async def run(self, *, also_hear: Callable[[Bell], Awaitable[None]] | None = None) -> None:
        """Keep the sockets served until cancelled; `also_hear` gets every bell after the edge."""

        async def hear(bell: Bell) -> None:
            await self.hear(bell)
            if also_hear is not None:
                await also_hear(bell)

        async with self.board, asyncio.TaskGroup() as group:
            group.create_task(self.server.manager.run(self._refresh_views), name="pushes")
            group.create_task(self._bells.listen(hear, missed=self._catch_up), name="bells")
            group.create_task(self.server.run(), name="sockets")
            group.create_task(self._every(_SWEEP_S, self._sweep), name="sweep")
            group.create_task(self._every(_HEAL_S, self.heal), name="heal")
            group.create_task(self._every(TELL_S, self._attendance.tell), name="attendance")
            group.create_task(self._every(LOOK_S, self._told.look), name="told")
            group.create_task(LogBells(self._bells, self._clock).run(), name="log bells")
            group.create_task(self._every(REFRESH_S, self.dashboard.refresh), name="dashboard")

    def announce_end(self) -> None:
        """Tell every client to come again soon, and turn away those who come."""
        if self.server.is_open:
            self.server.is_open = False
            self.pusher.server_restarting(partial(random.randint, _RETURN_FIRST_MS, _RETURN_LAST_MS))

    async def close(self) -> None:
        """Close every connection with code 1000, after the announcement. Safe to repeat."""
        self.announce_end()
        if self._is_closed:
            return
        self._is_closed = True
        await self.server.close_all()
        await self.server.shutdown()
        log.info("sockets.edge_closed")

    def is_hearing(self) -> bool:
        """Whether this process would hear a push and a bell from another one."""
        return bool(self.server.manager.ear.is_hearing()) and self._bells.is_hearing()

    def connections(self) -> int:
        """How many sockets are open."""
        return len(self.server.connections)

    async def hear(self, bell: Bell) -> None:
        """Do what a bell means for the sockets here."""
        match bell:
            case SessionsEnded():
                await self._dismiss(self._clients.of_session(bell.user_id, bell.token_hashes))
            case SyndicatePaid():
                await self._deliveries.paid(bell.payload)
            case CursorMoved():
                await self._deliveries.confirmed(bell.user_id, bell.confirmed_through)
            case MembershipChanged():
                if self._clients.of_user(bell.user_id):
                    self._clients.belongs(bell.user_id, bell.syndicate_id)
            case BalanceChanged():
                await self.pusher.balance_changed(bell.user_id, bell.payload, local_only=True)
            case RunProgressed() | PayoutFailed() | LogWritten() | AlertRaised() | AlertResolved():
                await self._tell_operators(bell)
            case TableChanged():
                pass  # the floor's
            case _:
                assert_never(bell)

    async def tell_alert(self, bell: AlertRaised | AlertResolved) -> None:
        """An alert of this process, to the operators here: it may be that no bell can be heard."""
        await self.dashboard.tell(_FOR_OPERATORS[type(bell)], bell.payload)

    async def _tell_operators(self, bell: _ForOperators) -> None:
        if isinstance(bell, AlertRaised):
            await self.board.raised(bell.payload)
        elif isinstance(bell, AlertResolved):
            await self.board.resolved(str(bell.payload.get("alert_id")))
        is_told = (
            isinstance(bell, AlertRaised | AlertResolved) and bell.payload.get("process") == self._process
        )
        if not is_told:
            await self.dashboard.tell(_FOR_OPERATORS[type(bell)], bell.payload)

    @web.middleware
    async def _turn_away(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A process that goes down takes no new socket: the balancer, or the client, tries another one."""
        if not self.server.is_open and request.path.startswith(_SOCKETS):
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
        return await handler(request)

    async def _on_shutdown(self, _app: web.Application) -> None:
        await self.close()

    async def _dismiss(self, clients: list[Client]) -> None:
        for client in clients:
            log.info("sockets.session_ended", user_id=client.user_id)
            await self.server.dismiss(client.sid, client.namespace)

    async def _sweep(self) -> None:
        await self._dismiss(self._clients.expired(self._clock.now()))

    async def _refresh_views(self) -> None:
        """Pushes may have been missed: show the watchers here every table as it is."""
        for table_id in self._clients.watched():
            try:
                view = await self._floor.view(table_id)
            except Exception as error:  # noqa: BLE001 - the floor's own look comes in two seconds
                log.warning("sockets.view_not_refreshed", table_id=table_id, error=type(error).__name__)
                continue
            await self.pusher.table_changed(table_id, view, local_only=True)

    async def _catch_up(self) -> None:
        self.hearing.set()
        await self.heal()

    async def heal(self) -> None:
        """Bells may have been missed: compare the clients here with the database, in two queries."""
        users = self._clients.users()
        if not users:
            return
        ended = await self._books.ended(list({client.token_hash for client in self._clients}))
        await self._dismiss([client for client in self._clients if client.token_hash in ended])
        behind: list[Client] = []
        for standing in await self._books.standings(users):
            clients = self._clients.of_user(standing.user_id)
            if standing.is_suspended:
                await self._dismiss(clients)
                continue
            if clients:
                self._clients.belongs(standing.user_id, standing.syndicate_id)
            for client in clients:
                if client.balance_version < standing.balance_version:
                    self.pusher.balances_missed((standing.user_id,))
                if client.cursor is not None:
                    client.cursor.confirm(standing.confirmed_through)
                    if client.cursor.sent_through < standing.dividend_seq:
                        behind.append(client)
        await self._deliveries.advance(behind)

    async def _every(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        while not is_cancelled():
            await asyncio.sleep(seconds)
            try:
                await do()
            except Exception as error:
                chore = getattr(do, "__qualname__", "")
                if is_cut(error):
                    log.warning("sockets.chore_put_off", chore=chore, error=type(error).__name__)
                else:
                    log.exception("sockets.chore_failed", chore=chore)


def build_socket_server(
    *,
    settings: Settings,
    doorman: Doorman,
    floor: FloorDesk,
    books: Books,
    payouts: PayoutDesk,
    gather: Gather,
    bells: Bells,
    clock: Clock,
    alerts: Alerts,
    process: str,
    pusher: Pusher,
) -> SocketEdge:
    """Put the edge together; `gather` answers the snapshots of all processes."""
    server = pusher.server
    clients = Clients()
    told = Told(clients, pusher, books)
    server.manager.is_news = told.is_news
    for ear, operation in ((server.manager.ear, "redis:pushes"), (bells.ear, "redis:bells")):
        ear.went_deaf = partial(alerts.raise_alert, PUSH_DEAF, operation, lasting=True)
        ear.hears_again = partial(alerts.resolve, PUSH_DEAF, operation)
    deliveries = Deliveries(server, clients, pusher, books)
    attendance = Attendance(floor, clients, pusher)
    board = AlertBoard(valkey_client(settings.redis_url))
    dashboard = Dashboard(
        pusher=pusher, gather=gather, board=board, alerts=alerts, payouts=payouts, clock=clock
    )
    server.gates[PLAYERS] = PlayerGate(
        server=server,
        clients=clients,
        pusher=pusher,
        doorman=doorman,
        floor=floor,
        books=books,
        deliveries=deliveries,
        attendance=attendance,
        bells=bells,
        clock=clock,
    )
    server.gates[ADMINS] = AdminGate(
        server=server,
        clients=clients,
        doorman=doorman,
        dashboard=dashboard,
        payouts=payouts,
        clock=clock,
    )
    return SocketEdge(
        server=server,
        clients=clients,
        pusher=pusher,
        floor=floor,
        books=books,
        deliveries=deliveries,
        attendance=attendance,
        dashboard=dashboard,
        board=board,
        told=told,
        bells=bells,
        clock=clock,
        process=process,
    )


def new_server(settings: Settings, limits: SocketLimits | None = None) -> SocketServer:
    """A socket server without its gates yet; a `Pusher` can be made on it. The limits are the settings'."""
    return SocketServer(
        redis_url=settings.redis_url,
        channel=CHANNEL,
        namespaces=(PLAYERS, ADMINS),
        is_allowed_origin=origin_rule(settings.allowed_origins),
        limits=limits or SocketLimits.of(settings),
        proxies=Proxies(settings.trusted_proxies),
    )
