"""Who may come in: tokens from the handshake or the cookie, and origins."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from server.sockets.ports import Doorman, Session
from server.sockets.transport import NotAdmitted
from telemetry.logs import get_logger

COOKIE: Final = "casino_session"
_TOKEN_MAX: Final = 256  # characters

log = get_logger()


def token_of(request: web.Request, auth: object) -> str | None:
    """The token of `auth: {"token": …}`, else of the cookie."""
    if isinstance(auth, dict) and "token" in auth:
        token = auth["token"]
        return token if isinstance(token, str) and token.isascii() and 0 < len(token) <= _TOKEN_MAX else None
    return request.cookies.get(COOKIE) or None


async def sign_in(doorman: Doorman, request: web.Request, auth: object) -> Session:
    """The session that the client comes with; raises NotAdmitted."""
    token = token_of(request, auth)
    if token is None:
        raise NotAdmitted("unauthorized")
    try:
        session = await doorman.authenticate(token)
    except Exception:
        log.exception("sockets.sign_in_failed")
        raise NotAdmitted("internal") from None
    if session is None:
        raise NotAdmitted("unauthorized")
    if session.user.suspended:
        raise NotAdmitted("suspended")
    return session


def origin_rule(allowed: tuple[str, ...]) -> Callable[[str, Mapping[str, Any]], bool]:
    """Which pages may open a socket here: those of the allowed origins; without any, this server's own.

    `X-Forwarded-Host` has no say: anybody can send it. A client that is no browser sends no Origin, and is
    not asked.
    """

    def is_allowed(origin: str, environ: Mapping[str, Any]) -> bool:
        if allowed:
            return origin in allowed
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc == environ.get("HTTP_HOST")

    return is_allowed
