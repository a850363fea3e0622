/** The overview: four tiles, latency, queue, alerts, the payout run, the log, operations, processes, tables. */

import { html } from "htm/preact";
import * as api from "../api.js";
import { bytes, count, dateTime, duration, money, percent, span, timeOfDay } from "../format.js";
import { useEvery, useLoaded, useTitle } from "../ui/page.js";
import { PHASES } from "../words.js";
import { busy, startRun, togglePause } from "./acts.js";
import { LatencyChart } from "./chart.js";
import { LogTail } from "./logs.js";
import { Operations } from "./operations.js";
import { alerts, cleared, latest, operations, processes, queue, run, samples, statsWindow, watched } from "./store.js";
import { Tile } from "./tile.js";

const REFRESH_MS = 5000;

const ALERTS = {
  game_loop_lag: "A game step was slow",
  performance_warning: "An operation was slow",
  payout_failed: "A payout failed",
  run_overdue: "A payout run is overdue",
  push_deaf: "Live updates between processes are interrupted",
  process_lost: "A process has gone silent",
};

/** Errors and operations over the last minute of samples. */
function lastMinute() {
  const all = samples.value;
  const since = (all[all.length - 1]?.at ?? 0) - 60000;
  const recent = all.filter((each) => each.at > since);
  const total = recent.reduce((sum, each) => sum + each.count, 0);
  const errors = recent.reduce((sum, each) => sum + each.errors, 0);
  return { rate: total ? errors / total : 0, errors, lag: Math.max(0, ...recent.map((each) => each.lagMs)) };
}

function Tiles() {
  const all = samples.value;
  const now = latest.value;
  const minute = lastMinute();
  const [p50, p95, p99] = now?.latency[watched.value] ?? [null, null, null];
  return html`
    <div class="tiles">
      <${Tile} name="operations" title="Operations / s" value=${now ? count(now.perSecond) : "–"} note="in the last 2 s, all processes" values=${all.map((each) => each.perSecond)} tone="info" />
      <${Tile} name="errors" title="Error rate" value=${now ? percent(minute.rate) : "–"} note=${`${count(minute.errors)} errors in 60 s`} values=${all.map((each) => each.errorRate)} tone="ok" />
      <${Tile} name="latency" title=${`p95 · ${watched.value}`} value=${duration(p95)} note=${`p50 ${duration(p50)} · p99 ${duration(p99)} · ${statsWindow.value}`} values=${all.map((each) => each.latency[watched.value]?.[1])} tone="info" />
      <${Tile} name="lag" title="Event-loop lag" value=${now ? duration(now.lagMs) : "–"} note=${`max ${duration(minute.lag)} in 60 s, worst process`} values=${all.map((each) => each.lagMs)} tone="warn" />
    </div>
  `;
}

function Latency() {
  return html`
    <section class="panel latency" aria-labelledby="latency-title">
      <div class="row spread">
        <h2 id="latency-title">Latency, last 15 min <small class="muted">log scale, ${statsWindow.value}</small></h2>
        <div>
          <label class="sr-only" for="watched">Operation</label>
          <select id="watched" value=${watched.value} onChange=${(event) => (watched.value = event.currentTarget.value)}>
            ${[...new Set([watched.value, ...operations.value.map((each) => each.operation)])].sort().map((name) => html`<option key=${name}>${name}</option>`)}
          </select>
        </div>
      </div>
      <${LatencyChart} />
    </section>
  `;
}

