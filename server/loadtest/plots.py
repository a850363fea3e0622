"""Which plots a report has, drawn from the figures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from server.loadtest.charts import Axis, Chart, Line, Point, linear_axis, log_axis, span_axis
from server.loadtest.figures import Second
from server.loadtest.run import Outcome
from telemetry.stats import Stats

_GREEN, _GOLD, _RED, _BLUE = "#3ecf8e", "#e0b455", "#ff6b6b", "#5ab0ff"
_MS: Final = 1e-6
_SHARES: Final = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
_NINES: Final = (0.5, 0.9, 0.99, 0.999, 0.9999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A chart and what to know when reading it."""

    chart: Chart
    note: str


def plots_of(outcome: Outcome) -> Iterator[Plot]:
    """All of them, in order."""
    yield _latencies(
        outcome,
        "Ack latency",
        lambda second: second.acks,
        "From when a command was due until its ack; a point for each second.",
    )
    yield _latencies(
        outcome,
        "Broadcast latency",
        lambda second: second.broadcasts,
        "From when a move was due until each client of the table had a view with it.",
    )
    yield _distribution(outcome)
    yield _rates(outcome)
    yield _connections(outcome)
    if len(outcome.samples) > 1:
        yield _cpu(outcome)
        yield _memory(outcome)


def _latencies(outcome: Outcome, title: str, of: Callable[[Second], Stats], note: str) -> Plot:
    found: dict[float, list[Point]] = {share: [] for share in (0.5, 0.95, 0.99)}
    for moment, second in _seconds(outcome):
        for share, ns in zip(found, of(second).percentiles_ns(*found), strict=True):
            found[share].append((moment, None if ns is None else max(ns * _MS, 0.01)))
    lines = [
        Line(name=f"p{share * 100:g}", colour=colour, points=points)
        for (share, points), colour in zip(found.items(), (_GREEN, _GOLD, _RED), strict=True)
    ]
    return Plot(chart=_over_time(outcome, title, "ms", lines, log_axis(_values(lines))), note=note)


def _distribution(outcome: Outcome) -> Plot:
    figures = outcome.figures
    parts = (
        ("acks", figures.acks, _GREEN),
        ("acks, from when they were sent", figures.service, _BLUE),
        ("broadcasts", figures.broadcasts, _GOLD),
    )
    lines = []
    for name, stats, colour in parts:
        shares = [share for share in _SHARES if stats.count * (1 - share) >= 1]
        found = stats.percentiles_ns(*shares)
        points = [
            (1 / (1 - share), None if ns is None else max(ns * _MS, 0.01))
            for share, ns in zip(shares, found, strict=True)
        ]
        lines.append(Line(name=name, colour=colour, points=points))
    x = Axis(
        low=1 / (1 - _NINES[0]),
        high=1 / (1 - _NINES[-1]),
        ticks=tuple(1 / (1 - share) for share in _NINES),
        is_log=True,
        text=lambda value: f"p{100 - 100 / value:.6g}",
    )
    chart = Chart(title="Distribution", unit="ms", lines=lines, x=x, y=log_axis(_values(lines)))
    return Plot(chart=chart, note="Each step to the right is ten times rarer.")


def _rates(outcome: Outcome) -> Plot:
    seconds = list(_seconds(outcome))
    lines = [
        Line(name="actions", colour=_GREEN, points=[(at, second.actions) for at, second in seconds]),
        Line(name="errors", colour=_RED, points=[(at, second.errors) for at, second in seconds]),
    ]
    chart = _over_time(outcome, "Actions and errors", "a second", lines, linear_axis(_values(lines)))
    return Plot(chart=chart, note="Accepted commands, and everything that was refused, lost or not let in.")


def _connections(outcome: Outcome) -> Plot:
    is_open, points = 0, []
    for at, second in _seconds(outcome):
        is_open += second.opened - second.closed
        points.append((at, float(is_open)))
    lines = [Line(name="open connections", colour=_BLUE, points=points)]
    chart = _over_time(outcome, "Connections", "open", lines, linear_axis(_values(lines)))
    return Plot(chart=chart, note="Players and watchers.")


def _cpu(outcome: Outcome) -> Plot:
    points: list[Point] = []
    for before, after in zip(outcome.samples, outcome.samples[1:], strict=False):
        took_s = (after.at_ns - before.at_ns) / 1e9
        points.append((_since_start(outcome, after.at_ns), (after.cpu_s - before.cpu_s) / took_s))
    lines = [Line(name="cores kept busy", colour=_GOLD, points=points)]
    chart = _over_time(outcome, "Server CPU", "cores", lines, linear_axis(_values(lines)))
    return Plot(chart=chart, note="Its own processes, without the database.")


def _memory(outcome: Outcome) -> Plot:
    points: list[Point] = [
        (_since_start(outcome, sample.at_ns), sample.rss_bytes / 2**20) for sample in outcome.samples
    ]
    lines = [Line(name="resident memory", colour=_BLUE, points=points)]
    chart = _over_time(outcome, "Server memory", "MiB", lines, linear_axis(_values(lines)))
    return Plot(chart=chart, note="Its own processes, without the database.")


def _over_time(outcome: Outcome, title: str, unit: str, lines: Sequence[Line], y: Axis) -> Chart:
    window = outcome.window
    ramp_s = _since_start(outcome, window.begins_ns)
    end_s = _since_start(outcome, window.ends_ns)
    last_s = float(max([end_s, *outcome.figures.seconds]))
    return Chart(
        title=title,
        unit=unit,
        lines=lines,
        x=span_axis(0.0, last_s, unit=" s"),
        y=y,
        bands=[(0.0, ramp_s, "ramp"), (end_s, last_s, "leaving")],
    )


def _seconds(outcome: Outcome) -> list[tuple[float, Second]]:
    seconds = outcome.figures.seconds
    last = max(seconds, default=0)
    return [(float(number), seconds.get(number, Second())) for number in range(last + 1)]


def _since_start(outcome: Outcome, at_ns: int) -> float:
    return max(0.0, (at_ns - outcome.window.start_ns) / 1e9)


def _values(lines: Sequence[Line]) -> list[float]:
    return [y for line in lines for _, y in line.points if y is not None]
