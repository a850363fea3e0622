/** The syndicate: found or join one, pay in, and watch the dividends arrive. */

import { html } from "htm/preact";
import { useCallback } from "preact/hooks";
import * as api from "../api.js";
import { basisPoints, count, dateTime, money, percent, toCents } from "../format.js";
import { refresh } from "../session.js";
import { balance, dividends, session, syndicate, syndicatePaid, user } from "../store.js";
import { confirm } from "../ui/dialog.js";
import { Field, Form } from "../ui/form.js";
import { SignedOut, useEvery, useLoaded, useTitle } from "../ui/page.js";
import { toast } from "../ui/toast.js";
import { membersInWords, refusal } from "../words.js";

const REFRESH_MS = 5000;

const PURPOSE =
  "A syndicate is a club of players with a common treasury. A part of every stake that its members settle goes into the " +
  "treasury, members may pay in more for shares, and once a week the treasury pays a dividend to every share.";

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    toast(refusal(error.error), "bad");
  }
}

function SyndicateRow({ each }) {
  const join = () =>
    attempt(async () => {
      await api.post(`/api/syndicates/${each.syndicate_id}/join`);
      await refresh();
      toast(`Welcome to ${each.name}.`, "ok");
    });
  return html`
    <tr>
      <th scope="row">${each.name}</th>
      <td class="number">${count(each.members)}</td>
      <td class="number">${money(each.treasury)}</td>
      <td class="number">${basisPoints(each.dividend_bps)}</td>
      <td class="number"><button class="button small" onClick=${join}>Join<span class="sr-only"> ${each.name}</span></button></td>
    </tr>
  `;
}

function Choose() {
  const { value, problem } = useLoaded(() => api.get("/api/syndicates?limit=100"), [syndicatePaid.value]);
  const found = async ({ name, dividend }) => {
    const bps = Math.round(Number(dividend) * 100);
    await api.post("/api/syndicates", { name, dividend_bps: bps });
    await refresh();
    toast(`${name} is founded.`, "ok");
  };
  return html`
    <div class="page">
      <h1>Syndicates</h1>
      <p class="lead">${PURPOSE}</p>
      <div class="columns">
        <section class="panel" aria-labelledby="join-title">
          <h2 id="join-title">Join one</h2>
          ${problem && html`<p class="problem">${problem}</p>`}
          ${value?.items.length === 0 && html`<p class="muted">There is none yet: found the first.</p>`}
          ${value?.items.length > 0 &&
          html`<div class="scroll" tabindex="0" role="group" aria-labelledby="join-title">
            <table class="data">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col" class="number">Members</th>
                  <th scope="col" class="number">Treasury</th>
                  <th scope="col" class="number">Pays a run</th>
                  <th scope="col"><span class="sr-only">Action</span></th>
                </tr>
              </thead>
              <tbody>${value.items.map((each) => html`<${SyndicateRow} key=${each.syndicate_id} each=${each} />`)}</tbody>
            </table>
          </div>`}
        </section>
        <section class="panel" aria-labelledby="found-title">
          <h2 id="found-title">Found one</h2>
          <${Form} onSubmit=${found} action="Found the syndicate">
            <${Field} label="Name" name="name" required minlength="3" maxlength="40" autocomplete="off" />
            <${Field} label="Dividend, % of the treasury" name="dividend" type="number" min="0.01" max="100" step="0.01" value="25" required hint="What one payout run pays out." />
          <//>
        </section>
      </div>
    </div>
  `;
}

function Figure({ label, value, note }) {
  return html`<div class="figure"><dt>${label}</dt><dd>${value}</dd>${note && html`<dd class="note">${note}</dd>`}</div>`;
}

function Contribute({ mine, onDone }) {
  const contribute = async ({ amount }, form) => {
    const paid = toCents(amount);
    if (!paid) throw { error: { code: "invalid_payload", field: "amount" } };
    await api.post(`/api/syndicates/${mine.syndicate_id}/contribute`, { amount: paid, command_id: api.commandId() });
    form.reset();
    toast(`You paid ${money(paid)} into the treasury.`, "ok");
    onDone();
  };
  return html`
    <section class="panel" aria-labelledby="contribute-title">
      <h2 id="contribute-title">Pay in</h2>
      <${Form} onSubmit=${contribute} action="Contribute">
        <${Field} label="Amount" name="amount" inputmode="decimal" required autocomplete="off" placeholder="50" hint="Gives as many shares, one a cent. Your balance: ${balance.value === null ? "–" : money(balance.value)}." />
      <//>
    </section>
  `;
}

