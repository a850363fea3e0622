/** The table: dealer, seats, the felt's one sentence, the action bar, chat and the facts. */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { money, shortHex } from "../format.js";
import { draft, enterTable, leaveSeat, leaveSeatAt, quitTable, showView, takeSeat, watch } from "../play.js";
import { route } from "../routes.js";
import { rulesSheet } from "../rules.js";
import { connection, mySeat, pending, presence, secondTab, session, user, view } from "../store.js";
import { Actions, laidOut, place, pressKey } from "../ui/actions.js";
import { Hand } from "../ui/card.js";
import { Chat } from "../ui/chat.js";
import { confirm } from "../ui/dialog.js";
import { useEvery, useTitle } from "../ui/page.js";
import { Seat } from "../ui/seat.js";
import { useSecondsLeft, useSpokenTimer } from "../ui/timer.js";
import { toast } from "../ui/toast.js";
import { shortRules, situation } from "../words.js";
import { MissingPage } from "./missing.js";

const POLL_MS = 2000;
const RESYNC_MS = 15000;
const TWINS_MS = 1000;

/** Keys act like the buttons, unless something is being typed or a dialog is open. */
function useKeys() {
  useEffect(() => {
    const listen = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (event.target.closest("input, textarea, select, dialog")) return;
      if (view.value && pressKey(event.key.toLowerCase())) event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}

/**
 * Every tab of one browser at one table shares a lock, so that each can count the others; a tab that is gone, however
 * it went, holds none.
 */
function useTwins(tableId) {
  const who = user.value?.user_id;
  useEffect(() => {
    if (!navigator.locks || !who) return undefined;
    const name = `moe.table.${tableId}.${who}`;
    const stay = new AbortController();
    const gone = new Promise((resolve) => stay.signal.addEventListener("abort", resolve));
    navigator.locks.request(name, { mode: "shared" }, () => gone);
    const look = async () => {
      const { held } = await navigator.locks.query();
      if (!stay.signal.aborted) secondTab.value = held.filter((lock) => lock.name === name).length > 1;
    };
    const timer = setInterval(look, TWINS_MS);
    return () => {
      stay.abort();
      clearInterval(timer);
      secondTab.value = false;
    };
  }, [tableId, who]);
}

/** Come to the table, sit down if that was asked for, and leave it politely. */
function useTable(tableId) {
  const [missing, setMissing] = useState(false);
  const state = session.value;
  useEffect(() => {
    if (state === "unknown") return undefined;
    let here = true;
    const arrive = async () => {
      await enterTable(tableId, () => here && setMissing(true));
      if (here && route.value.sit && session.value === "in" && view.value && !mySeat.value) await takeSeat(0);
    };
    arrive();
    return () => {
      here = false;
      const seated = mySeat.value;
      const name = view.value?.name;
      quitTable();
      if (seated && session.value === "in") {
        toast(`You keep your seat at ${name}.`, "info", { label: "Leave it", run: () => leaveSeatAt(tableId) });
      }
    };
  }, [tableId, state]);
  return missing;
}

async function freshen() {
  if (session.value === "out" && view.value) showView(await get(`/api/tables/${view.value.table_id}`));
}

async function resync() {
  if (connection.value === "online" && view.value) await watch();
}

async function leave() {
  const stakes = mySeat.value.hands.some((hand) => hand.outcome === null);
  const ask = { title: "Leave your seat?", text: "Your hand is still in play. It is played out by the house's rules.", action: "Leave" };
  if (stakes && !(await confirm(ask))) return;
  await leaveSeat();
}

function Dealer({ table }) {
  const { dealer } = table;
  return html`
    <div class="dealer" role="group" aria-label="Dealer">
      <p class="felt-rules">${table.preset && html`<span class="felt-game">${table.preset.title} · </span>`}${shortRules(table.rules)}</p>
      ${dealer.cards.length > 0
        ? html`<${Hand} hand=${{ ...dealer, status: "", outcome: null }} dealt=${`${table.round_id}-dealer`} />`
        : html`<div class="no-cards" aria-hidden="true"></div>`}
    </div>
  `;
}

function Message({ table }) {
  const seconds = useSecondsLeft(table.deadline);
  const mine = mySeat.value;
  const isMine = mine !== null && (table.turn?.seat === mine.seat || table.phase === "betting");
  useSpokenTimer(table.deadline, isMine);
  const waiting = pending.value;
  const text = waiting?.kind === "move" ? "Sent…" : situation(table, user.value?.user_id, seconds);
  return html`<p class="felt-message ${isMine && seconds !== null && seconds <= 5 ? "urgent" : ""}">${text}</p>`;
}

function Felt({ table }) {
  const mine = mySeat.value;
  const betting = table.phase === "betting" && mine !== null;
  const canSit = session.value === "in" && connection.value === "online" && mine === null && table.phase !== "closed";
  return html`
    <section class="felt" aria-label="The table">
      <${Dealer} table=${table} />
      <ol class="seats" data-count=${table.seats.length}>
        ${table.seats.map(
          (seat) => html`<${Seat}
            key=${seat.seat}
            seat=${seat}
            mine=${mine?.seat === seat.seat}
            canSit=${canSit}
            onSit=${takeSeat}
            laidOut=${draft.value.length ? laidOut() : 0}
            onPlace=${betting ? place : null}
          />`,
        )}
      </ol>
      <${Message} table=${table} />
    </section>
  `;
}

function Facts({ table }) {
  const watchers = presence.value?.watchers;
  return html`
    <section class="panel facts" aria-labelledby="facts-title">
      <h2 id="facts-title">At this table</h2>
      <dl>
        <dt>Limits</dt>
        <dd>${money(table.min_bet)} – ${money(table.max_bet)}</dd>
        <dt>Hints</dt>
        <dd>${table.hints ? "given when you ask" : "none"}</dd>
        <dt>Shoe</dt>
        <dd>number ${table.shoe_number}, ${table.cards_left} cards left</dd>
        <dt>Commitment</dt>
        <dd><a href="/fairness"><code title=${table.commitment}>${shortHex(table.commitment)}</code></a></dd>
        ${watchers !== undefined && html`<dt>Watching</dt><dd>${watchers}</dd>`}
      </dl>
      ${mySeat.value && html`<button class="button" disabled=${pending.value !== null} onClick=${leave}>Leave the seat</button>`}
    </section>
  `;
}

function Rules({ table }) {
  return html`
    <section class="panel" aria-labelledby="rules-title">
      <h2 id="rules-title">${table.preset ? `Rules: ${table.preset.title}` : "Rules of this table"}</h2>
      <dl class="sheet">${rulesSheet(table.rules).map(([name, text]) => html`<dt key=${name}>${name}</dt><dd>${text}</dd>`)}</dl>
    </section>
  `;
}

export function TablePage({ id }) {
  const missing = useTable(id);
  useKeys();
  useTwins(id);
  useEvery(POLL_MS, freshenQuietly);
  useEvery(RESYNC_MS, resyncQuietly);
  const table = view.value;
  useTitle(table?.name ?? "Table");
  if (missing) return html`<${MissingPage} />`;
  if (!table) return html`<div class="page"><h1>Table</h1><p class="muted">Walking to the table…</p></div>`;
  return html`
    <div class="table-page">
      <h1 class="table-title">${table.name} <span class="muted">${money(table.min_bet)} – ${money(table.max_bet)}</span></h1>
      <${Felt} table=${table} />
      <div class="bar"><${Actions} /></div>
      <div class="table-panels">
        ${session.value === "in" && html`<${Chat} />`}
        <${Facts} table=${table} />
        <${Rules} table=${table} />
      </div>
    </div>
  `;
}

const freshenQuietly = () => freshen().catch(() => {});
const resyncQuietly = () => resync().catch(() => {});
