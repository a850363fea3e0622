"""The report as one HTML page: figures, verdict and plots, in a file that asks nobody for anything."""

from collections.abc import Iterator
from datetime import datetime
from html import escape
from importlib.resources import files
from typing import Final

from server.loadtest.charts import svg_of
from server.loadtest.plots import Plot, plots_of
from server.loadtest.results import Report
from server.loadtest.run import Outcome

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page_of(report: Report, outcome: Outcome, at: datetime) -> str:
    """The page; `at` is when the run was reported."""
    style = files("server.loadtest").joinpath("page.css").read_text(encoding="utf-8")
    title = f"Load test of {report.url}"
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(title)}</title><style>{style}</style></head><body><main>",
            _head(report, at),
            _tiles(report),
            _verdict(report),
            _expectations(report),
            "".join(_figure(plot) for plot in plots_of(outcome)),
            _commands(report),
            _errors(report),
            _how(report),
            "</main></body></html>",
        ]
    )


def _head(report: Report, at: datetime) -> str:
    what = (
        f"{report.seated:,} of {report.players:,} players and {report.watching:,} of {report.watchers:,} "
        f"watchers, {report.duration_s:g} s after a ramp of {report.ramp_s:g} s, "
        f"from {report.processes} process{'' if report.processes == 1 else 'es'}"
    )
    verdict = ("ok", "passed") if report.ok else ("bad", "failed")
    return (
        f'<header><h1>Load test <span class="badge {verdict[0]}">{verdict[1]}</span></h1>'
        f"<p>{escape(report.url)} · {at:%Y-%m-%d %H:%M} UTC</p><p>{escape(what)}</p></header>"
    )


def _tiles(report: Report) -> str:
    server = report.server
    tiles = [
        ("actions a second", f"{report.actions_per_s:,.1f}", f"{report.rounds_per_s:,.2f} rounds/s"),
        ("ack p99", _ms(report.ack_p99_ms), f"p50 {_ms(report.ack_p50_ms)} · p95 {_ms(report.ack_p95_ms)}"),
        (
            "broadcast p99",
            _ms(report.broadcast_p99_ms),
            f"p50 {_ms(report.broadcast_p50_ms)} · p95 {_ms(report.broadcast_p95_ms)}",
        ),
        ("errors", f"{report.errors_total:,}", f"{report.reconnects:,} reconnects"),
    ]
    if server is not None and server.cpu_us_per_action is not None:
        memory = server.memory_per_connection_bytes
        held = "" if memory is None else f"{memory / 1024:,.1f} KiB a connection"
        tiles.append(("server CPU an action", f"{server.cpu_us_per_action / 1000:,.2f} ms", held))
    books = {True: "balance", False: "do not balance", None: "not looked at"}[report.books_balance]
    tiles.append(("books", books, f"{report.verdict.checked.get('transfers', 0):,} transfers"))
    drawn = "".join(_tile(*tile) for tile in tiles)
    return f'<section class="tiles" aria-label="Figures">{drawn}</section>'


def _tile(name: str, value: str, more: str) -> str:
    inside = f"<h2>{escape(name)}</h2><strong>{escape(value)}</strong><p>{escape(more)}</p>"
    return f'<div class="tile">{inside}</div>'


def _verdict(report: Report) -> str:
    verdict = report.verdict
    looked = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in verdict.checked.items())
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in verdict.notes)
    if verdict.ok:
        told = '<p class="good">Nothing wrong was found.</p>'
    else:
        counts = ", ".join(f"{kind} {count:,}" for kind, count in verdict.counts.items())
        rows = "".join(
            f"<tr><td><code>{escape(finding.kind)}</code></td><td>{escape(finding.table_id or '')}</td>"
            f"<td>{'' if finding.version is None else finding.version}</td>"
            f'<td class="wraps">{escape(finding.detail)}</td></tr>'
            for finding in verdict.findings
        )
        told = (
            f'<p class="wrong">{escape(counts)}</p><table><thead><tr><th>what</th><th>table</th>'
            f"<th>version</th><th>detail</th></tr></thead><tbody>{rows}</tbody></table>"
        )
    told += f'<p class="note">Looked at {escape(looked)}.</p>{notes}'
    return f'<section class="wide"><h2>Verdict</h2>{told}</section>'


def _expectations(report: Report) -> str:
    if not report.asserts:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(held.expression)}</code></td>"
        f"<td>{'–' if held.value is None else f'{held.value:,g}'}</td>"
        f'<td class="{"good" if held.met else "wrong"}">{"met" if held.met else "missed"}</td></tr>'
        for held in report.asserts
    )
    return f'<section class="wide"><h2>Expectations</h2><table><tbody>{rows}</tbody></table></section>'


def _figure(plot: Plot) -> str:
    keys = "".join(
        f'<span><i style="background:{line.colour}"></i>{escape(line.name)}</span>'
        for line in plot.chart.lines
    )
    return (
        f"<section><h2>{escape(plot.chart.title)} ({escape(plot.chart.unit)})</h2>{svg_of(plot.chart)}"
        f'<p class="keys">{keys}</p><p class="note">{escape(plot.note)}</p></section>'
    )


def _commands(report: Report) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(event)}</code></td><td>{command.count:,}</td><td>{_ms(command.p50_ms)}</td>"
        f"<td>{_ms(command.p95_ms)}</td><td>{_ms(command.p99_ms)}</td></tr>"
        for event, command in report.commands.items()
    )
    return (
        "<section><h2>Commands</h2><table><thead><tr><th>command</th><th>accepted</th><th>p50</th>"
        f"<th>p95</th><th>p99</th></tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _errors(report: Report) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(code)}</code></td><td>{count:,}</td></tr>"
        for code, count in report.errors.items()
    )
    told = f"<table><tbody>{rows}</tbody></table>" if rows else '<p class="good">None.</p>'
    return f"<section><h2>Errors</h2>{told}</section>"


def _how(report: Report) -> str:
    return "".join(['<section class="wide"><h2>How it was measured</h2>', *_method(report), "</section>"])


def _method(report: Report) -> Iterator[str]:
    yield (
        "<p>Every client comes, and every move is made, at a moment that is fixed without asking how fast "
        "the server is: a player thinks from the moment at which the move before was due. Latencies count "
        "from that moment, so a server that stalls is charged for all that it held up.</p>"
    )
    yield (
        f"<p>Counted from when they were really sent, acks took p50 {_ms(report.service_p50_ms)}, "
        f"p99 {_ms(report.service_p99_ms)}. The clients' own event loops were at most "
        f"{report.client_lag_max_ms:,.1f} ms late; they took {report.client_cpu_s:,.1f} s of CPU time.</p>"
    )


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"
