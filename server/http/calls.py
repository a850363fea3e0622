"""One HTTP call: its address, who may make it, what it takes and what it answers."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntEnum
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from aiohttp import web

from server.errors import NotFound, Unauthorized, UnknownTable
from server.http.reading import Page, page_in, uuid_in
from server.identity.store import Session, User
from server.services import Services

B = TypeVar("B")

_TABLE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Who(IntEnum):
    """Who may make a call."""

    ANYBODY = 0
    PLAYER = 1
    ADMIN = 2


class Nothing(msgspec.Struct, frozen=True):
    """No payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[B]):
    """A call as it came in, checked: body, path and query, and who makes it."""

    services: Services
    request: web.Request
    body: B
    address: str
    token: str  # "" when there is none
    session: Session | None

    @property
    def signed_in(self) -> Session:
        """The caller's session; raises Unauthorized."""
        if self.session is None:
            raise Unauthorized
        return self.session

    @property
    def user(self) -> User:
        """The caller; raises Unauthorized."""
        return self.signed_in.user

    def path(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    def path_id(self, name: str = "id") -> UUID:
        """An id in the path; raises NotFound for what is none."""
        found = uuid_in(self.path(name))
        if found is None:
            raise NotFound
        return found

    def table_id(self) -> str:
        """The table in the path; raises UnknownTable for what no table is called."""
        found = self.path("id")
        if not _TABLE_ID.fullmatch(found):
            raise UnknownTable
        return found

    def page(self) -> Page:
        """Which part of a list is wanted; raises InvalidPayload."""
        return page_in(self.request.query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that says more than its value: the cookie to set, or None to take it away."""

    value: object
    token: str | None


Handler = Callable[[Asked[B]], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[B]):
    """A call; its handler's docstring says what it does, `answer` what comes back (None: 204)."""

    method: str
    path: str
    handler: Handler[B]
    body: type[B]
    answer: Any
    status: int
    who: Who
    query: tuple[str, ...] = field(default=())


def get(
    path: str, handler: Handler[Nothing], answer: Any, *, who: Who, query: tuple[str, ...] = ()
) -> Call[Nothing]:
    """A call that reads."""
    return Call(
        method="GET",
        path=path,
        handler=handler,
        body=Nothing,
        answer=answer,
        status=HTTPStatus.OK,
        who=who,
        query=query,
    )


def write(
    method: str,
    path: str,
    handler: Handler[B],
    body: type[B],
    answer: Any,
    *,
    who: Who,
    status: int | None = None,
) -> Call[B]:
    """A call that changes something."""
    usual = HTTPStatus.NO_CONTENT if answer is None else HTTPStatus.OK
    return Call(
        method=method, path=path, handler=handler, body=body, answer=answer, status=status or usual, who=who
    )


NEWEST_FIRST = ("limit", "before")
OLDEST_FIRST = ("limit", "after")
