"""The report as a page: complete in itself, and nothing from outside can speak in it."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from server.loadtest.charts import linear_axis, log_axis, span_axis
from server.loadtest.judge.findings import Finding
from server.loadtest.page import page_of
from server.loadtest.summary import summary_lines
from tests.reports import a_report, an_outcome

AT = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)


def test_the_page_shows_the_figures_and_asks_nobody_for_anything() -> None:
    report = a_report()
    page = page_of(report, an_outcome(report), AT)
    for shown in ("passed", "49.5 ms", "8.2 ms", "30.0", "rate_limited", "2026-11-25 12:30 UTC", "a note"):
        assert shown in page, shown
    assert re.findall(r"""(?:src|href|action)\s*=\s*["'](?!data:)|url\(""", page) == []
    assert "@import" not in page
    assert "<script" not in page
    assert page.count("<svg") == 7


def test_every_plot_is_well_formed_and_has_a_name() -> None:
    report = a_report()
    page = page_of(report, an_outcome(report), AT)
    plots = [ET.fromstring(found) for found in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]  # noqa: S314 # ours
    assert all(plot.get("aria-label") for plot in plots)
    assert all("nan" not in (path.get("d") or "") for plot in plots for path in plot.iter("path"))
    assert [bool(plot.find("path").get("d")) for plot in plots] == [True] * 7  # type: ignore[union-attr]


def test_what_was_found_is_told_and_can_not_speak_html() -> None:
    finding = Finding(kind="view_wrong", detail="<img src=x onerror=alert(1)>", table_id="t-1", version=7)
    report = a_report(url="http://127.0.0.1:8000/<b>", findings=(finding,))
    page = page_of(report, an_outcome(report), AT)
    assert "failed" in page
    assert "view_wrong" in page
    assert "&lt;img src=x" in page
    assert "<img" not in page
    assert "<b>" not in page


def test_the_terminal_is_told_what_was_found_and_missed() -> None:
    finding = Finding(kind="double_pay", detail="twice", table_id="t-1")
    told = list(summary_lines(a_report(findings=(finding,))))
    assert "FOUND double_pay t-1: twice" in told
    assert "the books balance" in told
    assert any(line.startswith("ack ms: p50 8.2, p95 20.0, p99 49.5") for line in told)
    assert "nothing wrong was found" in list(summary_lines(a_report()))


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0.0, (0, 0.2, 0.4, 0.6, 0.8, 1)), (7, (0, 2, 4, 6, 8)), (100, (0, 20, 40, 60, 80, 100)), (0.3, None)],
)
def test_a_linear_axis_begins_at_zero_and_ends_with_a_round_number(
    highest: float, ticks: tuple[float, ...] | None
) -> None:
    axis = linear_axis([highest])
    assert axis.ticks[0] == 0
    assert axis.high >= highest
    if ticks is not None:
        assert axis.ticks == pytest.approx(ticks)


def test_a_log_axis_covers_all_values_by_powers_of_ten() -> None:
    axis = log_axis([0.7, 33.0])
    assert axis.ticks == pytest.approx((0.1, 1, 10, 100))
    assert axis.place(0.1) == pytest.approx(0)
    assert axis.place(10) == pytest.approx(2 / 3)
    assert axis.place(0.0) == pytest.approx(0)  # below the axis is on its edge


def test_a_stretch_of_time_has_ticks_inside() -> None:
    assert span_axis(0, 61).ticks == pytest.approx((0, 20, 40, 60))
