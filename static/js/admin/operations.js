/** Every measured operation; a click on a column's head sorts by it, one on a row shows its latency above. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { count, duration, percent } from "../format.js";
import { operations, statsWindow, watched } from "./store.js";

const COLUMNS = [
  ["operation", "Operation", (each) => each.operation],
  ["count", "Count", (each) => count(each.count)],
  ["errors", "Errors", (each) => count(each.errors)],
  ["error_rate", "Error rate", (each) => percent(each.error_rate)],
  ["avg_ms", "Avg", (each) => duration(each.avg_ms)],
  ["min_ms", "Min", (each) => duration(each.min_ms)],
  ["max_ms", "Max", (each) => duration(each.max_ms)],
  ["p50_ms", "p50", (each) => duration(each.p50_ms)],
  ["p95_ms", "p95", (each) => duration(each.p95_ms)],
  ["p99_ms", "p99", (each) => duration(each.p99_ms)],
];

function compare(key, up) {
  return (a, b) => {
    const order = key === "operation" ? a.operation.localeCompare(b.operation) : (a[key] ?? -1) - (b[key] ?? -1);
    return up ? order : -order;
  };
}

export function Operations() {
  const [sorting, setSorting] = useState({ key: "count", up: false });
  const [filter, setFilter] = useState("");
  const shown = operations.value.filter((each) => each.operation.includes(filter)).sort(compare(sorting.key, sorting.up));
  const sortBy = (key) => setSorting((old) => ({ key, up: old.key === key ? !old.up : key === "operation" }));
  return html`
    <section class="panel wide" aria-labelledby="operations-title">
      <div class="row spread">
        <h2 id="operations-title">Operations <small class="muted">${statsWindow.value}</small></h2>
        <div class="search">
          <label class="sr-only" for="operation-filter">Filter operations</label>
          <input id="operation-filter" type="search" placeholder="Filter, e.g. socket:" value=${filter} onInput=${(event) => setFilter(event.currentTarget.value)} />
        </div>
      </div>
      <div class="scroll tall" tabindex="0" role="group" aria-labelledby="operations-title">
        <table class="data">
          <thead>
            <tr>
              ${COLUMNS.map(
                ([key, name]) => html`<th key=${key} scope="col" class=${key === "operation" ? "" : "number"} aria-sort=${sorting.key === key ? (sorting.up ? "ascending" : "descending") : undefined}>
                  <button class="sort" onClick=${() => sortBy(key)}>${name}${sorting.key === key ? (sorting.up ? " ▲" : " ▼") : ""}</button>
                </th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${shown.map(
              (each) => html`<tr key=${each.operation} class=${each.operation === watched.value ? "self" : ""}>
                ${COLUMNS.map(([key, , show]) =>
                  key === "operation"
                    ? html`<th key=${key} scope="row"><button class="pick" aria-pressed=${each.operation === watched.value} onClick=${() => (watched.value = each.operation)}>${show(each)}</button></th>`
                    : html`<td key=${key} class="number ${key === "errors" && each.errors ? "bad" : ""}">${show(each)}</td>`,
                )}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>
  `;
}
