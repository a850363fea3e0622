/** The latency of one operation over a quarter of an hour: p50, p95 and p99 on a log scale. It rests while hidden. */

import { effect } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { timeOfDay } from "../format.js";
import { samples, watched } from "./store.js";

const HEIGHT = 190;
const WINDOW_S = 15 * 60;
const LEAST_S = 60;
const LINES = [
  ["p50", "#3ecf8e"],
  ["p95", "#f5b44a"],
  ["p99", "#ff6b6b"],
];

function series() {
  const of = samples.value.map((each) => [each.at / 1000, ...(each.latency[watched.value] ?? [null, null, null])]);
  return [0, 1, 2, 3].map((column) => of.map((row) => row[column]));
}

/** The power of ten below or above. */
function decade(value, round) {
  return 10 ** round(Math.log10(Math.max(value, 0.001)));
}

function options(width) {
  const axis = { stroke: "#9fb0bd", grid: { stroke: "#24313c", width: 1 }, ticks: { stroke: "#24313c", width: 1 }, font: "12px system-ui" };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      x: { time: true, range: (_, min, max) => [Math.max(max - WINDOW_S, Math.min(min, max - LEAST_S)), max] },
      y: { distr: 3, range: (_, min, max) => [decade(min ?? 0.1, Math.floor), decade(max ?? 10, Math.ceil)] },
    },
    axes: [
      { ...axis, space: 90, values: (_, ticks) => ticks.map((tick) => timeOfDay(tick * 1000)) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => (tick !== null && Number.isInteger(Math.log10(tick)) ? `${tick} ms` : "")) },
    ],
    series: [{}, ...LINES.map(([label, stroke]) => ({ label, stroke, width: 1.5, spanGaps: true, points: { show: false } }))],
  };
}

export function LatencyChart() {
  const place = useRef(null);
  useEffect(() => {
    const plot = new uPlot(options(place.current.clientWidth), series(), place.current);
    const draw = () => {
      if (document.visibilityState === "visible") plot.setData(series());
    };
    const stop = effect(() => {
      draw(samples.value, watched.value);
    });
    const sizes = new ResizeObserver(() => plot.setSize({ width: place.current.clientWidth, height: HEIGHT }));
    sizes.observe(place.current);
    document.addEventListener("visibilitychange", draw);
    return () => {
      stop();
      sizes.disconnect();
      document.removeEventListener("visibilitychange", draw);
      plot.destroy();
    };
  }, []);
  return html`
    <div class="chart" ref=${place} role="img" aria-label="Latency of ${watched.value} over the last 15 minutes"></div>
    <ul class="chart-key">
      ${LINES.map(([label]) => html`<li key=${label} class=${label}>${label}</li>`)}
    </ul>
  `;
}