function Queue() {
  const now = queue.value;
  const rows = [
    ["Waiting", now?.waiting],
    ["Active", now?.active],
    ["Completed", now?.completed],
    ["Failed", now?.failed],
  ];
  return html`
    <section class="panel" aria-labelledby="queue-title">
      <h2 id="queue-title">Payout queue <small class="muted">latest run</small> ${now?.paused && html`<span class="tag bad">paused</span>`}</h2>
      <dl class="rows">
        ${rows.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd class=${name === "Failed" && value > 0 ? "bad" : ""}>${value === undefined ? "–" : count(value)}</dd>`)}
      </dl>
      ${now?.oldest_s !== undefined && now.oldest_s !== null && html`<p class="muted">oldest waits ${span(now.oldest_s)}</p>`}
    </section>
  `;
}

function Alerts() {
  const open = [...alerts.value.values()];
  return html`
    <section class="panel" aria-labelledby="alerts-title">
      <h2 id="alerts-title">Alerts</h2>
      <div role="status">
        ${open.length === 0 && html`<p class="good">✓ Nothing is wrong.</p>`}
        <ul class="alerts" tabindex="0" aria-labelledby="alerts-title">
        ${open.map(
          (alert) => html`<li key=${alert.alert_id} class="warn">
            <b>▲ ${ALERTS[alert.type] ?? alert.type}</b>
            <span class="muted">
              ${[alert.operation, alert.duration_ms !== undefined && alert.duration_ms !== null ? `${duration(alert.duration_ms)} (over ${duration(alert.threshold_ms)})` : null, alert.process, `since ${timeOfDay(alert.at)}`]
                .filter(Boolean)
                .join(" · ")}
            </span>
          </li>`,
        )}
        ${cleared.value.map((alert) => html`<li key=${alert.alert_id} class="muted">✓ ${ALERTS[alert.type] ?? alert.type}, cleared ${timeOfDay(alert.cleared_at)}</li>`)}
        </ul>
      </div>
    </section>
  `;
}

/** The run as last told, or as the last one stands in the database when nothing was told yet. */
function Run({ status }) {
  const now = run.value ?? status?.last_run ?? null;
  const done = now ? now.paid + now.skipped + now.failed + (now.cancelled ?? 0) : 0;
  const running = now && ["SCHEDULING", "RUNNING"].includes(now.status);
  const facts = now && [
    `${count(done)} of ${count(now.total)} syndicates`,
    running && now.per_second ? `${now.per_second.toFixed(1)}/s` : null,
    running && now.eta_s ? `${span(now.eta_s)} left` : null,
    `${count(now.failed)} failed`,
    `${count(now.skipped)} skipped`,
    now.amount !== undefined ? `${money(now.amount)} paid` : null,
  ];
  return html`
    <section class="panel" aria-labelledby="run-title">
      <div class="row spread">
        <h2 id="run-title">Payout run ${now && html`<small class="muted">${now.status.toLowerCase()}</small>`}</h2>
        <div class="row">
          <button class="button small primary" disabled=${busy.value || running} onClick=${startRun}>Start a run</button>
          <button class="button small" disabled=${busy.value} onClick=${togglePause}>${queue.value?.paused ? "Resume payouts" : "Pause payouts"}</button>
        </div>
      </div>
      ${now
        ? html`<progress class="progress" value=${done} max=${Math.max(now.total, 1)} aria-label="Payouts done"></progress>
            <p class="muted">${facts.filter(Boolean).join(" · ")}</p>`
        : html`<p class="muted">No run yet.</p>`}
      ${status?.next_scheduled_run && html`<p class="muted">Next scheduled run: ${dateTime(status.next_scheduled_run)}</p>`}
    </section>
  `;
}

function Processes() {
  return html`
    <section class="panel" aria-labelledby="processes-title">
      <h2 id="processes-title">Processes</h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="processes-title">
        <table class="data">
          <thead>
            <tr>
              <th scope="col">Process</th>
              <th scope="col">Kind</th>
              <th scope="col" class="number">Up</th>
              <th scope="col" class="number">Memory</th>
              <th scope="col" class="number">Lag</th>
              <th scope="col" class="number">Connections</th>
            </tr>
          </thead>
          <tbody>
            ${processes.value.map(
              (each) => html`<tr key=${each.process}>
                <th scope="row">${each.process}</th>
                <td>${each.kind}</td>
                <td class="number">${span(each.uptime_s)}</td>
                <td class="number">${bytes(each.rss_bytes)}</td>
                <td class="number">${duration(each.loop_lag_ms)}</td>
                <td class="number">${count(each.connections ?? 0)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>
  `;
}

function TablesLive({ tables }) {
  return html`
    <section class="panel" aria-labelledby="tables-title">
      <h2 id="tables-title">Tables</h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="tables-title">
        <table class="data">
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col">Phase</th>
              <th scope="col" class="number">Players</th>
              <th scope="col" class="number">Watchers</th>
              <th scope="col" class="number">Limits</th>
            </tr>
          </thead>
          <tbody>
            ${tables.map(
              (each) => html`<tr key=${each.table_id}>
                <th scope="row">${each.name}</th>
                <td>${PHASES[each.phase] ?? each.phase}</td>
                <td class="number">${each.players} / ${each.seats}</td>
                <td class="number">${each.watchers}</td>
                <td class="number">${money(each.min_bet)} – ${money(each.max_bet)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>
  `;
}

async function load() {
  const [status, tables] = await Promise.all([api.get("/api/admin/payouts/status"), api.get("/api/tables")]);
  return { status, tables: tables.items };
}

export function Overview() {
  useTitle("Operations");
  const { value, problem, reload } = useLoaded(load, [run.value?.status]);
  useEvery(REFRESH_MS, reload);
  return html`
    <div class="dash">
      <h1 class="sr-only">Overview</h1>
      ${problem && html`<p class="problem">${problem}</p>`}
      <${Tiles} />
      <div class="dash-grid">
        <${Latency} />
        <${Queue} />
        <${Alerts} />
        <div class="half"><${Run} status=${value?.status} /></div>
        <div class="half"><${LogTail} /></div>
        <${Operations} />
        <div class="half"><${Processes} /></div>
        <div class="half"><${TablesLive} tables=${value?.tables ?? []} /></div>
      </div>
    </div>
  `;
}
