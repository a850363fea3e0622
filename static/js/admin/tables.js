/** The tables: a list, one of them in detail with what an operator may do to it, and the form that makes or changes one. */

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api.js";
import { money, plural } from "../format.js";
import { rulesSheet } from "../rules.js";
import { useEvery, useLoaded, useTitle } from "../ui/page.js";
import { PHASES } from "../words.js";
import { busy, kickPlayer, switchTable, voidRound } from "./acts.js";
import { TableForm } from "./table-form.js";

const REFRESH_MS = 3000;
const IN_PLAY = ["betting", "insurance", "playing"];

const isShut = (table) => table.phase === "closed" || table.closing;
const state = (table) => `${PHASES[table.phase] ?? table.phase}${table.closing ? ", closing" : ""}`;

/** A heading that takes the focus when its part of the page appears. */
function Heading({ level, id, children }) {
  const element = useRef(null);
  useEffect(() => element.current.focus(), []);
  return level === 1 ? html`<h1 ref=${element} id=${id} tabindex="-1">${children}</h1>` : html`<h2 ref=${element} id=${id} tabindex="-1">${children}</h2>`;
}

function List({ tables, chosen, onChoose }) {
  return html`
    <section class="panel" aria-label="Tables">
      <div class="scroll" tabindex="0" role="group" aria-label="Tables">
        <table class="data">
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col">State</th>
              <th scope="col" class="number">Players</th>
              <th scope="col" class="number">Bets</th>
              <th scope="col">Game</th>
              <th scope="col" class="number">Bank</th>
            </tr>
          </thead>
          <tbody>
            ${tables.map(
              (each) => html`<tr key=${each.table_id} class=${chosen === each.table_id ? "self" : ""}>
                <th scope="row">
                  <button class="link" aria-pressed=${chosen === each.table_id} onClick=${() => onChoose(each.table_id)}>${each.name}</button>
                </th>
                <td>${state(each)}${each.change_pending && html` <span class="tag">changes next round</span>`}</td>
                <td class="number">${each.players} / ${each.seats}</td>
                <td class="number">${money(each.min_bet)} – ${money(each.max_bet)}</td>
                <td>${each.preset?.title ?? "Own rules"}</td>
                <td class="number">${money(each.bank)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <p class="muted">${tables.length ? "Pick a table to look after it." : "There is no table yet."}</p>
    </section>
  `;
}

function Seats({ table, seats, onDone }) {
  const taken = seats.filter((each) => each.player !== null);
  return html`
    <div>
      <h3>Seats</h3>
      ${taken.length === 0 && html`<p class="muted">Nobody sits here.</p>`}
      <ul class="seat-list">
        ${taken.map(
          (each) => html`<li key=${each.seat} class="row spread">
            <span><span class="muted">${each.seat}</span> ${each.player.name}${each.bet > 0 && html` <span class="muted">bets ${money(each.bet)}</span>`}</span>
            <button class="button small danger" onClick=${() => kickPlayer(table, each).then(onDone)}>Send away<span class="sr-only"> ${each.player.name}</span></button>
          </li>`,
        )}
      </ul>
    </div>
  `;
}

function Detail({ table, onChange, onDone }) {
  const { value, reload } = useLoaded(() => api.get(`/api/tables/${table.table_id}`), [table.version]);
  const done = () => {
    reload();
    onDone();
  };
  return html`
    <section class="panel table-detail" aria-labelledby="detail-title">
      <div class="row spread">
        <${Heading} level=${2} id="detail-title">${table.name} <span class="tag">${state(table)}</span><//>
        <div class="row">
          <button class="button small primary" onClick=${onChange}>Change</button>
          <button class="button small" disabled=${busy.value} onClick=${() => switchTable(table).then(done)}>${isShut(table) ? "Open" : "Close"}</button>
          <button class="button small danger" disabled=${!IN_PLAY.includes(table.phase)} onClick=${() => voidRound(table).then(done)}>Void the round</button>
        </div>
      </div>
      ${table.change_pending && html`<p class="note">What stands here holds from the next round on.</p>`}
      <div class="detail-columns">
        <dl class="sheet">
          <dt>Id</dt><dd><a href="/tables/${table.table_id}"><code>${table.table_id}</code></a></dd>
          <dt>Bets</dt><dd>${money(table.min_bet)} – ${money(table.max_bet)}</dd>
          <dt>Bank</dt><dd>${money(table.bank)}, of ${money(table.bank_target)} to begin with</dd>
          <dt>At stake</dt><dd>${money(table.escrow)}</dd>
          <dt>Watching</dt><dd>${plural(table.watchers, "watcher")}</dd>
        </dl>
        <dl class="sheet">
          <dt>Game</dt><dd>${table.preset?.title ?? "Own rules"}</dd>
          ${rulesSheet(table.rules).map(([name, text]) => html`<dt key=${name}>${name}</dt><dd>${text}</dd>`)}
        </dl>
        <${Seats} table=${table} seats=${value?.seats ?? []} onDone=${done} />
      </div>
    </section>
  `;
}

async function load() {
  const [tables, presets] = await Promise.all([api.get("/api/admin/tables"), api.get("/api/presets")]);
  return { tables: tables.items, presets: presets.items };
}

export function TablesPage() {
  useTitle("Tables");
  const { value, problem, reload } = useLoaded(load, []);
  useEvery(REFRESH_MS, reload);
  const [chosen, setChosen] = useState(null);
  /** null, "new", or the table as it was when its form was opened. */
  const [form, setForm] = useState(null);
  const tables = value?.tables ?? [];
  const table = tables.find((each) => each.table_id === chosen);
  const close = (saved) => {
    setForm(null);
    if (saved) setChosen(saved.table_id);
    reload();
  };
  if (form !== null && value) {
    return html`
      <div class="dash">
        <${Heading} level=${1}>${form === "new" ? "New table" : `Change ${form.name}`}<//>
        <${TableForm} table=${form === "new" ? null : form} presets=${value.presets} onDone=${close} />
      </div>
    `;
  }
  return html`
    <div class="dash">
      <div class="row spread">
        <h1>Tables</h1>
        <button class="button primary" disabled=${!value} onClick=${() => setForm("new")}>New table</button>
      </div>
      ${problem && html`<p class="problem">${problem}</p>`}
      ${table && html`<${Detail} key=${table.table_id} table=${table} onChange=${() => setForm(table)} onDone=${reload} />`}
      <${List} tables=${tables} chosen=${chosen} onChoose=${setChosen} />
    </div>
  `;
}
