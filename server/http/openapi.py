"""The HTTP calls as an OpenAPI 3.1 document, made of the very types that decode and encode them."""

import inspect
import re
from collections.abc import Iterable
from http import HTTPStatus
from types import UnionType
from typing import Any, Final, get_args

import msgspec

from server.http.access import COOKIE
from server.http.calls import Call, Nothing, Who

_REF: Final = "#/components/schemas/{name}"
_PARAMETER: Final = re.compile(r"\{(\w+)\}")

_QUERY: Final[dict[str, dict[str, Any]]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    "before": {"type": "string", "description": "The `next` of an earlier page."},
    "after": {"type": "string", "description": "The `next` of an earlier page."},
    "name": {"type": "string", "description": "How the names begin."},
    "status": {"type": "string", "enum": ["SCHEDULED", "PAID", "SKIPPED", "FAILED", "CANCELLED"]},
}


class ErrorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Why not; with further facts for some codes."""

    code: str
    message: str
    field: str | None = None
    retry_after_ms: int | None = None
    reference: str | None = None


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What every refused call answers."""

    error: ErrorFacts


def openapi_document(calls: Iterable[Call[Any]]) -> bytes:
    """The document as JSON."""
    calls = tuple(calls)
    kinds = [kind for call in calls for kind in (*_kinds(call.body), *_kinds(call.answer))]
    schemas, components = msgspec.json.schema_components(
        [*kinds, Refused], ref_template=_REF, schema_hook=_anything
    )
    refused, of_kinds = schemas[-1], iter(schemas[:-1])
    paths: dict[str, dict[str, Any]] = {}
    for call in calls:
        body = _schema([next(of_kinds) for _ in _kinds(call.body)])
        answer = _schema([next(of_kinds) for _ in _kinds(call.answer)])
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, body, answer, refused)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "Moe's Casino", "version": "1"},
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer"},
                    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                },
            },
        }
    )


def _anything(kind: type) -> dict[str, Any]:
    """The schema of facts that may be any JSON; for others msgspec asks its hook to raise just this."""
    if kind is object:
        return {"description": "Any JSON."}
    raise NotImplementedError


def _kinds(kind: Any) -> tuple[Any, ...]:
    """The types that a body or an answer may have."""
    if kind in (Nothing, None):
        return ()
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _schema(schemas: list[dict[str, Any]]) -> dict[str, Any] | None:
    if len(schemas) > 1:
        return {"oneOf": schemas}
    return schemas[0] if schemas else None


def _operation(
    call: Call[Any], body: dict[str, Any] | None, answer: dict[str, Any] | None, refused: dict[str, Any]
) -> dict[str, Any]:
    status = HTTPStatus(call.status)
    operation: dict[str, Any] = {
        "operationId": f"{call.handler.__module__.rpartition('.')[2]}_{call.handler.__name__}",
        "summary": inspect.getdoc(call.handler),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in _PARAMETER.findall(call.path)
        ]
        + [{"name": name, "in": "query", "schema": _QUERY[name]} for name in call.query],
        "responses": {
            str(int(status)): {
                "description": status.phrase,
                **({"content": _json(answer)} if answer else {}),
            },
            "default": {"description": "Refused.", "content": _json(refused)},
        },
        "security": [] if call.who is Who.ANYBODY else [{"token": []}, {"cookie": []}],
    }
    if call.who is Who.ADMIN:
        operation["description"] = "Operators only."
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _json(body)}
    return operation


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
