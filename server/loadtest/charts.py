"""Line charts as inline SVG: axes with round numbers, and lines with gaps where there is nothing."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 30
_TICKS: Final = 5
_STEPS: Final = (1, 2, 2.5, 5, 10)

Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: points by ascending x; a y of None is a gap."""

    name: str
    colour: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From where to where, where the ticks are, and how they read."""

    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool = False
    text: Callable[[float], str] = lambda value: f"{value:g}"

    def place(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        if self.is_log:
            value, low, high = math.log(max(value, self.low)), math.log(self.low), math.log(self.high)
        else:
            low, high = self.low, self.high
        return (value - low) / (high - low) if high > low else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart; `bands` are stretches of the x axis that are shaded, each with its name."""

    title: str
    unit: str
    lines: Sequence[Line]
    x: Axis
    y: Axis
    bands: Sequence[tuple[float, float, str]] = ()


def linear_axis(values: Sequence[float], *, text: Callable[[float], str] | None = None) -> Axis:
    """From zero to a round number that covers all values."""
    highest = max(values, default=0.0) or 1.0
    step = _round_step(highest / _TICKS)
    count = max(1, math.ceil(highest / step - 1e-9))
    ticks = tuple(step * number for number in range(count + 1))
    return Axis(low=0.0, high=ticks[-1], ticks=ticks, text=text or _plain)


def log_axis(values: Sequence[float]) -> Axis:
    """From a round number below all values to one above, by powers of ten."""
    positive = [value for value in values if value > 0] or [1.0]
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    high = max(high, low + 1)
    return Axis(
        low=10.0**low,
        high=10.0**high,
        ticks=tuple(10.0**power for power in range(low, high + 1)),
        is_log=True,
        text=_plain,
    )


def span_axis(low: float, high: float, *, unit: str = "") -> Axis:
    """A stretch of time with round ticks inside."""
    step = _round_step((high - low) / _TICKS or 1.0)
    first = math.ceil(low / step)
    ticks = tuple(step * number for number in range(first, math.floor(high / step + 1e-9) + 1))
    return Axis(low=low, high=max(high, low + 1), ticks=ticks, text=lambda value: f"{value:g}{unit}")


def svg_of(chart: Chart) -> str:
    """The chart as an SVG element that scales with its place."""
    drawn = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.title)}">',
        *(_band(chart, *band) for band in chart.bands),
        *_grid(chart),
        *(_path(chart, line) for line in chart.lines),
        "</svg>",
    ]
    return "".join(drawn)


def _x(chart: Chart, value: float) -> float:
    return _LEFT + chart.x.place(value) * (WIDTH - _LEFT - _RIGHT)


def _y(chart: Chart, value: float) -> float:
    return HEIGHT - _BOTTOM - chart.y.place(value) * (HEIGHT - _TOP - _BOTTOM)


def _band(chart: Chart, start: float, end: float, name: str) -> str:
    left, right = _x(chart, start), _x(chart, min(end, chart.x.high))
    if right <= left:
        return ""
    size = f'width="{right - left:.1f}" height="{HEIGHT - _TOP - _BOTTOM}"'
    return (
        f'<rect class="shade" x="{left:.1f}" y="{_TOP}" {size}/>'
        f'<text class="tick" x="{left + 4:.1f}" y="{_TOP + 12}">{escape(name)}</text>'
    )


def _grid(chart: Chart) -> list[str]:
    drawn = []
    for tick in chart.y.ticks:
        place = _y(chart, tick)
        drawn.append(
            f'<line class="grid" x1="{_LEFT}" y1="{place:.1f}" x2="{WIDTH - _RIGHT}" y2="{place:.1f}"/>'
            f'<text class="tick end" x="{_LEFT - 6}" y="{place + 4:.1f}">{escape(chart.y.text(tick))}</text>'
        )
    for tick in chart.x.ticks:
        place = _x(chart, tick)
        drawn.append(
            f'<text class="tick middle" x="{place:.1f}" y="{HEIGHT - 10}">{escape(chart.x.text(tick))}</text>'
        )
    return drawn


def _path(chart: Chart, line: Line) -> str:
    """The line, lifted over gaps; a point alone is a dot."""
    parts, pen_is_down = [], False
    for x, y in line.points:
        if y is None:
            pen_is_down = False
            continue
        parts.append(f"{'L' if pen_is_down else 'M'}{_x(chart, x):.1f} {_y(chart, y):.1f}")
        pen_is_down = True
    return (
        f'<path class="line" stroke="{line.colour}" d="{"".join(parts)}">'
        f"<title>{escape(line.name)}</title></path>"
    )


def _round_step(step: float) -> float:
    """The next round number: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 else 1.0
    return next(factor * power for factor in _STEPS if factor * power >= step * (1 - 1e-9))


def _plain(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"
