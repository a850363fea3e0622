/** The operators' other pages: payout runs with what failed, and the audit trail. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import * as api from "../api.js";
import { count, dateTime, money } from "../format.js";
import { useEvery, useLoaded, usePaged, useTitle } from "../ui/page.js";
import { busy, retryPayout, startRun, togglePause } from "./acts.js";
import { queue, run } from "./store.js";

const REFRESH_MS = 3000;

function Failed({ runId }) {
  const { value, problem, reload } = useLoaded(() => api.get(`/api/admin/payouts/runs/${runId}/payouts?status=FAILED`), [runId, run.value?.failed]);
  const items = value?.items ?? [];
  return html`
    <section class="panel wide" aria-labelledby="failed-title">
      <h2 id="failed-title">Failed payouts of the run</h2>
      ${problem && html`<p class="problem">${problem}</p>`}
      ${value && items.length === 0 && html`<p class="muted">None failed.</p>`}
      ${items.length > 0 &&
      html`<div class="scroll" tabindex="0" role="group" aria-labelledby="failed-title">
        <table class="data">
          <thead>
            <tr><th scope="col">Syndicate</th><th scope="col" class="number">Attempts</th><th scope="col">Error</th><th scope="col"><span class="sr-only">Action</span></th></tr>
          </thead>
          <tbody>
            ${items.map(
              (each) => html`<tr key=${each.payout_id}>
                <th scope="row">${each.syndicate_name ?? each.syndicate_id}</th>
                <td class="number">${each.attempts}</td>
                <td>${each.error}</td>
                <td><button class="button small" disabled=${busy.value} onClick=${async () => (await retryPayout(each)) && reload()}>Retry</button></td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`}
    </section>
  `;
}

const RUN_COLUMNS = ["total", "paid", "skipped", "failed", "cancelled"];

export function PayoutsPage() {
  useTitle("Payouts");
  const [chosen, setChosen] = useState(null);
  const { value, problem, reload } = useLoaded(() => api.get("/api/admin/payouts/runs?limit=25"), [run.value?.status]);
  useEvery(REFRESH_MS, reload);
  return html`
    <div class="dash">
      <div class="row spread">
        <h1>Payout runs</h1>
        <div class="row">
          <button class="button primary" disabled=${busy.value} onClick=${startRun}>Start a run</button>
          <button class="button" disabled=${busy.value} onClick=${togglePause}>${queue.value?.paused ? "Resume payouts" : "Pause payouts"}</button>
        </div>
      </div>
      ${problem && html`<p class="problem">${problem}</p>`}
      <section class="panel" aria-label="Runs">
        <div class="scroll" tabindex="0" role="group" aria-label="Runs">
          <table class="data">
            <thead>
              <tr>
                <th scope="col">Started</th>
                <th scope="col">Kind</th>
                <th scope="col">Status</th>
                ${RUN_COLUMNS.map((name) => html`<th key=${name} scope="col" class="number">${name}</th>`)}
                <th scope="col" class="number">amount</th>
              </tr>
            </thead>
            <tbody>
              ${value?.items.map(
                (each) => html`<tr key=${each.run_id} class=${chosen === each.run_id ? "self" : ""}>
                  <th scope="row"><button class="pick" aria-pressed=${chosen === each.run_id} onClick=${() => setChosen(each.run_id)}>${dateTime(each.started_at)}</button></th>
                  <td>${each.kind}</td>
                  <td><span class="tag ${each.status === "COMPLETED" ? "good" : ""}">${each.status.toLowerCase()}</span></td>
                  ${RUN_COLUMNS.map((name) => html`<td key=${name} class="number ${name === "failed" && each.failed ? "bad" : ""}">${count(each[name] ?? 0)}</td>`)}
                  <td class="number">${money(each.amount)}</td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
        ${value?.items.length === 0 && html`<p class="muted">No run yet.</p>`}
      </section>
      ${chosen && html`<${Failed} key=${chosen} runId=${chosen} />`}
    </div>
  `;
}

export function ActionsPage() {
  useTitle("Actions");
  const { items, more, problem, loadMore } = usePaged((before) => api.get(`/api/admin/actions?limit=50${before ? `&before=${encodeURIComponent(before)}` : ""}`), []);
  return html`
    <div class="dash">
      <h1>Actions of operators</h1>
      ${problem && html`<p class="problem">${problem}</p>`}
      ${items?.length === 0 && html`<p class="muted">Nobody has done anything yet.</p>`}
      ${items?.length > 0 &&
      html`<section class="panel" aria-label="Actions">
        <div class="scroll" tabindex="0" role="group" aria-label="Actions">
          <table class="data">
            <thead>
              <tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">On</th><th scope="col">Facts</th></tr>
            </thead>
            <tbody>
              ${items.map(
                (each) => html`<tr key=${each.action_id}>
                  <td>${dateTime(each.at)}</td>
                  <td>${each.admin ?? "command line"}</td>
                  <td>${each.action}</td>
                  <td>${each.target ?? "–"}</td>
                  <td><code>${Object.entries(each.facts ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(" ")}</code></td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
        ${more && html`<button class="button" onClick=${loadMore}>Show more</button>`}
      </section>`}
    </div>
  `;
}
