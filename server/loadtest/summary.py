"""The report for people who read it in a terminal."""

from collections.abc import Iterator

from server.loadtest.results import Report

_FINDINGS_SHOWN = 20


def summary_lines(report: Report) -> Iterator[str]:
    """What matters, a line each."""
    yield f"{report.seated} players and {report.watching} watchers over {report.duration_s:g} s"
    yield (
        f"{report.actions_per_s:g} actions/s, {report.rounds_per_s:g} rounds/s, "
        f"{report.heard_per_s:g} frames/s to the clients"
    )
    yield _latency("ack", report.ack_p50_ms, report.ack_p95_ms, report.ack_p99_ms)
    yield _latency("broadcast", report.broadcast_p50_ms, report.broadcast_p95_ms, report.broadcast_p99_ms)
    yield _latency("join", report.join_p50_ms, report.join_p95_ms, report.join_p99_ms)
    errors = " ".join(f"{code} {count}" for code, count in report.errors.items())
    yield f"errors: {errors or 'none'}; reconnects: {report.reconnects}"
    if report.server is not None:
        yield _server(report)
    yield from _verdict(report)
    for held in report.asserts:
        value = "nothing" if held.value is None else f"{held.value:g}"
        yield f"{'met' if held.met else 'MISSED'} {held.expression} ({value})"


def _latency(name: str, *values: float | None) -> str:
    shown = ("–" if value is None else f"{value:.1f}" for value in values)
    return "{} ms: p50 {}, p95 {}, p99 {}".format(name, *shown)


def _server(report: Report) -> str:
    server = report.server
    if server is None:
        return ""
    parts = [f"server (pid {' '.join(str(pid) for pid in server.pids)}):"]
    if server.cores is not None:
        parts.append(f"{server.cores:.2f} cores")
    if server.cpu_us_per_action is not None:
        parts.append(f"{server.cpu_us_per_action:,.0f} us CPU an action")
    if server.memory_per_connection_bytes is not None:
        parts.append(f"{server.memory_per_connection_bytes / 1024:.1f} KiB a connection")
    return " ".join(parts[:1]) + " " + ", ".join(parts[1:])


def _verdict(report: Report) -> Iterator[str]:
    verdict = report.verdict
    checked = ", ".join(f"{count} {what}" for what, count in verdict.checked.items())
    yield f"looked at {checked}".replace("_", " ")
    for note in verdict.notes:
        yield f"note: {note}"
    if report.books_balance is not None:
        yield "the books balance" if report.books_balance else "THE BOOKS DO NOT BALANCE"
    if verdict.ok:
        yield "nothing wrong was found"
        return
    for finding in verdict.findings[:_FINDINGS_SHOWN]:
        where = f" {finding.table_id}" if finding.table_id else ""
        yield f"FOUND {finding.kind}{where}: {finding.detail}"
    total = sum(verdict.counts.values())
    if total > _FINDINGS_SHOWN:
        yield "FOUND in all: " + ", ".join(f"{kind} {count}" for kind, count in verdict.counts.items())
