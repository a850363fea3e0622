"""Socket.IO packets: read strictly, encoded once."""

import json
import re
from typing import Final

import orjson
from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT
from socketio.packet import Packet as SocketPacket


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


_HEAD: Final = re.compile(r"([0-6])(?:([0-9]{1,2})-)?(?:(/[^,\[{\"]{0,64})(?:,|\Z))?([0-9]{1,15})?", re.ASCII)


class Packet(SocketPacket):  # type: ignore[misc]  # python-socketio publishes no types
    """A Socket.IO packet without binary parts, encoded by orjson and decoded strictly."""

    uses_binary_events = False
    json = WireJson

    def decode(self, encoded_packet: str) -> int:
        """Read a frame; answers how many binary attachments follow. Raises MalformedPacketError."""
        head = _HEAD.match(encoded_packet)
        if head is None:
            raise MalformedPacketError
        self.packet_type = int(head[1])
        self.namespace = head[3].partition("?")[0] if head[3] else None
        self.id = int(head[4]) if head[4] else None
        body = encoded_packet[head.end() :]
        try:
            self.data = self.json.loads(body) if body else None
        except ValueError:
            raise MalformedPacketError from None
        except RecursionError:
            self.data = [None]  # JSON, but no event that there is
        if self.packet_type in (EVENT, BINARY_EVENT) and not (isinstance(self.data, list) and self.data):
            raise MalformedPacketError
        if bool(head[2]) != (self.packet_type in (BINARY_EVENT, BINARY_ACK)):
            raise MalformedPacketError
        return int(head[2] or 0)


def event_frame(namespace: str, event: str, payload: object) -> EnginePacket:
    """An event as a frame that any number of sockets can share."""
    return EnginePacket(MESSAGE, Packet(EVENT, [event, payload], namespace=namespace).encode())
