"""Around every call: its id in the log, its time in the numbers, and an answer whatever happens."""

import re
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from economy.faults import is_away
from economy.ids import new_id
from server.errors import NotFound, Refusal, WireError
from server.http.answering import fault_answer, refusal_answer, status_of
from server.http.reading import NotParsable, TooLarge
from telemetry.logs import bind_ids, get_logger
from telemetry.measure import measure_duration

REQUEST_ID: Final = "X-Request-Id"

_SOCKETS: Final = "/socket.io"  # lives as long as its websocket
_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
# W3C Trace Context: version, trace id, parent id, flags. Google's own header: TRACE_ID/SPAN_ID;o=1
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_CLOUD_TRACE: Final = re.compile(r"([0-9a-fA-F]{32})(?:/(\d{1,20}))?")

log = get_logger()


class MethodNotAllowed(WireError):
    """This is not done with that method."""

    code = "method_not_allowed"


class _Ended(Exception):
    """Carries the answer of a call that did not succeed through the measuring."""

    def __init__(self, response: web.StreamResponse) -> None:
        super().__init__()
        self.response = response


class _Refused(_Ended):
    """Counts as refused."""


class _Failed(_Ended):
    """Counts as an error."""


@web.middleware
async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Bind, measure, answer."""
    if request.path.startswith(_SOCKETS):
        return await handler(request)
    given = request.headers.get(REQUEST_ID, "")
    request_id = given if _GIVEN_ID.fullmatch(given) else str(new_id())
    with bind_ids(request_id=request_id, **_trace(request)):
        try:
            async with measure_duration(_operation(request), refusals=(_Refused, web.HTTPException)):
                response = await _answered(request, handler, request_id)
        except _Ended as ended:
            response = ended.response
    if not response.prepared:
        response.headers[REQUEST_ID] = request_id
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.path.startswith("/api/"):
            response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    return response


async def _answered(request: web.Request, handler: Handler, request_id: str) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        raise _Refused(_of_the_router(error)) from None
    except Exception as error:
        if isinstance(error, Refusal):
            log.debug("http.call_refused", code=error.code, status=int(status_of(error)))
            raise _Refused(refusal_answer(error)) from None
        passing = is_away(error)
        if passing:
            fault = f"{type(error).__name__}: {error}"
            log.warning("http.call_failed", reference=request_id, method=request.method, error=fault)
        else:
            log.exception("http.call_failed", reference=request_id, method=request.method)
        raise _Failed(fault_answer(request_id, passing=passing)) from None


def _of_the_router(error: web.HTTPException) -> web.Response:
    if isinstance(error, web.HTTPMethodNotAllowed):
        response = refusal_answer(MethodNotAllowed())
        response.headers[hdrs.ALLOW] = ", ".join(sorted(error.allowed_methods))
        return response
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return refusal_answer(TooLarge())
    return refusal_answer(NotFound() if isinstance(error, web.HTTPNotFound) else NotParsable())


def _operation(request: web.Request) -> str:
    """`http:METHOD /path/{id}`: as many names as there are routes."""
    resource = request.match_info.route.resource
    if resource is None:
        return "http:unrouted"
    return f"http:{request.method} {resource.canonical}"


def _trace(request: web.Request) -> dict[str, object]:
    standard = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    if standard:
        return {"trace_id": standard[1], "span_id": standard[2]}
    google = _CLOUD_TRACE.match(request.headers.get("X-Cloud-Trace-Context", ""))
    if google:
        return {"trace_id": google[1].lower(), "span_id": f"{int(google[2]):016x}" if google[2] else None}
    return {}
