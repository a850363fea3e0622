"""The admin namespace `/admin`: the dashboard, and the commands of the payout lane."""

from typing import assert_never

from aiohttp import web

from server.errors import InvalidPayload, RateLimited, Unauthorized
from server.sockets import wire
from server.sockets.acks import Ack, always_answered, refused
from server.sockets.clients import Client, Clients, buckets
from server.sockets.dashboard import Dashboard
from server.sockets.door import Door
from server.sockets.gates import NotAdmitted
from server.sockets.ports import Doorman, PayoutDesk
from server.sockets.push import ADMINS, DASHBOARD
from server.sockets.transport import SocketServer
from telemetry.clock import Clock
from telemetry.logs import get_logger

log = get_logger()


class AdminGate:
    """Stands between the operators' sockets and the house."""

    def __init__(
        self,
        *,
        server: SocketServer,
        clients: Clients,
        doorman: Doorman,
        dashboard: Dashboard,
        payouts: PayoutDesk,
        clock: Clock,
    ) -> None:
        self._server = server
        self._clients = clients
        self._door = Door(doorman, server.limits)
        self._dashboard = dashboard
        self._payouts = payouts
        self._clock = clock

    async def admit(self, sid: str, request: web.Request, auth: object) -> None:
        """Let in who has a good session and the role; raises NotAdmitted."""
        if not self._server.is_open:
            raise NotAdmitted("server_restarting")
        await self._door.admit(sid, request, auth, role="admin")

    async def opened(self, sid: str) -> None:
        """Show the operator what is open; then what comes."""
        session = self._door.session(sid)
        commands, chat = buckets(self._clock, self._server.limits)
        client = Client(
            sid=sid,
            namespace=ADMINS,
            user_id=str(session.user.user_id),
            name=session.user.name,
            role=session.user.role,
            token_hash=session.token_hash.hex(),
            expires_at=session.expires_at,
            commands=commands,
            chat=chat,
        )
        self._clients.add(client)
        self._server.join(sid, ADMINS, DASHBOARD)
        self._dashboard.came(sid)
        log.info("sockets.operator_connected", user_id=client.user_id)
        try:
            for event, payload in await self._dashboard.opening():
                self._server.tell(sid, ADMINS, event, payload)
        except Exception:
            log.exception("sockets.dashboard_failed", user_id=client.user_id)

    async def closed(self, sid: str) -> None:
        """Forget the operator."""
        self._door.left(sid)
        self._dashboard.left(sid)
        self._clients.remove(sid)

    def overrun(self) -> Ack:
        """The ack of an event that found the inbox full."""
        return refused(RateLimited(1_000))

    async def received(self, sid: str, event: str, args: list[object]) -> Ack:
        """Carry out a command: its shape first, then its rate, then the command itself."""
        client = self._clients.get(sid)
        if client is None:
            return refused(Unauthorized())
        try:
            command = wire.parse(wire.ADMIN_COMMANDS, event, args)
        except InvalidPayload as refusal:
            return refused(refusal)
        return await self._carry_out(client, event, command)

    @always_answered
    async def _carry_out(self, client: Client, event: str, command: wire.AdminCommand) -> dict[str, object]:
        wait_ms = client.commands.take() if self._server.limits.are_on else 0
        if wait_ms:
            raise RateLimited(wait_ms)
        log.info("sockets.operator_asked", user_id=client.user_id, command=event)
        match command:
            case wire.StartRun():
                return await self._payouts.start_run(client.user_id, command.command_id, command.plan_id)
            case wire.PausePayouts():
                return await self._payouts.pause(client.user_id)
            case wire.ResumePayouts():
                return await self._payouts.resume(client.user_id)
            case wire.RetryPayout():
                return await self._payouts.retry(client.user_id, command.payout_id.lower())
            case _:
                assert_never(command)
