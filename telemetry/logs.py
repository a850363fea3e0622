"""Logs: structlog in front, one JSON object a line behind, and nothing secret in between.

    log = get_logger()
    with bind_ids(table_id=table_id):
        log.info("table.round_settled", round_id=round_id)

Until `configure_logging` is called, warnings go to standard error in plain text. Logging never raises and
never waits.
"""

import logging
import os
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal, cast

import orjson
import structlog

from telemetry.clock import Clock, SystemClock
from telemetry.console import console_line
from telemetry.records import (
    RESERVED,
    Record,
    exception_fields,
    exception_of,
    head,
    renamed,
    source_fields,
    trace_fields,
    words,
)
from telemetry.redaction import Plain, Redactor
from telemetry.throttle import Throttle
from telemetry.writer import MAX_LINE, LineWriter

Level = Literal["debug", "info", "warn", "warning", "error", "critical"]
Tap = Callable[[Record], None]

DEBUG, INFO, WARNING, ERROR, CRITICAL = 10, 20, 30, 40, 50
_LEVELS: Final = {
    "debug": DEBUG,
    "info": INFO,
    "warn": WARNING,
    "warning": WARNING,
    "error": ERROR,
    "critical": CRITICAL,
}
_SEVERITIES: Final = {DEBUG: "DEBUG", INFO: "INFO", WARNING: "WARNING", ERROR: "ERROR", CRITICAL: "CRITICAL"}

LIBRARY_BURST: Final = 10  # lines of one library's logger at once
LIBRARY_EVERY_S: Final = 1.0  # and then one in this time

_ids: ContextVar[Mapping[str, object]] = ContextVar("ids", default={})  # noqa: B039 # never changed in place


class _Setup:
    """How this process logs."""

    def __init__(
        self,
        *,
        level: int,
        write: Callable[[Record, int], None],
        clock: Clock,
        static: Mapping[str, str],
        redactor: Redactor,
        project: str | None = None,
        writer: LineWriter | None = None,
    ) -> None:
        self.level = level
        self.write = write
        self.clock = clock
        self.static = static
        self.redactor = redactor
        self.project = project
        self.writer = writer


class Logger(structlog.BoundLoggerBase):
    """A logger of named events: `event` is `package.noun_verb_past`, everything else is a keyword.

    The keyword `message` replaces the sentence made of the event's name; operators search by `type`.
    """

    def debug(self, event: str, /, **facts: object) -> None:
        """Say what only a developer wants to know."""
        if _setup.level <= DEBUG:
            self._say("debug", event, facts)

    def info(self, event: str, /, **facts: object) -> None:
        """Say what happened."""
        if _setup.level <= INFO:
            self._say("info", event, facts)

    def warning(self, event: str, /, **facts: object) -> None:
        """Say what an operator should know when it goes on."""
        if _setup.level <= WARNING:
            self._say("warning", event, facts)

    def error(self, event: str, /, **facts: object) -> None:
        """Say what failed."""
        if _setup.level <= ERROR:
            self._say("error", event, facts)

    def exception(self, event: str, /, **facts: object) -> None:
        """Say what failed, with the exception that is being handled."""
        if _setup.level <= ERROR:
            self._say("error", event, {"exc_info": True, **facts})

    def critical(self, event: str, /, **facts: object) -> None:
        """Say what needs an operator now."""
        self._say("critical", event, facts)

    def _say(self, method: str, event: str, facts: dict[str, object]) -> None:
        if "event" in facts:
            facts = renamed(facts)
        try:
            self._process_event(method, event, facts)
        except structlog.DropEvent:
            return
        except Exception as error:  # noqa: BLE001 # no caller may fail because a line could not be written
            _say_lost(event, error)


def get_logger() -> Logger:
    """A logger; one a module, made at import."""
    return Logger(None, structlog.get_config()["processors"], {})  # no lazy proxy: it follows `_setup` anyway


def configure_logging(
    *,
    service: str,
    version: str,
    environment: str,
    process: str,
    level: Level = "info",
    fmt: Literal["json", "console"] = "json",
    redact_keys: Iterable[str] = (),
    project: str | None = None,
    fd: int | None = None,
    clock: Clock | None = None,
) -> None:
    """Log from now on to a file descriptor (standard output), libraries' warnings included.

    To be called once, in a composition root. `project` is the Google Cloud project that traces belong to.
    """
    global _setup
    target = 1 if fd is None else fd
    previous = _setup.writer
    static = {"service": service, "version": version, "environment": environment, "process": process}
    clock = clock or SystemClock()
    render = _json_line if fmt == "json" else _console_renderer(is_coloured=os.isatty(target))

    def dropped_line(number: int) -> bytes:
        event = "telemetry.lines_dropped"
        message = f"{number} log lines were dropped: the output did not take them"
        return render({**head("WARNING", message, clock.now(), event, static), "lines": number})

    writer = LineWriter(target, dropped_line=dropped_line)

    def write(record: Record, severity: int) -> None:
        writer.put(render(record), urgent=severity >= ERROR)

    _setup = _Setup(
        level=_LEVELS[level],
        write=write,
        clock=clock,
        static=static,
        redactor=Redactor(redact_keys),
        project=project,
        writer=writer,
    )
    _bridge_libraries(clock)
    if previous is not None:
        previous.close()


