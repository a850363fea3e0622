"""Who may come in: tokens from the handshake or the cookie, and origins."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from server.sockets.gates import NotAdmitted
from server.sockets.limits import SocketLimits, Turnstile
from server.sockets.ports import Doorman, Session
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


class Door:
    """The way into one namespace: for who has a good session, and not too often at once."""

    def __init__(self, doorman: Doorman, limits: SocketLimits) -> None:
        self._doorman = doorman
        self._users = Turnstile(limits.sockets_per_user, is_on=limits.are_on)
        self._inside: dict[str, Session] = {}  # by sid

    async def admit(self, sid: str, request: web.Request, auth: object, *, role: str | None = None) -> None:
        """Let the client in; raises NotAdmitted."""
        session = await self._sign_in(request, auth)
        if role is not None and session.user.role != role:
            raise NotAdmitted("forbidden")
        if not self._users.enter(str(session.user.user_id)):
            raise NotAdmitted("limit_reached")
        self._inside[sid] = session

    def session(self, sid: str) -> Session:
        """The session of a client that was let in."""
        return self._inside[sid]

    def left(self, sid: str) -> None:
        """A client that was let in is gone."""
        self._users.leave(str(self._inside.pop(sid).user.user_id))

    async def _sign_in(self, request: web.Request, auth: object) -> Session:
        token = token_of(request, auth)
        if token is None:
            raise NotAdmitted("unauthorized")
        try:
            session = await self._doorman.authenticate(token)
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
