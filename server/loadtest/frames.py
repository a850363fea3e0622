"""Engine.IO 4 and Socket.IO 5 as text: as much of them as a player's client speaks."""

from typing import Final

import msgspec

OPEN: Final = "0"
CLOSE: Final = "1"
PING: Final = "2"
PONG: Final = "3"
_CONNECTED: Final = "40"
_EVENT: Final = "42"

_encoder: Final = msgspec.json.Encoder()


class Joined(msgspec.Struct, frozen=True):
    """The namespace is open; its first event is the welcome."""


class NotLetIn(msgspec.Struct, frozen=True):
    """The server does not let the client in."""

    code: str


class Left(msgspec.Struct, frozen=True):
    """The server closed the namespace or the connection."""


class Event(msgspec.Struct, frozen=True):
    """Something that the server tells."""

    name: str
    payload: object


class Ack(msgspec.Struct, frozen=True):
    """The answer to the command with this number."""

    number: int
    answer: object


class Noise(msgspec.Struct, frozen=True):
    """A frame of the transport, or one that no client of the casino needs."""


Heard = Joined | NotLetIn | Left | Event | Ack | Noise


def join_frame(token: str) -> str:
    """Open the players' namespace with a session's token."""
    return _CONNECTED + _encoder.encode({"token": token}).decode()


def command_frame(number: int, event: str, payload: object) -> str:
    """A command that is to be answered by the ack with this number."""
    return f"{_EVENT}{number}{_encoder.encode([event, payload]).decode()}"


def read(frame: str) -> Heard:
    """What a frame says; one that can't be read is noise."""
    try:
        match frame[:2]:
            case "42":
                name, payload = _first_two(frame[2:])
                return Event(str(name), payload)
            case "43":
                body = frame.index("[")
                return Ack(int(frame[2:body]), _first_two(frame[body:])[0])
            case "40":
                return Joined()
            case "44":
                return NotLetIn(_code_of(frame[2:]))
            case "41":
                return Left()
    except (ValueError, msgspec.DecodeError):
        return Noise()
    return Left() if frame[:1] == CLOSE else Noise()


def is_event(frame: str) -> bool:
    """Whether the frame is something that the server tells, without reading it."""
    return frame.startswith(_EVENT)


def _first_two(text: str) -> tuple[object, object]:
    items = msgspec.json.decode(text, type=list[object])
    return (items[0] if items else None), (items[1] if len(items) > 1 else None)


def _code_of(text: str) -> str:
    refusal = msgspec.json.decode(text, type=dict[str, object])
    data = refusal.get("data")
    code = data.get("code") if isinstance(data, dict) else refusal.get("message")
    return str(code)
