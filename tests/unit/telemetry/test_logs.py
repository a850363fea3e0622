"""Log lines: one JSON object each, with the fields of the contract, redacted, and never in the way."""

import asyncio
import logging
import os
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from telemetry import logs
from telemetry.logs import (
    Level,
    bind_ids,
    bound_ids,
    configure_logging,
    get_logger,
    is_debug,
    library_logger,
    subscribe,
)
from telemetry.measure import Meter
from telemetry.records import Record
from telemetry.registry import Registry
from tests.fakes import ManualClock

CANARY = "T0PSECRET"
log = get_logger()


class Output:
    """What a configured process has written."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self._read, self._write = os.pipe()

    def configure(self, level: Level = "info", fmt: Any = "json", redact_keys: tuple[str, ...] = ()) -> None:
        """Log into this output."""
        configure_logging(
            service="moes-casino",
            version="1.2",
            environment="development",
            process="web-1",
            level=level,
            fmt=fmt,
            redact_keys=redact_keys,
            project="casino-1",
            fd=self._write,
            clock=self.clock,
        )

    def text(self) -> str:
        """Everything written so far."""
        assert logs.flush()
        os.set_blocking(self._read, False)
        try:
            return os.read(self._read, 1 << 20).decode()
        except BlockingIOError:
            return ""

    def lines(self) -> list[dict[str, Any]]:
        """Every line written so far, decoded."""
        return [orjson.loads(line) for line in self.text().splitlines()]

    def line(self) -> dict[str, Any]:
        """The only line."""
        (line,) = self.lines()
        return line

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self._read)
        os.close(self._write)


@pytest.fixture
def output() -> Iterator[Output]:
    """An output to log into; afterwards logging is as it was."""
    before, root = logs._setup, logging.getLogger()
    level = root.level
    output = Output()
    output.configure()
    yield output
    assert logs._setup.writer is not None
    logs._setup.writer.close()
    logs._setup = before
    root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler, logs._Bridge)]
    root.setLevel(level)
    output.close()


def test_a_line_is_one_json_object_with_the_fields_of_the_contract(output: Output) -> None:
    with bind_ids(table_id="main-1", user_id="u1"):
        log.info("table.round_settled", round_id="r1", payouts=[100, 200], type="bet_placed")
    assert output.line() == {
        "severity": "INFO",
        "message": "table round settled",
        "time": "2026-01-01T00:00:00.000000Z",
        "event": "table.round_settled",
        "type": "bet_placed",
        "service": "moes-casino",
        "version": "1.2",
        "environment": "development",
        "process": "web-1",
        "table_id": "main-1",
        "user_id": "u1",
        "round_id": "r1",
        "payouts": [100, 200],
    }


@pytest.mark.parametrize(
    ("method", "severity"),
    [
        ("debug", "DEBUG"),
        ("info", "INFO"),
        ("warning", "WARNING"),
        ("error", "ERROR"),
        ("critical", "CRITICAL"),
    ],
)
def test_severities_are_cloud_loggings(output: Output, method: str, severity: str) -> None:
    output.configure(level="debug")
    getattr(log, method)("table.round_settled")
    assert output.line()["severity"] == severity


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", ["debug", "info", "warning", "error", "critical"]),
        ("info", ["info", "warning", "error", "critical"]),
        ("warn", ["warning", "error", "critical"]),
        ("error", ["error", "critical"]),
    ],
)
def test_lines_below_the_level_are_not_written(output: Output, level: Level, expected: list[str]) -> None:
    output.configure(level=level)
    for method in ("debug", "info", "warning", "error", "critical"):
        getattr(log, method)(f"said.{method}")
    assert [line["event"] for line in output.lines()] == [f"said.{method}" for method in expected]
    assert is_debug() == (level == "debug")


def test_a_sentence_can_replace_the_events_name(output: Output) -> None:
    log.info("auth.user_registered", message="welcome, user@example.com\n{}")
    assert output.line()["message"] == "welcome, u***r@example.com\\n{}"


def test_facts_cannot_pretend_to_be_the_fields_of_every_line(output: Output) -> None:
    log.info("table.moved", version=7, severity="DEBUG", process="x", event="y", time="z")
    line = output.line()
    assert (line["version"], line["severity"], line["process"]) == ("1.2", "INFO", "web-1")
    assert (line["fact_version"], line["fact_severity"], line["fact_event"]) == (7, "DEBUG", "y")


def test_no_secret_gets_into_a_line(output: Output) -> None:
    output.configure(redact_keys=("server_seed",))
    with bind_ids(session_token=CANARY):
        try:
            int(f"password={CANARY}")
        except ValueError:
            log.exception(
                "auth.failed", serverSeed=CANARY, text=f"Bearer {CANARY}", deep=[{"cookie": CANARY}]
            )
    logging.getLogger("library").warning("Cookie: %s", CANARY)
    text = output.text()
    assert CANARY not in text
    assert text.count("\n") == 2


def test_ids_end_with_their_block_and_go_along_with_tasks(output: Output) -> None:
    async def work() -> None:
        with bind_ids(run_id="r1"):
            log.info("payout.started")

    async def run() -> None:
        with bind_ids(request_id="q1"):
            await asyncio.gather(work(), work())
            log.info("request.ended")

    asyncio.run(run())
    assert bound_ids() == {}
    found = [(line.get("request_id"), line.get("run_id")) for line in output.lines()]
    assert found == [("q1", "r1"), ("q1", "r1"), ("q1", None)]


def test_a_bound_logger_says_its_facts_on_every_line(output: Output) -> None:
    bound = log.bind(table_id="main-1")
    bound.info("table.opened")
    bound.info("table.closed")
    assert [line["table_id"] for line in output.lines()] == ["main-1", "main-1"]


def test_a_trace_is_written_as_cloud_logging_wants_it(output: Output) -> None:
    with bind_ids(trace_id="0af7651916cd43dd8448eb211c80319c", span_id="b7ad6b7169203331"):
        log.info("request.ended", http_request={"requestMethod": "GET", "status": 200})
    line = output.line()
    assert line["logging.googleapis.com/trace"] == "projects/casino-1/traces/0af7651916cd43dd8448eb211c80319c"
    assert line["logging.googleapis.com/spanId"] == "b7ad6b7169203331"
    assert line["httpRequest"] == {"requestMethod": "GET", "status": 200}
    assert {"trace_id", "span_id", "http_request"}.isdisjoint(line)


def test_an_exception_comes_with_its_causes_its_place_and_no_locals(output: Output) -> None:
    def fail() -> None:
        hidden = CANARY
        try:
            bytes.fromhex("no hex")
        except ValueError as cause:
            raise LookupError(f"broken{hidden[:0]}\nline") from cause

    try:
        fail()
    except LookupError:
        log.exception("table.step_failed")
    line = output.line()
    assert [error["type"] for error in line["exception"]] == ["LookupError", "ValueError"]
    assert line["exception"][0]["message"] == "broken\\nline"
    assert line["logging.googleapis.com/sourceLocation"]["file"] == __file__
    assert line["logging.googleapis.com/sourceLocation"]["function"] == (
        "test_an_exception_comes_with_its_causes_its_place_and_no_locals"
    )
    assert line["stack_trace"].splitlines()[-1] == "LookupError: broken\\nline"
    assert CANARY not in str(line)


def test_libraries_are_heard_from_warning_on_and_not_too_often(output: Output) -> None:
    noisy = library_logger("noisy")
    noisy.info("hello")
    for number in range(100):
        noisy.warning("packet %d", number)
    assert len(output.lines()) == 10
    output.clock.advance(s=1)
    noisy.error("last")
    line = output.line()
    expected = {"severity": "ERROR", "logger": "noisy", "message": "last", "withheld": 90}
    assert expected == {key: line[key] for key in expected}


def test_a_wrong_format_string_of_a_library_is_still_a_line(output: Output) -> None:
    output.configure()  # takes the place of pytest's handler, which would raise
    logging.getLogger("sloppy").warning("%d seats", "many")
    assert output.line()["message"] == "%d seats"


def test_taps_see_warnings_redacted_and_only_once(output: Output) -> None:
    seen: list[Record] = []

    def tap(record: Record) -> None:
        seen.append(record)
        log.warning("tap.spoke")

    end = subscribe(tap)
    log.info("table.opened")
    log.warning("table.slow", token=CANARY)
    end()
    log.warning("table.slower")
    assert [(record["event"], record.get("token")) for record in seen] == [("table.slow", "[REDACTED]")]
    assert [line["event"] for line in output.lines()] == [
        "table.opened",
        "table.slow",
        "tap.spoke",
        "table.slower",
    ]


def test_a_broken_tap_hurts_nobody(output: Output) -> None:
    def tap(record: Record) -> None:
        raise RuntimeError("deaf")

    end = subscribe(tap)
    log.warning("table.slow")
    end()
    assert [line["event"] for line in output.lines()] == ["table.slow", "telemetry.tap_failed"]


def test_a_line_that_is_too_long_says_so_and_keeps_its_head(output: Output) -> None:
    log.info("table.dumped", **{f"fact_{number}": "x" * 10_000 for number in range(40)})
    line = output.line()
    assert (line["event"], line["severity"]) == ("table.dumped", "INFO")
    assert line["cut_bytes"] > 400_000


def test_the_console_is_for_people(output: Output) -> None:
    output.configure(fmt="console")
    log.warning("table.slow", table_id="main-1", note="a\x1b[31mb")
    assert output.text() == "00:00:00.000 WARNING  table slow  table_id=main-1 note=a\\x1b[31mb\n"


def test_a_logger_from_before_the_configuration_follows_it(output: Output) -> None:
    early = get_logger()
    early.info("said.first")
    output.configure(level="error")
    early.info("said.second")
    early.error("said.third")
    assert [line["event"] for line in output.lines()] == ["said.first", "said.third"]


def test_at_debug_every_measured_operation_says_how_long_it_took(output: Output) -> None:
    output.configure(level="debug")
    with Meter(Registry(output.clock), output.clock).db_operation("load"):
        output.clock.advance(ms=45)
    line = output.line()
    assert (line["severity"], line["message"]) == ("DEBUG", "db:load completed in 45 ms")
