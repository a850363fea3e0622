"""Untrusted bytes become typed values here: bodies, queries and parts of paths."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from aiohttp import web

from economy.pages import LIMIT, LIMIT_MAX
from server.errors import InvalidPayload, WireError

B = TypeVar("B")

BODY_MAX: Final = 16 * 1024  # bytes

_FIELD: Final = re.compile(r"(?:missing required|unknown) field `([^`]*)`")
_PATH: Final = re.compile(r" - at `(?:key in )?\$([^`]*)`")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CURSOR_MAX: Final = 200
_TEXT_MAX: Final = 100


class NotParsable(WireError):
    """The body is no JSON."""

    code = "invalid_payload"


class TooLarge(WireError):
    """The body is larger than any call takes."""

    code = "invalid_payload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list: `limit` items from the cursor on, which is the `next` of another part."""

    limit: int
    before: str | None
    after: str | None

    def before_id(self) -> UUID | None:
        """The cursor `before` as an id; raises InvalidPayload."""
        return _cursor_id("before", self.before)

    def after_id(self) -> UUID | None:
        """The cursor `after` as an id; raises InvalidPayload."""
        return _cursor_id("after", self.after)


async def read_body(request: web.Request) -> bytes:
    """The body, as long as it is not too large; raises TooLarge."""
    if request.content_length is not None and request.content_length > BODY_MAX:
        raise TooLarge
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_MAX:
            raise TooLarge
    return bytes(body)


def decode(body: bytes, kind: type[B]) -> B:
    """The typed body, strictly: an integer is a JSON integer. No body at all is an empty object.

    Raises NotParsable, and InvalidPayload with the field at fault.
    """
    body = body or b"{}"
    try:
        plain = msgspec.json.decode(body)
    except msgspec.ValidationError:
        pass  # well-formed, but with a number that no float holds: the typed decoder says where
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotParsable from None
    else:
        return _convert(plain, kind)
    try:
        return msgspec.json.decode(body, type=kind, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidPayload(_field_of(error)) from None


def _convert(plain: object, kind: type[B]) -> B:
    try:
        return msgspec.convert(plain, kind, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidPayload(_field_of(error)) from None


def page_in(query: Mapping[str, str]) -> Page:
    """The page that a query asks for; raises InvalidPayload."""
    limit = query.get("limit")
    if limit is not None and not (re.fullmatch(r"[1-9]\d{0,2}", limit, re.ASCII) and int(limit) <= LIMIT_MAX):
        raise InvalidPayload("limit", f"A page has 1 to {LIMIT_MAX} items.")
    return Page(
        limit=LIMIT if limit is None else int(limit),
        before=text_in(query, "before", _CURSOR_MAX),
        after=text_in(query, "after", _CURSOR_MAX),
    )


def text_in(query: Mapping[str, str], name: str, length_max: int = _TEXT_MAX) -> str | None:
    """A printable text in a query, None when it is empty; raises InvalidPayload."""
    text = query.get(name)
    if not text:
        return None
    if len(text) > length_max or not text.isprintable():
        raise InvalidPayload(name)
    return text


def printable(text: str, field: str) -> str:
    """The text, if it can be read; raises InvalidPayload for its field."""
    if not text.isprintable() or (text and not text.strip()):
        raise InvalidPayload(field)
    return text


def uuid_in(text: str) -> UUID | None:
    """The id that is written here in its usual form, if one is."""
    return UUID(text) if _UUID.fullmatch(text) else None


def _cursor_id(name: str, cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    found = uuid_in(cursor)
    if found is None:
        raise InvalidPayload(name)
    return found


def _field_of(error: msgspec.ValidationError) -> str | None:
    message = str(error)
    path = _PATH.search(message)
    field = _FIELD.search(message)
    parts = [part[1].strip(".") if part else "" for part in (path, field)]
    return ".".join(part for part in parts if part) or None