function Arrivals() {
  const list = dividends.value;
  return html`
    <section class="panel" aria-labelledby="arrivals-title">
      <h2 id="arrivals-title">Your dividends <span class="live-mark">live</span></h2>
      ${list.length === 0 && html`<p class="muted">They appear here the moment they are paid. Earlier ones are in your account's transfers.</p>`}
      <ul class="arrivals" tabindex="0" aria-labelledby="arrivals-title">
        ${list.map(
          (each) => html`<li key=${each.seq} class="arrival">
            <span class="amount good">+${money(each.amount)}</span>
            <span>${each.syndicate_name}<br /><time class="muted" datetime=${each.paid_at}>${dateTime(each.paid_at)}</time></span>
            <span class="tag ${each.confirmed ? "good" : ""}">${each.confirmed ? "confirmed" : "new"}</span>
          </li>`,
        )}
      </ul>
    </section>
  `;
}

function Members({ members, shares }) {
  return html`
    <section class="panel" aria-labelledby="members-title">
      <h2 id="members-title">Members</h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="members-title">
        <table class="data">
          <thead>
            <tr><th scope="col">Name</th><th scope="col" class="number">Shares</th><th scope="col" class="number">Part</th></tr>
          </thead>
          <tbody>
            ${members.map(
              (each) => html`<tr key=${each.user_id} class=${each.user_id === user.value?.user_id ? "self" : ""}>
                <th scope="row">${each.name}${each.user_id === user.value?.user_id ? " (you)" : ""}</th>
                <td class="number">${count(each.shares)}${each.pending_shares ? html` <span class="muted">+${count(each.pending_shares)}</span>` : ""}</td>
                <td class="number">${shares ? percent(each.shares / shares) : "–"}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>
  `;
}

function Payouts({ payouts }) {
  return html`
    <section class="panel" aria-labelledby="payouts-title">
      <h2 id="payouts-title">Payouts of the syndicate</h2>
      ${payouts.length === 0 && html`<p class="muted">None yet. The treasury pays every week.</p>`}
      ${payouts.length > 0 &&
      html`<div class="scroll" tabindex="0" role="group" aria-labelledby="payouts-title">
        <table class="data">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Status</th>
              <th scope="col" class="number">Amount</th>
              <th scope="col" class="number">Members</th>
              <th scope="col" class="number">Confirmed</th>
            </tr>
          </thead>
          <tbody>
            ${payouts.map(
              (each) => html`<tr key=${each.payout_id}>
                <td>${dateTime(each.finished_at)}</td>
                <td><span class="tag ${each.status === "PAID" ? "good" : ""}">${each.status.toLowerCase()}</span></td>
                <td class="number">${each.amount === null ? "–" : money(each.amount)}</td>
                <td class="number">${each.members ?? "–"}</td>
                <td class="number">${each.confirmed ?? "–"}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`}
    </section>
  `;
}

async function loadMine(id) {
  const [whole, members, payouts] = await Promise.all([
    api.get(`/api/syndicates/${id}`),
    api.get(`/api/syndicates/${id}/members?limit=100`),
    api.get(`/api/syndicates/${id}/payouts?limit=20`),
  ]);
  return { whole, members: members.items, payouts: payouts.items };
}

function sharesNote({ shares, my_shares: own = 0, my_pending_shares: pending = 0 }) {
  const part = shares ? `${percent(own / shares)} of all` : "nobody has shares yet";
  return pending ? `${part}, ${count(pending)} more from the payout after the next` : part;
}

function Mine({ mine }) {
  const confirmations = dividends.value.filter((each) => each.confirmed).length;
  const { value, problem, reload } = useLoaded(() => loadMine(mine.syndicate_id), [mine.syndicate_id, syndicatePaid.value, confirmations]);
  useEvery(REFRESH_MS, useCallback(reload, []));
  const whole = value?.whole ?? mine;
  const leave = () =>
    attempt(async () => {
      const yes = await confirm({ title: `Leave ${whole.name}?`, text: "Your shares are given up. What you paid in stays in the treasury.", action: "Leave", danger: true });
      if (!yes) return;
      await api.post(`/api/syndicates/${mine.syndicate_id}/leave`);
      await refresh();
    });
  const shares = whole.my_shares ?? 0;
  return html`
    <div class="page">
      <div class="row spread">
        <h1>${whole.name}</h1>
        <button class="button" onClick=${leave}>Leave the syndicate</button>
      </div>
      ${problem && html`<p class="problem">${problem}</p>`}
      <dl class="figures">
        <${Figure} label="Treasury" value=${money(whole.treasury)} note=${whole.reserve ? `${money(whole.reserve)} of it is reserve` : null} />
        <${Figure} label="One run pays" value=${basisPoints(whole.dividend_bps)} note="of the treasury" />
        <${Figure} label="Your shares" value=${count(shares)} note=${sharesNote(whole)} />
        <${Figure} label="Together" value=${membersInWords(whole.members)} note=${`${count(whole.shares)} shares`} />
      </dl>
      <div class="columns">
        <${Arrivals} />
        <${Contribute} mine=${mine} onDone=${reload} />
        <${Members} members=${value?.members ?? []} shares=${whole.shares} />
        <${Payouts} payouts=${value?.payouts ?? []} />
      </div>
      <p class="muted lead">${PURPOSE}</p>
    </div>
  `;
}

export function SyndicatePage() {
  useTitle("Syndicate");
  if (session.value !== "in") return html`<${SignedOut} title="Syndicates">${PURPOSE}<//>`;
  if (syndicate.value === undefined) return html`<div class="page"><h1>Syndicate</h1><p class="muted">One moment…</p></div>`;
  return syndicate.value ? html`<${Mine} key=${syndicate.value.syndicate_id} mine=${syndicate.value} />` : html`<${Choose} />`;
}
