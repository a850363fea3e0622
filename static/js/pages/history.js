/** The rounds one has played, and one round in full. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import * as api from "../api.js";
import { dateTime, money, signedMoney } from "../format.js";
import { totalOf } from "../hand.js";
import { session } from "../store.js";
import { Hand } from "../ui/card.js";
import { SignedOut, useLoaded, usePaged, useTitle } from "../ui/page.js";
import { ClientSeeds, Verdict } from "../ui/verdict.js";
import { verify } from "../verify/verify.js";
import { rulesInWords } from "../words.js";

function Row({ round }) {
  const net = round.paid - round.staked;
  return html`
    <tr>
      <td><a href="/history/${round.round_id}">${dateTime(round.settled_at)}</a></td>
      <td>${round.table_id}</td>
      <td class="number">${money(round.staked)}</td>
      <td class="number">${money(round.paid)}</td>
      <td class="number ${net > 0 ? "good" : net < 0 ? "bad" : ""}">${signedMoney(net)}</td>
    </tr>
  `;
}

export function HistoryPage() {
  useTitle("History");
  if (session.value !== "in") return html`<${SignedOut} title="History">Sign in to see the rounds you have played.<//>`;
  return html`<${Rounds} />`;
}

function Rounds() {
  const { items, more, problem, loadMore } = usePaged(
    (before) => api.get(`/api/rounds?limit=25${before ? `&before=${encodeURIComponent(before)}` : ""}`),
    [],
  );
  return html`
    <div class="page">
      <h1>History</h1>
      ${problem && html`<p class="problem">${problem}</p>`}
      ${items === null && html`<p class="muted">One moment…</p>`}
      ${items?.length === 0 && html`<p class="muted">You have not played a round yet. <a href="/">Find a table</a>.</p>`}
      ${items?.length > 0 &&
      html`<section class="panel" aria-label="Your rounds">
        <div class="scroll" tabindex="0" role="group" aria-label="Your rounds">
          <table class="data">
            <thead>
              <tr>
                <th scope="col">Settled</th>
                <th scope="col">Table</th>
                <th scope="col" class="number">Staked</th>
                <th scope="col" class="number">Came back</th>
                <th scope="col" class="number">Net</th>
              </tr>
            </thead>
            <tbody>${items.map((round) => html`<${Row} key=${round.round_id} round=${round} />`)}</tbody>
          </table>
        </div>
        ${more && html`<button class="button" onClick=${loadMore}>Show more</button>`}
      </section>`}
    </div>
  `;
}

/** A hand of the record in the shape that `Hand` draws: records carry no totals of hands. */
function recorded(hand) {
  return { total: totalOf(hand.cards), soft: false, status: hand.outcome === "blackjack" ? "blackjack" : "", ...hand };
}

function RecordedSeat({ seat }) {
  return html`
    <section class="panel" aria-label="Seat ${seat.seat}">
      <h2>${seat.player ?? seat.name ?? `Seat ${seat.seat}`} <span class="${seat.net > 0 ? "good" : seat.net < 0 ? "bad" : "muted"}">${signedMoney(seat.net)}</span></h2>
      <div class="hands on-felt" data-count=${seat.hands.length}>
        ${seat.hands.map((hand, index) => html`<${Hand} key=${index} hand=${recorded(hand)} dealt=${`${seat.seat}-${index}`} />`)}
      </div>
      <p class="muted">
        Bet ${money(seat.bet)}${seat.insurance ? `, insurance ${money(seat.insurance.bet)} paid ${money(seat.insurance.payout)}` : ""}.
        ${seat.actions?.length ? ` Moves: ${seat.actions.join(", ").replaceAll("_", " ")}.` : ""}
      </p>
    </section>
  `;
}

/** The shoes that the round was dealt from, and the button that holds the record against them. */
function Proof({ id, round, reload }) {
  const [verdict, setVerdict] = useState(null);
  const check = async () => setVerdict(await verify(round, { askedFor: id }));
  return html`
    <section class="panel wide" aria-labelledby="proof-title">
      <h2 id="proof-title">The shoe</h2>
      ${round.shoes.map(
        (shoe) => html`<dl class="stacked" key=${shoe.commitment}>
          <dt>Commitment</dt>
          <dd><code class="hex">${shoe.commitment}</code></dd>
          <dt>Server seed</dt>
          <dd>${shoe.revealed ? html`<code class="hex">${shoe.server_seed}</code>` : html`<span class="muted">revealed when the shoe is finished</span>`}</dd>
          <dt>Client seeds</dt>
          <dd><${ClientSeeds} seeds=${shoe.client_seeds} /></dd>
          <dt>Cards of this round</dt>
          <dd>${shoe.cards}, from card ${shoe.first_card + 1} of shoe ${shoe.shoe_number} on</dd>
        </dl>`,
      )}
      <p class="muted">
        Your browser computes the shuffle, every card and every payout again. <a href="/fairness">How that works</a>, and where to try it on a
        record that you have changed.
      </p>
      <div class="row">
        <button class="button primary" onClick=${check}>Verify</button>
        ${verdict?.code === "not_revealed" && html`<button class="button" onClick=${reload}>Look again</button>`}
      </div>
      <${Verdict} verdict=${verdict} />
    </section>
  `;
}

export function RoundPage({ id }) {
  useTitle("Round");
  const { value: round, problem, reload } = useLoaded(() => api.get(`/api/rounds/${id}`), [id]);
  if (!round) return html`<div class="page"><h1>Round</h1><p class=${problem ? "problem" : "muted"}>${problem ?? "One moment…"}</p></div>`;
  return html`
    <div class="page">
      <h1>Round at ${round.table_id}</h1>
      <p class="muted">${dateTime(round.started_at)} to ${dateTime(round.settled_at)} · ${rulesInWords(round.rules).join(", ")}</p>
      <div class="columns">
        <section class="panel" aria-label="Dealer">
          <h2>Dealer</h2>
          <div class="hands on-felt" data-count="1">
            <${Hand} hand=${{ ...recorded(round.dealer), outcome: null }} dealt="dealer" />
          </div>
        </section>
        ${round.seats.map((seat) => html`<${RecordedSeat} key=${seat.seat} seat=${seat} />`)}
        <${Proof} key=${JSON.stringify(round.shoes)} id=${id} round=${round} reload=${reload} />
      </div>
      <p><a class="button" href="/history">All rounds</a></p>
    </div>
  `;
}
