"""Expectations of a report: what can be said, what can't, and when it is met."""

import msgspec
import pytest

from server.loadtest.expectations import BadExpression, hold_to, parse_expectation
from tests.reports import a_report


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        ("ack_p99_ms<50", True),
        ("ack_p99_ms < 49.5", False),
        ("ack_p99_ms<=49.5", True),
        ("ack_p99_ms==49.5", True),
        ("ack_p99_ms>49.5", False),
        ("ack_p99_ms>=49.5", True),
        ("errors.rate_limited==3", True),
        ("errors.internal==0", True),  # what never happened happened no times
        ("errors_total<4", True),
        ("error_rate<0.01", False),
        ("books_balance==true", True),
        ("verdict.ok==false", False),
        ("verdict.counts.double_pay==0", True),
        ("server.cpu_us_per_action<500", True),
        ("commands.act.p99_ms<80", True),
        ("broadcast_p99_ms<1000", False),  # nothing was broadcast: nothing is met
    ],
)
def test_an_expectation_is_met_or_missed(text: str, is_met: bool) -> None:  # noqa: FBT001 # a table's column
    held = hold_to(a_report(), [parse_expectation(text)])
    assert [checked.met for checked in held.asserts] == [is_met]
    assert held.ok is is_met


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ack_p99_ms",
        "ack_p99_ms<",
        "ack_p99_ms<fast",
        "ack_p99_ms<50ms",
        "ack_p99_ms!=50",
        "ack_p99_ms=50",
        "50<ack_p99_ms",
        "ack_p98_ms<50",
        "url==1",
        "errors==0",
        "server==1",
        "verdict==1",
        "verdict.findings==0",
        "server.pids==1",
        "commands.act==1",
        "__class__==1",
        "ack_p99_ms<50; print(1)",
    ],
)
def test_what_is_no_expectation_is_refused(text: str) -> None:
    with pytest.raises(BadExpression):
        parse_expectation(text)


def test_a_verdict_that_found_something_fails_a_report_whose_expectations_are_met() -> None:
    report = msgspec.structs.replace(a_report(), ok=False)
    assert hold_to(report, [parse_expectation("ack_p99_ms<50")]).ok is False
