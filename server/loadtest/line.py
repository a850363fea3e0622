"""One client's connection: opened, kept, opened again when it breaks; commands with their acks."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import aiohttp

from server.loadtest import frames
from server.loadtest.book import Book, Known
from server.loadtest.plan import Client
from server.loadtest.reception import Guest
from telemetry.clock import Clock

ACK_S: Final = 10.0  # past it a command counts as unanswered
HANDSHAKE_S: Final = 20.0
_SILENCE_S: Final = 30.0  # the server pings every ten
_RETRY_S: Final = (0.25, 2.0)  # as the casino's own client: the first pause, and the longest
_PATH: Final = "/socket.io/?EIO=4&transport=websocket"
_FAULTS: Final = (aiohttp.ClientError, OSError, TimeoutError)


class LineBroken(Exception):
    """The connection ended before the answer came."""


class NoAnswer(Exception):
    """No ack came in time on a connection that stands."""


Ack = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What all clients of a process share."""

    url: str
    session: aiohttp.ClientSession
    book: Book
    clock: Clock
    chance: Random


class Line:
    """A connection of one user to one table's room; `run` is its only task.

    `joined` is called after every connection, `hear` for every event.
    """

    def __init__(
        self,
        office: Office,
        client: Client,
        guest: Guest,
        *,
        joined: Callable[[], Awaitable[None]],
        hear: Callable[[Known], None] | None = None,
    ) -> None:
        self._session = office.session
        self._url = office.url + _PATH
        self._book = office.book
        self._clock = office.clock
        self._chance = office.chance
        self._client = client
        self._guest = guest
        self._hear = hear
        self._joined = joined
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._connection = 0
        self._commands = 0
        self._waiting: dict[int, asyncio.Future[Ack]] = {}
        self._is_over = False
        self.is_open = asyncio.Event()  # set while the namespace is joined

    async def run(self, due_ns: int) -> None:
        """Keep the connection until `close`; the first one is due at this moment."""
        pause_s = _RETRY_S[0]
        while not self._is_over:
            was_in = await self._once(due_ns)
            pause_s = _RETRY_S[0] if was_in else min(2 * pause_s, _RETRY_S[1])
            if not self._is_over:
                await asyncio.sleep(pause_s * self._chance.uniform(0.5, 1))
                due_ns = self._clock.monotonic_ns()

    async def close(self) -> None:
        """End the connection for good."""
        self._is_over = True
        if self._socket is not None:
            await self._socket.close()

    async def ask(self, event: str, payload: dict[str, object], due_ns: int) -> Ack:
        """Send a command and wait for its ack; raises LineBroken, NoAnswer."""
        socket = self._socket
        if socket is None or not self.is_open.is_set():
            raise LineBroken
        self._commands += 1
        number, connection = self._commands, self._connection
        done: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[number] = done
        self._book.sent(connection, number, event, payload, due_ns)
        try:
            await socket.send_str(frames.command_frame(number, event, payload))
            async with asyncio.timeout(ACK_S):
                return await done
        except TimeoutError:
            self._book.unanswered(connection, number)
            raise NoAnswer from None
        except (aiohttp.ClientError, ConnectionError) as fault:
            raise LineBroken from fault
        finally:
            self._waiting.pop(number, None)

    async def _once(self, due_ns: int) -> bool:
        """One connection from its opening to its end; whether it was let in."""
        was_in = False
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                socket = await self._session.ws_connect(self._url, compress=0, max_msg_size=0, autoping=True)
        except _FAULTS as fault:
            self._book.failed(_code_of(fault))
            return False
        self._connection = self._book.opened(
            due_ns=due_ns,
            user_id=self._guest.user_id,
            table_id=self._client.table_id,
            is_player=self._client.is_player,
        )
        self._socket = socket
        try:
            async with asyncio.TaskGroup() as group:
                with suppress(*_FAULTS):  # it ends, however it does
                    await self._listen(socket, group)
                was_in = self.is_open.is_set()
                self._break()
        finally:
            self._book.ended(self._connection, is_ours=self._is_over, is_player=self._client.is_player)
            await socket.close()
        return was_in

    def _break(self) -> None:
        self.is_open.clear()
        self._socket = None
        for done in self._waiting.values():
            if not done.done():
                done.set_exception(LineBroken())

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, group: asyncio.TaskGroup) -> None:
        while True:
            message = await socket.receive(timeout=_SILENCE_S)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            text: str = message.data
            if text == frames.PING:
                await socket.send_str(frames.PONG)
            elif text[:1] == frames.OPEN:
                await socket.send_str(frames.join_frame(self._guest.token))
            elif not self._take(self._book.heard(self._connection, text), group):
                return

    def _take(self, known: Known, group: asyncio.TaskGroup) -> bool:
        """Do what the frame is for; whether the connection goes on."""
        if frames.is_event(known.text):
            if self._hear is not None:
                self._hear(known)
            return True
        match known.read():
            case frames.Ack(number, answer):
                self._resolve(number, answer)
            case frames.Joined():
                self.is_open.set()
                group.create_task(self._greet())
            case frames.NotLetIn(code):
                self._book.failed(code)
                return False
            case frames.Left():
                return False
            case _:
                pass
        return True

    async def _greet(self) -> None:
        with suppress(LineBroken, NoAnswer):  # the next connection tries again
            await self._joined()

    def _resolve(self, number: int, answer: object) -> None:
        done = self._waiting.get(number)
        if done is not None and not done.done() and isinstance(answer, dict):
            done.set_result(answer)


def _code_of(fault: Exception) -> str:
    """Why no connection came about: the status of the answer, if there was one."""
    if isinstance(fault, aiohttp.WSServerHandshakeError):
        return f"http_{fault.status}"
    return "connection_timed_out" if isinstance(fault, TimeoutError) else "connection_failed"
