/** The top of every player page: where to go, what one owns, how good the connection is. */

import { html } from "htm/preact";
import { money } from "../format.js";
import { route } from "../routes.js";
import { balance, connection, pending, roundTrip, session, tableId, user, view } from "../store.js";
import { signInDialog } from "./signin.js";

const PAGES = [
  ["lobby", "/", "Lobby"],
  ["syndicate", "/syndicate", "Syndicate"],
  ["history", "/history", "History"],
  ["fairness", "/fairness", "Fairness"],
];

/** The balance as it will be if the pending bet is taken: money moves at once, and back if it is refused. */
function shownBalance() {
  const waiting = pending.value;
  if (waiting?.kind !== "bet" || waiting.version !== null) return balance.value;
  const mine = view.value?.seats.find((seat) => seat.player?.user_id === user.value?.user_id);
  return balance.value - (waiting.amount - (mine?.bet ?? 0));
}

function Connection() {
  const state = connection.value;
  const ms = roundTrip.value;
  const text = state === "online" ? (ms === null ? "online" : `${Math.round(ms)} ms`) : state === "connecting" ? "connecting" : "offline";
  return html`<span class="connection ${state}" title="Time a command takes to be answered"><i class="dot" aria-hidden="true"></i>${text}</span>`;
}

function Status() {
  if (session.value === "unknown") return html`<div class="status"></div>`;
  if (session.value === "out") {
    return html`
      <div class="status">
        <button class="button small" onClick=${() => (signInDialog.value = "login")}>Sign in</button>
      </div>
    `;
  }
  return html`
    <div class="status">
      <span class="balance"><span class="balance-word">Balance </span><b>${balance.value === null ? "–" : money(shownBalance())}</b></span>
      <${Connection} />
      <a class="who" href="/account" aria-current=${route.value.page === "account" ? "page" : undefined}>${user.value?.name ?? "Account"}</a>
    </div>
  `;
}

export function Header() {
  const here = route.value.page === "round" ? "history" : route.value.page;
  return html`
    <header class="top">
      <a class="brand" href="/"><span aria-hidden="true">♣\uFE0E</span> Moe's<span class="brand-rest"> Casino</span></a>
      <${Status} />
      <nav aria-label="Pages">
        ${tableId.value && html`<a href="/tables/${tableId.value}" aria-current=${here === "table" ? "page" : undefined}>Table</a>`}
        ${PAGES.map(([page, path, name]) => html`<a key=${page} href=${path} aria-current=${here === page ? "page" : undefined}>${name}</a>`)}
      </nav>
    </header>
  `;
}
