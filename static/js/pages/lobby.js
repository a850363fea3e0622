/** The lobby: every table live, and one click to a seat. */

import { html } from "htm/preact";
import { useCallback, useEffect } from "preact/hooks";
import { get } from "../api.js";
import { money, plural } from "../format.js";
import { navigate } from "../routes.js";
import { request } from "../socket.js";
import { connection, session, tables } from "../store.js";
import { useEvery, useTitle } from "../ui/page.js";
import { enterAsGuest, signInDialog } from "../ui/signin.js";
import { PHASES, rulesInWords } from "../words.js";

const REFRESH_MS = 2500;

async function fetchTables() {
  const answer = connection.value === "online" ? await request("list_tables") : await get("/api/tables");
  tables.value = answer.tables ?? answer.items;
}

async function sit(tableId) {
  if (session.value !== "in" && !(await enterAsGuest())) return;
  navigate(`/tables/${tableId}`, { sit: true });
}

function Welcome() {
  if (session.value !== "out") return null;
  return html`
    <section class="hero" aria-labelledby="hero-title">
      <div>
        <p class="hero-title" id="hero-title">Live blackjack, play money, real company</p>
        <p class="hero-text">
          Sit down at a table with other players. Join a <a href="/syndicate">syndicate</a>: a part of every stake its members
          settle goes into a common treasury, and every week the treasury pays its members a dividend.
        </p>
      </div>
      <p class="row">
        <button class="button primary large" onClick=${enterAsGuest}>Play now as a guest</button>
        <button class="button large" onClick=${() => (signInDialog.value = "register")}>Create an account</button>
      </p>
    </section>
  `;
}

function Seats({ players, seats }) {
  return html`
    <span class="seat-dots" role="img" aria-label="${players} of ${plural(seats, "seat")} taken">
      ${Array.from({ length: seats }, (_, index) => html`<i key=${index} class=${index < players ? "taken" : ""}></i>`)}
    </span>
  `;
}

function TableCard({ table }) {
  const full = table.players >= table.seats;
  const closed = table.phase === "closed";
  return html`
    <li class="table-card panel">
      <header>
        <h2><a href="/tables/${table.table_id}">${table.name}</a></h2>
        <span class="phase ${table.phase}">${PHASES[table.phase] ?? table.phase}</span>
      </header>
      <p class="limits"><b>${money(table.min_bet)} – ${money(table.max_bet)}</b> <span class="muted">a hand</span></p>
      <p class="game">${table.preset?.title ?? "The table's own rules"}</p>
      <p class="muted rules">${rulesInWords(table.rules).slice(0, 5).join(" · ")}</p>
      <p class="row spread">
        <${Seats} players=${table.players} seats=${table.seats} />
        <span class="muted">${plural(table.watchers, "watcher")}${table.hints ? " · hints" : ""}</span>
      </p>
      <p class="row">
        <button class="button primary grow" disabled=${full || closed} onClick=${() => sit(table.table_id)}>
          ${closed ? "Closed" : full ? "Full" : "Sit down"}<span class="sr-only"> at ${table.name}</span>
        </button>
        <a class="button" href="/tables/${table.table_id}">Watch<span class="sr-only"> ${table.name}</span></a>
      </p>
    </li>
  `;
}

export function LobbyPage() {
  useTitle("Lobby");
  const refresh = useCallback(() => fetchTables().catch(() => {}), []);
  useEffect(() => {
    if (session.value !== "unknown") refresh();
  }, [session.value, connection.value === "online"]);
  useEvery(REFRESH_MS, refresh);
  const list = tables.value;
  return html`
    <div class="page">
      <${Welcome} />
      <h1>Tables</h1>
      ${list === null && html`<p class="muted">Looking for tables…</p>`}
      ${list?.length === 0 && html`<p class="muted">No table is open at the moment.</p>`}
      <ul class="table-grid">
        ${list?.map((table) => html`<${TableCard} key=${table.table_id} table=${table} />`)}
      </ul>
    </div>
  `;
}
