"""Pushes to rooms: on this process at once, on the others through Valkey.

python-socketio's manager keeps the rooms. Messages between processes have the form of its Redis manager, so
that a write-only one is understood; that manager itself waits for Redis, swallows what is no JSON, and can go
deaf for a minute.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import uuid4

import orjson
import socketio
from redis.exceptions import RedisError

from server.bells import PATIENCE_S, Ear, is_cancelled, valkey_client
from server.sockets.packets import event_frame
from telemetry.logs import get_logger

PUSHES_MAX: Final = 10_000  # pushes that wait for Valkey; past this they are dropped, and views heal

log = get_logger()


class EmptyRoomError(Exception):
    """A push without a room would go to everybody."""


class PushManager(socketio.AsyncManager):  # type: ignore[misc]  # python-socketio publishes no types
    """Rooms here and, through Valkey, on every process; speaks the library's own messages on its channel.

    Whoever pushes never waits for Valkey: a bounded queue does, and one task empties it.
    """

    def __init__(self, redis_url: str, channel: str) -> None:
        super().__init__()
        self.host_id = uuid4().hex
        self.ear = Ear(redis_url, channel, self._queue)
        self.is_news: Callable[[str, str, object], bool] = lambda _event, _room, _payload: True
        self.lost = 0
        self._redis_url = redis_url
        self._channel = channel
        self._pushes: asyncio.Queue[bytes] = asyncio.Queue(maxsize=PUSHES_MAX)
        self._rooms_of: dict[str, list[str | None]] = {}  # by sid

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        """Put a client in a room, and note it."""
        super().basic_enter_room(sid, namespace, room, eio_sid)
        rooms = self._rooms_of.setdefault(sid, [])
        if room not in rooms:
            rooms.append(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        """Take a client out of a room."""
        super().basic_leave_room(sid, namespace, room)
        if room in (rooms := self._rooms_of.get(sid, [])):
            rooms.remove(room)

    def basic_disconnect(self, sid: str, namespace: str, **_options: object) -> None:
        """Take a client out of its rooms; the library would look into every room that there is."""
        for room in list(self._rooms_of.get(sid, ())):
            self.basic_leave_room(sid, namespace, room)
        self._rooms_of.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)

    async def emit(
        self,
        event: str,
        data: object,
        namespace: str | None = None,
        room: str | None = None,
        to: str | None = None,
        **options: object,
    ) -> None:
        """To a room of every process, or with `ignore_queue` of this one.

        Raises EmptyRoomError, and TypeError for what JSON cannot hold.
        """
        target, space = to or room or "", namespace or "/"
        self.deliver(space, target, event, data)
        if not options.get("ignore_queue"):
            message = {"method": "emit", "event": event, "data": [data], "binary": False, "namespace": space}
            await self._queue(orjson.dumps({**message, "room": target, "host_id": self.host_id}))

    def deliver(self, namespace: str, room: str, event: str, payload: object) -> None:
        """To the room's sockets on this process: encoded once, one frame for all. Raises EmptyRoomError.

        What is no news any more, as `is_news` says, goes to nobody.
        """
        if not room:
            raise EmptyRoomError
        if not self.is_news(event, room, payload):
            return
        frame = event_frame(namespace, event, payload)
        for _sid, connection_id in self.get_participants(namespace, room):
            connection = self.server.connections.get(connection_id)
            if connection is not None:
                connection.push(frame)

    async def _queue(self, message: bytes) -> None:
        try:
            self._pushes.put_nowait(message)
        except asyncio.QueueFull:
            self.lost += 1

    async def run(self, missed: Callable[[], Awaitable[None]]) -> None:
        """Carry pushes to and from the others until cancelled; `missed` is called when some may be lost."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell())
            group.create_task(self.ear.beat())
            group.create_task(self._hear(missed))

    async def _tell(self) -> None:
        redis, was_lost = valkey_client(self._redis_url), False
        try:
            while True:
                push = await self._pushes.get()
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        await redis.publish(self._channel, push)
                    was_lost = False
                except (RedisError, OSError, TimeoutError) as error:
                    self.lost += 1
                    if not was_lost:
                        log.warning("sockets.push_lost", error=str(error))
                    was_lost = True
        finally:
            await redis.aclose()

    async def _hear(self, missed: Callable[[], Awaitable[None]]) -> None:
        async for heard in self.ear.messages():
            try:
                message: dict[str, Any] = (
                    {"method": "missed"} if isinstance(heard, str) else orjson.loads(heard)
                )
                if message["method"] == "missed":
                    await missed()
                elif (
                    message["method"] == "emit" and message.get("host_id") != self.host_id and message["room"]
                ):
                    (payload,) = message["data"]
                    self.deliver(message["namespace"], message["room"], message["event"], payload)
            except (ValueError, KeyError, TypeError) as error:
                log.warning("sockets.push_unreadable", error=str(error))
            except Exception:
                log.exception("sockets.push_failed")
            if is_cancelled():
                raise asyncio.CancelledError
