"""Values and refusals become HTTP answers here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from server.errors import Internal, RateLimited, Refusal, answer
from server.http.reading import NotParsable, TooLarge

_JSON: Final = "application/json"
_encoder: Final = msgspec.json.Encoder()

STATUS: Final[Mapping[str, HTTPStatus]] = {
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "invalid_credentials": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "suspended": HTTPStatus.FORBIDDEN,
    "muted": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "unknown_table": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "invalid_payload": HTTPStatus.UNPROCESSABLE_ENTITY,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "table_busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "server_restarting": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""By code; what is not here is a conflict with the state of things: 409."""


def value_answer(value: object, status: int = HTTPStatus.OK) -> web.Response:
    """A value as JSON; None has no body."""
    if value is None:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    return web.Response(status=status, body=_encoder.encode(value), content_type=_JSON, charset="utf-8")


def refusal_answer(refusal: Refusal) -> web.Response:
    """The error object of a refusal, under the status of its code."""
    response = value_answer({"error": answer(refusal)}, status_of(refusal))
    if isinstance(refusal, RateLimited):
        response.headers["Retry-After"] = str(-(-refusal.retry_after_ms // 1_000))
    return response


def status_of(refusal: Refusal) -> HTTPStatus:
    """The HTTP status of a refusal."""
    if isinstance(refusal, NotParsable):
        return HTTPStatus.BAD_REQUEST
    if isinstance(refusal, TooLarge):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return STATUS.get(refusal.code, HTTPStatus.CONFLICT)


def fault_answer(reference: str, *, passing: bool) -> web.Response:
    """What is told of a fault: the reference under which the log has it. 503 when it will pass by itself."""
    status = HTTPStatus.SERVICE_UNAVAILABLE if passing else HTTPStatus.INTERNAL_SERVER_ERROR
    return value_answer({"error": answer(Internal(reference))}, status)
