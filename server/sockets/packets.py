"""Packets: read strictly, and encoded once, down to the bytes of the websocket's frame."""

import json
import re
from typing import Any, Final

import msgspec
import orjson
from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT
from socketio.packet import Packet as SocketPacket

_TEXT: Final = 0x81  # a whole message, RFC 6455 section 5.2
_SIZE_16: Final = 126  # the length stands in the next two bytes
_SIZE_64: Final = 127
# Of these only the newest counts: it takes the place of an older one that waits for a slow reader.
_NEWEST_COUNTS: Final = frozenset({"table_changed", "presence_changed", "metrics_updated", "queue_updated"})


class MalformedPacketError(Exception):
    """This is no packet of the protocol."""


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 40 else float("inf")  # out of every bound either way


_lenient: Final = json.JSONDecoder(parse_int=_whole)


class WireJson:
    """JSON as the wire has it: orjson, and the standard library for what only that reads.

    NaN, 1e400 and lone surrogates are refused later, with an answer; what is no JSON ends the connection.
    """

    @staticmethod
    def dumps(value: object, **_options: object) -> str:
        """Compact JSON; raises TypeError for what JSON cannot hold."""
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str) -> object:
        """The value; of duplicate keys the last counts. Raises ValueError, RecursionError if too deep."""
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return _lenient.decode(text)


class Packet(SocketPacket):  # type: ignore[misc]  # python-socketio publishes no types
    """How python-socketio writes the few packets that it makes itself: without binary parts, by orjson."""

    uses_binary_events = False
    json = WireJson


class Incoming(msgspec.Struct, frozen=True, kw_only=True, gc=False):  # JSON has no cycles
    """A Socket.IO packet of a client."""

    kind: int
    namespace: str
    id: int | None  # the ack that is asked for
    data: Any
    attachments: int  # binary frames that follow


_HEAD: Final = re.compile(r"([0-6])(?:([0-9]{1,2})-)?(?:(/[^,\[{\"]{0,64})(?:,|\Z))?([0-9]{1,15})?", re.ASCII)


def read_packet(frame: str) -> Incoming:
    """The packet of an engine.io message, which starts with its `4`. Raises MalformedPacketError."""
    head = _HEAD.match(frame, 1)
    if head is None:
        raise MalformedPacketError
    digit, attachments, namespace, number = head.groups()
    kind, body, data = int(digit), frame[head.end() :], None
    try:
        data = WireJson.loads(body) if body else None
    except ValueError:
        raise MalformedPacketError from None
    except RecursionError:
        data = [None]  # JSON, but no event that there is
    if kind in (EVENT, BINARY_EVENT) and not (isinstance(data, list) and data):
        raise MalformedPacketError
    if bool(attachments) != (kind in (BINARY_EVENT, BINARY_ACK)):
        raise MalformedPacketError
    return Incoming(
        kind=kind,
        namespace=namespace.partition("?")[0] if namespace else "/",
        id=int(number) if number else None,
        data=data,
        attachments=int(attachments or 0),
    )


class Frame(msgspec.Struct, frozen=True, gc=False):
    """The bytes of a websocket's frame, which any number of sockets share."""

    data: bytes
    key: str | None = None  # what is new about it makes older frames of this key worthless
    version: int = 0  # of its key, where there is one


def text_frame(message: bytes) -> Frame:
    """An engine.io packet on its way to a client."""
    return Frame(_framed(message))


def event_frame(namespace: str, event: str, payload: object) -> Frame:
    """An event. Raises TypeError for what JSON cannot hold."""
    data = _framed(_head(b"42", namespace) + orjson.dumps([event, payload]))
    if event in _NEWEST_COUNTS and isinstance(payload, dict):
        return Frame(data, f"{event} {payload.get('table_id', '')}", payload.get("version", 0))
    return Frame(data)


def ack_frame(namespace: str, number: int, ack: object) -> Frame:
    """The answer to an event. Raises TypeError for what JSON cannot hold."""
    return Frame(_framed(_head(b"43", namespace) + b"%d" % number + orjson.dumps([ack])))


def _head(kind: bytes, namespace: str) -> bytes:
    return kind if namespace == "/" else kind + namespace.encode() + b","


def _framed(message: bytes) -> bytes:
    size = len(message)
    if size < _SIZE_16:
        return bytes((_TEXT, size)) + message
    if size < 1 << 16:
        return bytes((_TEXT, _SIZE_16)) + size.to_bytes(2, "big") + message
    return bytes((_TEXT, _SIZE_64)) + size.to_bytes(8, "big") + message
