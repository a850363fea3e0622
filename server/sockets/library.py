"""What the sockets rely on in python-socketio, python-engineio and aiohttp beyond their documentation.

The versions are pinned exactly in pyproject.toml, because any release may change what stands here; a server
does not start on a library that has changed. To upgrade: pin the new version, run the tests of this list and
of the transport, and correct the layer where they fail before this list.
"""

import inspect
from dataclasses import dataclass
from typing import Final

import engineio
import socketio
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from socketio.packet import Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A method or an attribute of a library's class, and what it is relied on for."""

    owner: type
    name: str
    signature: str | None  # None of what is no function
    relied_on: str


_SERVER: Final = socketio.AsyncServer
_MANAGER: Final = socketio.AsyncManager

PARTS: Final = (
    Part(
        owner=engineio.AsyncServer,
        name="_handle_connect",
        signature="(self, environ, transport, jsonp_index=None)",
        relied_on="replaced; `handle_request` answers its result where it has nothing against a request",
    ),
    Part(
        owner=engineio.AsyncServer,
        name="generate_id",
        signature="(self)",
        relied_on="called for the ids of connections; the manager calls it for those of clients",
    ),
    Part(
        owner=_SERVER,
        name="_engineio_server_class",
        signature="(self)",
        relied_on="replaced; its answer is made into `eio` with the options that the server does not know",
    ),
    Part(
        owner=_SERVER,
        name="_handle_connect",
        signature="(self, eio_sid, namespace, data)",
        relied_on="called; it asks `_trigger_event`, with `environ[eio_sid]`, and answers by `_send_packet`",
    ),
    Part(
        owner=_SERVER,
        name="_handle_disconnect",
        signature="(self, eio_sid, namespace, reason=None)",
        relied_on="called; it tells `_trigger_event`, and takes the client out of its rooms",
    ),
    Part(
        owner=_SERVER,
        name="_handle_eio_disconnect",
        signature="(self, eio_sid, reason)",
        relied_on="called; it disconnects every namespace of a connection and forgets its `environ`",
    ),
    Part(
        owner=_SERVER,
        name="_trigger_event",
        signature="(self, event, namespace, *args)",
        relied_on="replaced; it comes with connect (sid, environ, auth) and disconnect (sid, reason)",
    ),
    Part(
        owner=_SERVER,
        name="_send_packet",
        signature="(self, eio_sid, pkt)",
        relied_on="replaced and called; everything that the library itself sends comes here",
    ),
    Part(
        owner=_SERVER,
        name="attach",
        signature="(self, app, socketio_path='socket.io')",
        relied_on="replaced: there is one route, for GET",
    ),
    Part(
        owner=_MANAGER,
        name="sid_from_eio_sid",
        signature="(self, eio_sid, namespace)",
        relied_on="called; None for a stranger",
    ),
    Part(
        owner=_MANAGER,
        name="eio_sid_from_sid",
        signature="(self, sid, namespace)",
        relied_on="called; None for a stranger",
    ),
    Part(
        owner=_MANAGER,
        name="get_participants",
        signature="(self, namespace, room)",
        relied_on="called; pairs of a client's id and its connection's, safe against changes on the way",
    ),
    Part(
        owner=_MANAGER,
        name="basic_enter_room",
        signature="(self, sid, namespace, room, eio_sid=None)",
        relied_on="extended and called; the library too puts clients in rooms by it alone",
    ),
    Part(
        owner=_MANAGER,
        name="basic_leave_room",
        signature="(self, sid, namespace, room)",
        relied_on="extended and called; nothing happens for who is not in the room",
    ),
    Part(
        owner=_MANAGER,
        name="basic_disconnect",
        signature="(self, sid, namespace, **kwargs)",
        relied_on="replaced; `disconnect` calls it for a client that goes",
    ),
    Part(
        owner=_MANAGER,
        name="emit",
        signature=(
            "(self, event, data, namespace, room=None, skip_sid=None, callback=None, to=None, **kwargs)"
        ),
        relied_on="replaced by one that never broadcasts to everybody",
    ),
    Part(
        owner=Packet,
        name="encode",
        signature="(self)",
        relied_on="called; a string while `uses_binary_events` is False, with JSON by `json`",
    ),
    Part(owner=Packet, name="uses_binary_events", signature=None, relied_on="replaced by False"),
    Part(owner=Packet, name="json", signature=None, relied_on="replaced by an object with `dumps`"),
    Part(
        owner=web.WebSocketResponse,
        name="prepare",
        signature="(self, request: aiohttp.web_request.BaseRequest) -> aiohttp.abc.AbstractStreamWriter",
        relied_on="called; after it whole frames may be written to `request.transport` between aiohttp's own",
    ),
    Part(
        owner=AbstractStreamWriter,
        name="drain",
        signature="(self) -> None",
        relied_on="called; waits while the transport is too full, raises OSError when it is lost",
    ),
)


class LibraryChangedError(Exception):
    """A library is not as it is relied on; the message says where."""


def check() -> None:
    """Raise LibraryChangedError for the first part that is not as it is relied on."""
    for part in PARTS:
        change = change_of(part)
        if change is not None:
            raise LibraryChangedError(change)


def change_of(part: Part) -> str | None:
    """What is no longer as it is relied on; None when all is well."""
    where = f"{part.owner.__module__}.{part.owner.__qualname__}.{part.name}"
    found = getattr(part.owner, part.name, None)
    if found is None:
        return f"{where} is gone; it was {part.relied_on}"
    if part.signature is not None and str(inspect.signature(found)) != part.signature:
        return f"{where} takes {inspect.signature(found)}, not {part.signature}; it was {part.relied_on}"
    return None
