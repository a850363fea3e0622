"""What may be shown of any value: plain JSON data without secrets, e-mail addresses and forged lines.

Values are looked into at any depth: mappings, sequences, dataclasses, msgspec structs, named tuples,
exceptions, bytes, JSON inside strings, pairs like headers, arguments like `--password x`. Nothing is changed
in place.
"""

import dataclasses
import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

import msgspec
import orjson

from telemetry.secrecy import MAX_TEXT, REDACTED, IsSecret, neutralize, scrub, secret_key_test

MAX_DEPTH: Final = 64  # levels that are looked into; what lies deeper is not shown
MAX_VALUES: Final = 10_000  # values of one whole that are shown
TOO_MUCH: Final = "[CUT]"
CUT_MARK: Final = "…[CUT]"

# Most strings are ids, slugs and short words; nothing in such a string could be a secret, or seen to be one.
_is_plain = re.compile(r"(?!eyJ)[A-Za-z0-9_.-]{0,80}").fullmatch

_JSON_STARTS: Final = frozenset('{[" \t\r\n')

_AS_IT_IS: Final = frozenset({bool, float, type(None)})
_MAX_INT: Final = (1 << 63) - 1  # what JSON readers take for an integer
_FORMATTED: Final = (datetime, date, time)

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


class Redactor:
    """Redacts with one set of secret keys; see the module."""

    __slots__ = ("is_secret",)

    def __init__(self, extra_keys: Iterable[str] = ()) -> None:
        self.is_secret: IsSecret = secret_key_test(extra_keys)

    def text(self, text: str) -> str:
        """A string as it may be shown."""
        if _is_plain(text):
            return text
        if len(text) > MAX_TEXT:
            text = text[:MAX_TEXT] + CUT_MARK
        if text[:1] in _JSON_STARTS:
            cleaned = self._json(text)
            if cleaned is not None:
                return neutralize(cleaned)
        return neutralize(scrub(text, self.is_secret))

    def facts(self, facts: Mapping[str, object]) -> dict[str, Plain]:
        """The keyword facts of a log line or an alert as they may be shown."""
        walk = _Walk(self)
        is_secret = self.is_secret
        shown: dict[str, Plain] = {}
        for key, fact in facts.items():
            if is_secret(key):
                shown[key] = REDACTED
            elif type(fact) is str and _is_plain(fact):  # the most common kind first
                shown[key] = fact
            else:
                shown[key] = walk.value(fact, 0)
        return shown

    def value(self, value: object) -> Plain:
        """Any value as it may be shown."""
        return _Walk(self).value(value, 0)

    def _json(self, text: str) -> str | None:
        """JSON cleaned by its structure; None when the text is no JSON value that could hold a secret."""
        try:
            parsed = orjson.loads(text)
        except ValueError:
            return None
        return orjson.dumps(self.value(parsed)).decode() if isinstance(parsed, dict | list | str) else None


class _Walk:
    """One walk through one value, with a budget that ends even a value that contains itself."""

    __slots__ = ("_left", "_redactor")

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._left = MAX_VALUES

    def value(self, value: object, depth: int) -> Plain:
        kind = type(value)
        if kind is str:
            return self._redactor.text(value)  # type: ignore[arg-type] # `kind` says that it is a string
        if kind in _AS_IT_IS or (kind is int and -_MAX_INT <= value <= _MAX_INT):  # type: ignore[operator] # `kind` says so
            return value  # type: ignore[return-value] # one of the plain kinds
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            return TOO_MUCH
        try:
            return self._inside(value, depth + 1)
        except Exception as error:  # noqa: BLE001 # a value that can't be read must not stop the line that carries it
            return f"[UNREADABLE {type(error).__name__}]"

    def _inside(self, value: object, depth: int) -> Plain:
        match value:
            case dict():
                return self._mapping(value.items(), depth)
            case enum.Enum():
                return self.value(value.value, depth)
            case int():
                return int(value) if -_MAX_INT <= value <= _MAX_INT else str(int(value))
            case str():
                return self._redactor.text(str.__str__(value))
            case Mapping():
                return self._mapping(value.items(), depth)
            case bytes() | bytearray() | memoryview():
                return self._redactor.text(bytes(value[:MAX_TEXT]).decode(errors="replace"))
            case _ if isinstance(value, _FORMATTED):
                return value.isoformat()
            case UUID():
                return str(value)
            case BaseException():
                return {"type": type(value).__name__, "message": self._redactor.text(str(value))}
            case _:
                return self._compound(value, depth)

    def _compound(self, value: object, depth: int) -> Plain:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            shown = {
                field.name: field.repr for field in dataclasses.fields(value)
            }  # hidden from repr, hidden here
            return self._mapping(
                ((name, getattr(value, name) if is_shown else REDACTED) for name, is_shown in shown.items()),
                depth,
            )
        if isinstance(value, msgspec.Struct):
            return self._mapping(((name, getattr(value, name)) for name in value.__struct_fields__), depth)
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            return self._mapping(value._asdict().items(), depth)
        if isinstance(value, Sequence | AbstractSet):
            return self._sequence(value, depth)
        return self._redactor.text(repr(value))

    def _mapping(self, items: Iterable[tuple[object, object]], depth: int) -> Plain:
        shown: dict[str, Plain] = {}
        for key, value in items:
            if self._left < 0:
                shown[TOO_MUCH] = TOO_MUCH
                break
            self._left -= 1
            name = key if type(key) is str else _name(key)
            is_secret = self._redactor.is_secret(name)
            shown[self._redactor.text(name)] = REDACTED if is_secret else self.value(value, depth)
        return shown

    def _sequence(self, values: Iterable[object], depth: int) -> Plain:
        shown: list[Plain] = []
        is_value = False  # of the key or flag before it
        items = list(values)
        is_pair = len(items) == 2  # like a header and its value
        for item in items:
            if self._left < 0:
                shown.append(TOO_MUCH)
                break
            self._left -= 1
            shown.append(REDACTED if is_value else self.value(item, depth))
            name = _name(item) if isinstance(item, str | bytes) else ""
            is_value = (
                (is_pair or name.startswith("-")) and "=" not in name and self._redactor.is_secret(name)
            )
        return shown


def _name(key: object) -> str:
    match key:
        case enum.Enum():
            return str(key.value)
        case str():
            return key
        case bytes():
            return key.decode(errors="replace")
        case _:
            return str(key)
