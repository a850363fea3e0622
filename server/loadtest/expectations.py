"""What a report is held to: `ack_p99_ms<50`."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from server.loadtest.judge.verdict import Verdict
from server.loadtest.results import AssertReport, CommandReport, Report, ServerReport

_EXPRESSION: Final = re.compile(
    r"\s*([A-Za-z_][\w.:-]*?)\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?|true|false)\s*", re.ASCII
)
_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_WORDS: Final = {"true": 1.0, "false": 0.0}
_PARTS: Final[Mapping[str, type[msgspec.Struct]]] = {"server": ServerReport, "verdict": Verdict}
_COUNTS: Final = ("errors.", "verdict.counts.", "verdict.checked.")  # names that only a run brings forth
_NO_NUMBERS: Final = frozenset(("url", "asserts", "pids", "findings", "notes", "commands", "errors"))


class BadExpression(ValueError):
    """This is no comparison of a figure of the report with a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A figure of the report, and what it must be."""

    text: str
    name: str
    compare: str
    value: float


def parse_expectation(text: str) -> Expectation:
    """Read an expression; raises BadExpression, for a name too that no report has."""
    found = _EXPRESSION.fullmatch(text)
    if found is None:
        raise BadExpression(f"no expression like ack_p99_ms<50: {text[:80]!r}")
    name, compare, value = found.groups()
    if not _is_known(name):
        raise BadExpression(f"the report has no figure {name[:60]!r}")
    number = _WORDS[value] if value in _WORDS else float(value)
    return Expectation(text=text.strip(), name=name, compare=compare, value=number)


def hold_to(report: Report, expectations: list[Expectation]) -> Report:
    """The report with what became of the expectations; a figure that there is not meets none."""
    plain: dict[str, Any] = msgspec.to_builtins(report)
    asserts = []
    for expectation in expectations:
        value = _value(plain, expectation.name)
        met = value is not None and _COMPARE[expectation.compare](value, expectation.value)
        asserts.append(AssertReport(expression=expectation.text, value=value, met=met))
    is_ok = report.ok and all(checked.met for checked in asserts)
    return msgspec.structs.replace(report, asserts=asserts, ok=is_ok)


def _is_known(name: str) -> bool:
    if name.startswith(_COUNTS):
        return True
    first, _, rest = name.partition(".")
    if first in _NO_NUMBERS - {"commands"}:
        return False
    if not rest:
        return first in Report.__struct_fields__ and first not in _PARTS and first != "commands"
    if first == "commands":
        return rest.partition(".")[2] in CommandReport.__struct_fields__
    part = _PARTS.get(first)
    return part is not None and rest in part.__struct_fields__ and rest not in _NO_NUMBERS


def _value(plain: Any, name: str) -> float | None:
    value = plain
    for part in name.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    if value is None and name.startswith(_COUNTS):
        return 0.0
    return float(value) if isinstance(value, (bool, int, float)) else None
