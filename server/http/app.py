"""Every HTTP call on an aiohttp application."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from server.errors import Forbidden, Unauthorized
from server.http import auth, history, payouts, play, syndicates, tables, users
from server.http.access import check_origin, set_cookie, token_of
from server.http.answering import value_answer
from server.http.asyncapi import asyncapi_document
from server.http.calls import Asked, Call, Nothing, Reply, Who
from server.http.middleware import around
from server.http.openapi import openapi_document
from server.http.probes import Probes, add_probes, health_probes
from server.http.reading import decode, read_body
from server.identity.store import Session
from server.services import Services

CALLS: Final[tuple[Call[Any], ...]] = (
    *auth.CALLS,
    *play.CALLS,
    *history.CALLS,
    *syndicates.CALLS,
    *payouts.CALLS,
    *tables.CALLS,
    *users.CALLS,
)

_READS: Final = frozenset({"GET", "HEAD"})


def setup_http(app: web.Application, services: Services) -> None:
    """Add every call, the documents and the probes; before the application starts."""
    app.middlewares.insert(0, around)
    for call in CALLS:
        serve = _endpoint(services, call)
        app.router.add_route(call.method, call.path, serve)
        if call.method == "GET":
            app.router.add_route("HEAD", call.path, serve)
    _add_document(app, "/openapi.json", openapi_document(CALLS))
    _add_document(app, "/asyncapi.json", asyncapi_document())
    add_probes(app, health_probes(services))


def setup_probes(app: web.Application, probes: Probes) -> None:
    """Only `/healthz`, `/readyz` and `/metrics`, for a process that serves nothing else."""
    app.middlewares.insert(0, around)
    add_probes(app, probes)


def _endpoint(services: Services, call: Call[Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        token = token_of(request) or ""
        if request.method not in _READS:
            check_origin(request, services.settings.allowed_origins)
        session = await _admitted(services, call.who, token)
        body = Nothing() if request.method in _READS else decode(await read_body(request), call.body)
        address = services.proxies.client(request.remote, request.headers.getall("X-Forwarded-For", []))
        value = await call.handler(
            Asked(
                services=services, request=request, body=body, address=address, token=token, session=session
            )
        )
        if not isinstance(value, Reply):
            return value_answer(value, call.status)
        response = value_answer(value.value, call.status)
        settings = services.settings
        set_cookie(
            response,
            value.token,
            max_age_s=settings.session_ttl_s,
            is_secure=settings.environment != "development",
        )
        return response

    return serve


async def _admitted(services: Services, who: Who, token: str) -> Session | None:
    """The caller's session, if the call needs one; raises Unauthorized, Forbidden."""
    if who is Who.ANYBODY:
        return None
    session = await services.identity.authenticate(token)
    if session is None:
        raise Unauthorized
    if who is Who.ADMIN and session.user.role != "admin":
        raise Forbidden
    return session


def _add_document(app: web.Application, path: str, document: bytes) -> None:
    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json", charset="utf-8")

    app.router.add_get(path, serve)
