"""One log line as data: the fields that Cloud Logging and an operator look for."""

import os
import sys
import traceback
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import FrameType, TracebackType
from typing import Final

from telemetry.redaction import Plain, Redactor

Record = dict[str, Plain]  # what a tap sees too
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

RESERVED: Final = frozenset(
    {"severity", "message", "time", "event", "service", "version", "environment", "process"}
)
MAX_FRAMES: Final = 30
MAX_CHAIN: Final = 5  # exceptions that caused each other

TRACE_FIELD: Final = "logging.googleapis.com/trace"
SPAN_FIELD: Final = "logging.googleapis.com/spanId"
SOURCE_FIELD: Final = "logging.googleapis.com/sourceLocation"

_OURS: Final = (os.path.dirname(__file__) + os.sep + "logs.py", os.sep + "structlog" + os.sep)  # noqa: PTH120 # once, plain


@lru_cache(maxsize=1024)
def words(event: str) -> str:
    """An event's name as a sentence would have it: `table.round_settled` is "table round settled"."""
    return event.replace(".", " ").replace("_", " ")


def head(severity: str, message: str, at: datetime, event: str, static: Mapping[str, str]) -> Record:
    """The fields that every line begins with."""
    return {
        "severity": severity,
        "message": message,
        "time": f"{at.isoformat(timespec='microseconds')[:26]}Z",
        "event": event,
        **static,
    }


def renamed(facts: Mapping[str, object]) -> dict[str, object]:
    """The facts with names that leave the fields of every line alone."""
    return {f"fact_{key}" if key in RESERVED else key: fact for key, fact in facts.items()}


def trace_fields(trace_id: object, span_id: object, project: str | None) -> Record:
    """What connects a line to the trace of its request."""
    trace = f"projects/{project}/traces/{trace_id}" if project else str(trace_id)
    return {TRACE_FIELD: trace, **({SPAN_FIELD: str(span_id)} if span_id else {})}


def source_fields(frame: FrameType | None) -> Record:
    """The place that logs, outside this package and the logging library."""
    while frame is not None and any(part in frame.f_code.co_filename for part in _OURS):
        frame = frame.f_back
    if frame is None:
        return {}
    code = frame.f_code
    return {
        SOURCE_FIELD: {"file": code.co_filename, "line": str(frame.f_lineno), "function": code.co_qualname}
    }


def exception_of(exc_info: object) -> BaseException | None:
    """The exception that a call's `exc_info` means: True is the one being handled."""
    match exc_info:
        case BaseException():
            return exc_info
        case tuple() if len(exc_info) == 3:
            return exc_info[1] if isinstance(exc_info[1], BaseException) else None
        case None | False:
            return None
        case _:
            return sys.exception()


def exception_fields(error: BaseException, redactor: Redactor) -> Record:
    """The exception and what caused it, with the places but without any local variable."""
    chain = [error]
    while len(chain) < MAX_CHAIN:
        last = chain[-1]
        cause = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if cause is None or cause in chain:
            break
        chain.append(cause)
    described: list[Plain] = [_described(each, redactor) for each in chain]
    return {
        "exception": described[0] if len(described) == 1 else described,
        "stack_trace": _stack(chain, redactor),
    }


def _described(error: BaseException, redactor: Redactor) -> Record:
    return {"type": _type_name(error), "message": _text(error, redactor)}


def _stack(chain: list[BaseException], redactor: Redactor) -> str:
    """Tracebacks as Python prints them, the cause first; the lines are ours, the messages are cleaned."""
    parts: list[str] = []
    for error in reversed(chain):
        frames = traceback.extract_tb(error.__traceback__, limit=-MAX_FRAMES)
        parts.append("Traceback (most recent call last):")
        parts += (f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}' for frame in frames)
        parts.append(f"{_type_name(error)}: {_text(error, redactor)}")
    return "\n".join(parts)


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _text(error: BaseException, redactor: Redactor) -> str:
    try:
        return redactor.text(str(error))
    except Exception:  # noqa: BLE001 # an exception whose text fails is still an exception
        return "[UNREADABLE]"
