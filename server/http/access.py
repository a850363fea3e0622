"""Tokens in requests: where they come from, and which writes a cookie may make."""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from server.errors import Forbidden

COOKIE: Final = "casino_session"

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class ForeignOrigin(Forbidden):
    """Pages of this origin may not do that here."""


def bearer_of(request: web.Request) -> str | None:
    """The token in the Authorization header."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def token_of(request: web.Request) -> str | None:
    """The token of a request: of its Authorization header, which goes first, or of its cookie."""
    bearer = bearer_of(request)
    return request.cookies.get(COOKIE) if bearer is None else bearer


def check_origin(request: web.Request, allowed: tuple[str, ...]) -> None:
    """Raise ForeignOrigin for a write that another site's page could have made with the visitor's cookie.

    A request with its own Authorization header was not made by such a page. One without Origin and without
    cookie comes from no browser that is signed in.
    """
    if bearer_of(request) is not None:
        return
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        if COOKIE in request.cookies:
            raise ForeignOrigin
    elif origin not in allowed and not _is_same_site(origin, request.headers.get(hdrs.HOST, "")):
        raise ForeignOrigin


def set_cookie(response: web.Response, token: str | None, *, max_age_s: int, is_secure: bool) -> None:
    """Set the session's cookie, or with None take it away."""
    response.set_cookie(
        COOKIE,
        token or "",
        max_age=max_age_s if token else 0,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=is_secure,
    )


def _is_same_site(origin: str, host: str) -> bool:
    """Whether the origin is the host that was asked; either scheme, for a proxy may have ended TLS."""
    parts = urlsplit(origin)
    port = _DEFAULT_PORTS.get(parts.scheme)
    return (
        bool(host) and port is not None and parts.netloc.removesuffix(port) == host.lower().removesuffix(port)
    )
