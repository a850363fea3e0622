"""Bells: short messages between processes through Valkey, each of which may be lost without harm.

What a bell says is in PostgreSQL already. Whoever misses one learns it at the next sweep or reconnect.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Literal
from uuid import uuid4

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from telemetry.logs import get_logger

log = get_logger()

Facts = dict[str, Any]  # a payload that is JSON already

PATIENCE_S: Final = 2.0  # nothing that goes through Valkey is worth waiting longer for
DEAF_AFTER_S: Final = 3.0  # without the own heartbeat; half a second later the channel is subscribed again
_BEAT: Final = b"beat:"
_BEAT_S: Final = 1.0
_RETRY_S: Final = (0.1, 0.2, 0.5, 1.0)
_TROUBLE: Final = (RedisError, OSError, TimeoutError)


class SessionsEnded(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """These sessions of a user are over; without hashes, all of them are."""

    user_id: str
    token_hashes: tuple[str, ...] | None = None  # hex


class SyndicatePaid(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A syndicate's payout is committed; the payload is that of `syndicate_paid`."""

    payload: Facts


class CursorMoved(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A player confirmed dividends through a seq."""

    user_id: str
    confirmed_through: int


class MembershipChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A player joined a syndicate, or left theirs."""

    user_id: str
    syndicate_id: str | None


class BalanceChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A wallet moved; the payload is that of `balance_changed`."""

    user_id: str
    payload: Facts


class RunProgressed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A payout run went on; the payload is that of `run_progressed`."""

    payload: Facts


class PayoutFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A payout failed for good; the payload is that of `payout_failed`."""

    payload: Facts


class AlertRaised(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something needs an operator's eye; the payload is that of `alert_raised`."""

    payload: Facts


class AlertResolved(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An alert is over; the payload is that of `alert_resolved` with the process whose alert it was."""

    payload: Facts


class LogWritten(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A process logged a warning or worse; rung only while a dashboard is watched."""

    payload: Facts


class TableChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A table has a new version."""

    table_id: str
    version: int


Bell = (
    SessionsEnded
    | SyndicatePaid
    | CursorMoved
    | MembershipChanged
    | BalanceChanged
    | RunProgressed
    | PayoutFailed
    | AlertRaised
    | AlertResolved
    | LogWritten
    | TableChanged
)
_encoder = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[Bell]] = msgspec.json.Decoder(Bell)


def valkey_client(redis_url: str) -> Redis:
    """A client for calls that are made within `asyncio.timeout(PATIENCE_S)`.

    It has no `socket_timeout` of its own: with one, redis-py writes through `asyncio.wait_for`, which in
    Python 3.11 swallows a cancellation that comes as the write ends, and a loop around it would never stop.
    """
    url = redis_url.replace("valkey://", "redis://", 1)
    return Redis.from_url(url, socket_timeout=None, socket_connect_timeout=PATIENCE_S)


def is_cancelled() -> bool:
    """Whether the running task was cancelled and somebody swallowed it.

    `asyncio.wait_for` of Python 3.11 does at times; a loop that calls it looks here before it goes round.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Ear:
    """Hears one channel, subscribes again after every fault, and knows by its own heartbeat that it hears.

    The heartbeat goes out by `publish`, the way of the messages themselves, on their channel: it proves both
    directions. `went_deaf` and `hears_again` are called when it does.
    """

    def __init__(self, redis_url: str, channel: str, publish: Callable[[bytes], Awaitable[object]]) -> None:
        self._redis_url = redis_url
        self._channel = channel
        self._publish = publish
        self._own_beat = _BEAT + uuid4().hex.encode()
        self._beat_now = asyncio.Event()
        self._heard_at: float | None = None
        self.went_deaf: Callable[[], None] = lambda: None
        self.hears_again: Callable[[], None] = lambda: None

    def is_hearing(self) -> bool:
        """Whether the own heartbeat came back within the last seconds."""
        now = asyncio.get_running_loop().time()
        return self._heard_at is not None and now - self._heard_at < DEAF_AFTER_S

    async def beat(self) -> None:
        """Send the heartbeat until cancelled."""
        while not is_cancelled():
            await self._publish(self._own_beat)
            self._beat_now.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_BEAT_S):
                    await self._beat_now.wait()

    async def messages(self) -> AsyncIterator[bytes | Literal["subscribed"]]:
        """Every message of the channel; `"subscribed"` says that some may have been missed before."""
        faults = 0
        while True:
            client = valkey_client(self._redis_url)
            pubsub = client.pubsub(ignore_subscribe_messages=True)
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await pubsub.subscribe(self._channel)
                self._beat_now.set()
                yield "subscribed"
                async for message in self._heard(pubsub):
                    faults = 0
                    yield message
            except _TROUBLE as error:
                log.warning("bells.channel_lost", channel=self._channel, error=str(error), faults=faults)
                self.went_deaf()
            finally:
                self._heard_at = None
                with suppress(*_TROUBLE):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py's own gap
                    await client.aclose()
            await asyncio.sleep(_RETRY_S[min(faults, len(_RETRY_S) - 1)])
            faults += 1

    async def _heard(self, pubsub: PubSub) -> AsyncIterator[bytes]:
        now = asyncio.get_running_loop().time
        last_heard = now()
        while True:
            message = await pubsub.get_message(timeout=_BEAT_S / 2)
            data: bytes = b"" if message is None else message["data"]
            if data == self._own_beat:
                if self._heard_at is None:
                    self.hears_again()
                last_heard = self._heard_at = now()
            elif data and not data.startswith(_BEAT):
                yield data
            if now() - last_heard > DEAF_AFTER_S:
                raise TimeoutError("the own heartbeat is not heard")


class Bells:
    """Rings for all processes and hears what they ring."""

    channel: Final = "casino:bells"

    def __init__(self, redis_url: str) -> None:
        self._redis = valkey_client(redis_url)
        self.ear = Ear(redis_url, self.channel, self._publish)
        self.lost = 0  # bells that could not be rung

    def is_hearing(self) -> bool:
        """Whether this process would hear a bell now."""
        return self.ear.is_hearing()

    async def ring(self, bell: Bell) -> bool:
        """Tell every process, this one too; whether it could be rung. Never raises: a lost bell heals."""
        error = await self._publish(_encoder.encode(bell))
        if error is not None:
            self.lost += 1
            log.warning("bells.bell_lost", bell=type(bell).__name__, error=str(error), lost=self.lost)
        return error is None

    async def _publish(self, message: bytes) -> Exception | None:
        """Answers what went wrong."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._redis.publish(self.channel, message)
        except _TROUBLE as error:
            return error
        return None

    async def listen(
        self,
        handler: Callable[[Bell], Awaitable[None]],
        *,
        missed: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Hand every bell to the handler, for ever; `missed` is called when bells may have been missed."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.ear.beat())
            await self._listen(handler, missed)

    async def _listen(
        self, handler: Callable[[Bell], Awaitable[None]], missed: Callable[[], Awaitable[None]] | None
    ) -> None:
        async for message in self.ear.messages():
            try:
                if message == "subscribed":
                    if missed is not None:
                        await missed()
                else:
                    await handler(_decoder.decode(message))
            except msgspec.DecodeError as error:  # a newer process rings what this one does not know
                log.warning("bells.bell_unknown", error=str(error))
            except Exception:
                log.exception("bells.handler_failed")
            if is_cancelled():
                raise asyncio.CancelledError

    async def close(self) -> None:
        """Let go of the connection that rings."""
        with suppress(*_TROUBLE):
            await self._redis.aclose()
