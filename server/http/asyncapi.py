"""The sockets' commands and events as an AsyncAPI 3.0 document, made of the types that decode them."""

import inspect
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from server.http.events import ADMIN_EVENTS, PLAYER_EVENTS
from server.sockets.wire import ADMIN_COMMANDS, PLAYER_COMMANDS

_REF: Final = "#/components/schemas/{name}"
_NAMESPACES: Final = {"player": "/", "admin": "/admin"}


def asyncapi_document() -> bytes:
    """The document as JSON: a channel for each namespace, an operation for each command and event."""
    told = {"player": PLAYER_EVENTS, "admin": ADMIN_EVENTS}
    taken: dict[str, Mapping[str, Any]] = {"player": PLAYER_COMMANDS, "admin": ADMIN_COMMANDS}
    kinds = {
        (channel, action, name): kind
        for action, messages in (("receive", taken), ("send", told))
        for channel, named in messages.items()
        for name, kind in named.items()
    }
    schemas, components = msgspec.json.schema_components(kinds.values(), ref_template=_REF)
    channels: dict[str, Any] = {
        channel: {"address": address, "messages": {}} for channel, address in _NAMESPACES.items()
    }
    operations: dict[str, Any] = {}
    for ((channel, action, name), kind), schema in zip(kinds.items(), schemas, strict=True):
        channels[channel]["messages"][name] = {
            "name": name,
            "summary": inspect.getdoc(kind),
            "payload": schema,
        }
        operations[f"{action}_{channel}_{name}"] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"}],
        }
    return msgspec.json.encode(
        {
            "asyncapi": "3.0.0",
            "info": {
                "title": "Moe's Casino",
                "version": "1",
                "description": "Socket.IO, websocket transport only. Every command is answered by its ack.",
            },
            "defaultContentType": "application/json",
            "channels": channels,
            "operations": operations,
            "components": {"schemas": components},
        }
    )
