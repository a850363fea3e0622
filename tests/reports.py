"""Builders of load-test reports."""

from server.loadtest.figures import Figures, Second, Window
from server.loadtest.host import Usage
from server.loadtest.judge.findings import Finding
from server.loadtest.judge.verdict import Verdict
from server.loadtest.results import CommandReport, Report, ServerReport
from server.loadtest.run import Outcome

SECOND = 1_000_000_000


def a_report(*, url: str = "http://127.0.0.1:8000", findings: tuple[Finding, ...] = ()) -> Report:
    """A report of a run in which 300 commands were accepted and three refused."""
    verdict = Verdict(
        ok=not findings,
        findings=list(findings),
        counts={finding.kind: 1 for finding in findings},
        checked={"frames": 1_000},
        notes=["a note"],
    )
    return Report(
        ok=not findings,
        url=url,
        players=20,
        watchers=50,
        seated=20,
        watching=50,
        processes=2,
        duration_s=10,
        ramp_s=1,
        actions=300,
        actions_per_s=30,
        rounds=12,
        rounds_per_s=1.2,
        heard_per_s=700,
        ack_p50_ms=8.25,
        ack_p95_ms=20,
        ack_p99_ms=49.5,
        ack_max_ms=60,
        service_p50_ms=8,
        service_p95_ms=19,
        service_p99_ms=40,
        broadcast_p50_ms=None,
        broadcast_p95_ms=None,
        broadcast_p99_ms=None,
        broadcast_max_ms=None,
        join_p50_ms=10,
        join_p95_ms=20,
        join_p99_ms=30,
        late_p50_ms=0.1,
        late_p99_ms=1,
        client_lag_max_ms=2,
        client_cpu_s=1.5,
        commands={"act": CommandReport(count=200, p50_ms=8, p95_ms=20, p99_ms=50)},
        errors={"rate_limited": 3},
        errors_total=3,
        error_rate=0.01,
        reconnects=0,
        server=ServerReport(
            pids=[42], cpu_us_per_action=480, cores=0.3, rss_bytes=2**27, memory_per_connection_bytes=20_480
        ),
        books_balance=True,
        verdict=verdict,
        asserts=[],
    )


def an_outcome(report: Report) -> Outcome:
    """Ten seconds with an ack and a broadcast in each."""
    figures = Figures()
    for number in range(11):
        second = figures.seconds[number] = Second(actions=30, errors=number == 5, opened=number == 0)
        for stats in (second.acks, second.broadcasts, figures.acks, figures.service, figures.broadcasts):
            stats.record(8_000_000 + number * 1_000_000)
    window = Window(start_ns=0, begins_ns=SECOND, ends_ns=11 * SECOND)
    samples = [Usage(at_ns=n * SECOND, cpu_s=n / 4, rss_bytes=2**27) for n in range(11)]
    return Outcome(report=report, figures=figures, window=window, samples=samples)
