"""Log lines for people: one line of text, the stack below it."""

from typing import Final

from telemetry.records import Record

_COLOURS: Final = {
    "DEBUG": "\x1b[2m",
    "INFO": "\x1b[32m",
    "WARNING": "\x1b[33m",
    "ERROR": "\x1b[31m",
    "CRITICAL": "\x1b[41m",
}
_RESET: Final = "\x1b[0m"
_HIDDEN: Final = frozenset(
    {
        "severity",
        "message",
        "time",
        "event",
        "type",
        "service",
        "version",
        "environment",
        "process",
        "stack_trace",
    }
)


def console_line(record: Record, *, is_coloured: bool) -> bytes:
    """The record as a person reads it: time, severity, message, facts."""
    severity = str(record["severity"])
    shown = f"{_COLOURS.get(severity, '')}{severity:<8}{_RESET}" if is_coloured else f"{severity:<8}"
    facts = " ".join(
        f"{key}={value}" for key, value in record.items() if key not in _HIDDEN and "/" not in key
    )
    line = f"{str(record['time'])[11:23]} {shown} {record['message']}{'  ' if facts else ''}{facts}\n"
    stack = record.get("stack_trace")
    return (f"{line}{stack}\n" if stack else line).encode(errors="backslashreplace")