@contextmanager
def bind_ids(**ids: object) -> Generator[None]:
    """Put these ids on every line of this task, and of the tasks that it starts, until the block ends."""
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def bound_ids() -> Mapping[str, object]:
    """The ids that are bound here; hand them on with a job and bind them where it runs."""
    return _ids.get()


def subscribe(tap: Tap) -> Callable[[], None]:
    """Have every line of WARNING and above, redacted, as a record; the answer ends it. A tap is quick."""
    _taps.append(tap)
    return lambda: _taps.remove(tap)


def is_debug() -> bool:
    """Whether debug lines are written."""
    return _setup.level <= DEBUG


def redact_facts(facts: Mapping[str, object]) -> dict[str, Plain]:
    """The facts as they may be shown, by this process's secret keys."""
    return _setup.redactor.facts(facts)


def dropped_lines() -> int:
    """How many lines the output did not take."""
    return 0 if _setup.writer is None else _setup.writer.dropped


def flush(timeout_s: float = 2.0) -> bool:
    """Wait until everything is written; False when the output did not take it in time."""
    return _setup.writer is None or _setup.writer.flush(timeout_s)


def library_logger(name: str) -> logging.Logger:
    """The stdlib logger to hand to a library: WARNING and above, through this process's log."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.WARNING)
    return logger


def _emit(_logger: object, method: str, event_dict: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The one processor: make the record, write it, show it to the taps."""
    setup = _setup
    severity = _LEVELS[method]
    event = cast("str", event_dict.pop("event"))
    _write(setup, severity, event, {**_ids.get(), **event_dict})
    return event_dict


def _write(setup: _Setup, severity: int, event: str, facts: dict[str, object]) -> None:
    error = exception_of(facts.pop("exc_info", None))
    trace_id, span_id = facts.pop("trace_id", None), facts.pop("span_id", None)
    message = facts.pop("message", None)
    sentence = words(event) if message is None else setup.redactor.text(str(message))
    record = head(_SEVERITIES[severity], sentence, setup.clock.now(), event, setup.static)
    type_ = facts.pop("type", None)
    if type_ is not None:
        record["type"] = setup.redactor.text(str(type_))
    record |= setup.redactor.facts(facts if RESERVED.isdisjoint(facts) else renamed(facts))
    if trace_id:
        record |= trace_fields(trace_id, span_id, setup.project)
    if "http_request" in record:
        record["httpRequest"] = record.pop("http_request")
    if severity >= ERROR:
        record |= source_fields(sys._getframe(1))  # noqa: SLF001 # the documented way to find the caller
    if error is not None:
        record |= exception_fields(error, setup.redactor)
    setup.write(record, severity)
    if severity >= WARNING and _taps:
        _show(record)


def _show(record: Record) -> None:
    """Let the taps see a record; what a tap itself logs is written, but not shown again."""
    if _is_showing.get():
        return
    token = _is_showing.set(True)
    try:
        for tap in tuple(_taps):
            tap(dict(record))
    except Exception as error:  # noqa: BLE001 # a broken tap must not hurt the caller that logs
        log.warning("telemetry.tap_failed", error=f"{type(error).__name__}: {error}")
    finally:
        _is_showing.reset(token)


def _say_lost(event: str, error: Exception) -> None:
    message = f"the line {event} could not be written: {type(error).__name__}"
    setup = _setup
    setup.write(head("ERROR", message, setup.clock.now(), "telemetry.line_lost", setup.static), ERROR)


def _json_line(record: Record) -> bytes:
    line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    if len(line) <= MAX_LINE:
        return line
    kept = {key: value for key, value in record.items() if key in RESERVED or key == "type"}
    return orjson.dumps({**kept, "cut_bytes": len(line)}, option=orjson.OPT_APPEND_NEWLINE)


def _console_renderer(*, is_coloured: bool) -> Callable[[Record], bytes]:
    return lambda record: console_line(record, is_coloured=is_coloured)


class _Bridge(logging.Handler):
    """Takes what libraries log through the standard library."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(logging.WARNING)
        self._throttle = Throttle(clock, burst=LIBRARY_BURST, every_s=LIBRARY_EVERY_S)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a library's line, unless it has said too much lately."""
        withheld = self._throttle.admit(record.name)
        if withheld is None:
            return
        method = next(
            name for name, level in reversed(_LEVELS.items()) if level <= max(record.levelno, WARNING)
        )
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 # a library's wrong format string is not our fault
            message = str(record.msg)
        facts: dict[str, object] = {"logger": record.name, "message": message, "exc_info": record.exc_info}
        if withheld:
            facts["withheld"] = withheld
        log._say(method, "library.message_logged", facts)  # noqa: SLF001 # the level was judged by the library


def _bridge_libraries(clock: Clock) -> None:
    root = logging.getLogger()
    root.handlers[:] = [_Bridge(clock)]  # any other would write past the redaction
    root.setLevel(logging.WARNING)


def _write_plainly(record: Record, severity: int) -> None:
    """Before this process is configured: to standard error, as it comes."""
    if severity >= WARNING:
        sys.stderr.write(console_line(record, is_coloured=False).decode())


_taps: list[Tap] = []
_is_showing: ContextVar[bool] = ContextVar("is_showing", default=False)
_setup = _Setup(level=WARNING, write=_write_plainly, clock=SystemClock(), static={}, redactor=Redactor())
structlog.configure(
    processors=[_emit],
    wrapper_class=Logger,
    logger_factory=lambda *_: None,
    cache_logger_on_first_use=True,
)
log = get_logger()
