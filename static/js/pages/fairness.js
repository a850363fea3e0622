/** Fairness: what the house has committed itself to before anybody bets, and one's own part in the shuffle. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import * as api from "../api.js";
import { giveSeed, givenSeed } from "../seeds.js";
import { session, tableId } from "../store.js";
import { Field, Form } from "../ui/form.js";
import { useLoaded, useTitle } from "../ui/page.js";
import { toast } from "../ui/toast.js";
import { ClientSeeds, Verdict } from "../ui/verdict.js";
import { NotARecord, readRecord, verify } from "../verify/verify.js";

function Hex({ value }) {
  return value ? html`<code class="hex">${value}</code>` : html`<span class="muted">–</span>`;
}

function ClientSeed({ table }) {
  const [given, setGiven] = useState(() => givenSeed(table.table_id));
  const submit = async ({ seed }, form) => {
    const number = await giveSeed(table.table_id, seed);
    form.reset();
    setGiven(givenSeed(table.table_id));
    toast(`Your seed counts for shoe ${number}.`, "ok");
  };
  return html`
    <section class="panel" aria-labelledby="seed-title">
      <h2 id="seed-title">Your own seed</h2>
      <p class="muted">
        It is mixed into the next shoe at ${table.name}, whose commitment is fixed already. While you sit there your browser gives a random one
        for every shoe by itself; one of your own takes its place. You need a seat there.
      </p>
      <dl class="stacked">
        <dt>Given by this browser</dt>
        <dd>${given ? html`for shoe ${given.shoe_number}: <${Hex} value=${given.client_seed} />` : html`<span class="muted">none</span>`}</dd>
      </dl>
      <${Form} onSubmit=${submit} action="Set my seed">
        <${Field} label="Seed" name="seed" required maxlength="64" autocomplete="off" spellcheck=${false} hint="1 to 64 printable characters." />
      <//>
    </section>
  `;
}

function Shoe({ shoe }) {
  return html`
    <dl class="stacked">
      <dt>Table and shoe</dt>
      <dd>${shoe.table_id}, number ${shoe.shoe_number}</dd>
      <dt>Commitment</dt>
      <dd><${Hex} value=${shoe.commitment} /></dd>
      <dt>Server seed</dt>
      <dd>${shoe.revealed ? html`<${Hex} value=${shoe.server_seed} />` : html`<span class="muted">revealed when the shoe is finished</span>`}</dd>
      <dt>Client seeds</dt>
      <dd><${ClientSeeds} seeds=${shoe.client_seeds} /></dd>
      <dt>Rounds</dt>
      <dd>
        ${shoe.rounds.length
          ? html`<ul>${shoe.rounds.map((id, index) => html`<li key=${id}><a href="/history/${id}">Round ${index + 1} of this shoe</a></li>`)}</ul>`
          : html`<span class="muted">none yet</span>`}
      </dd>
    </dl>
  `;
}

function LookUp() {
  const [shoe, setShoe] = useState(null);
  const submit = async ({ commitment }) => {
    setShoe(null);
    setShoe(await api.get(`/api/shoes/${encodeURIComponent(commitment.trim())}`));
  };
  return html`
    <section class="panel" aria-labelledby="lookup-title">
      <h2 id="lookup-title">Look up a shoe</h2>
      <${Form} onSubmit=${submit} action="Look up">
        <${Field} label="Commitment" name="commitment" required pattern=" *[0-9a-f]{64} *" autocomplete="off" spellcheck=${false} hint="64 hexadecimal digits, as a table showed them." />
      <//>
      ${shoe && html`<${Shoe} shoe=${shoe} />`}
    </section>
  `;
}

/** A record to be opened or pasted, changed, and verified: all of it in this browser. */
function VerifyRecord() {
  const [text, setText] = useState("");
  const [verdict, setVerdict] = useState(null);
  const [problem, setProblem] = useState(null);
  const put = (next) => {
    setText(next);
    setVerdict(null);
    setProblem(null);
  };
  const open = async ({ round }) => {
    const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(round)?.[0] ?? round.trim();
    put(JSON.stringify(await api.get(`/api/rounds/${encodeURIComponent(id)}`), null, 1));
  };
  const check = async () => {
    put(text);
    try {
      setVerdict(await verify(readRecord(text)));
    } catch (error) {
      if (!(error instanceof NotARecord)) throw error;
      setProblem(error.message);
    }
  };
  return html`
    <section class="panel wide" aria-labelledby="verify-title">
      <h2 id="verify-title">Verify a round</h2>
      <p class="muted">Open a round or paste its record. Change one character of a card, a seed, a bet or a payout, and it does not match any more.</p>
      <${Form} onSubmit=${open} action="Open">
        <${Field} label="Round" name="round" required autocomplete="off" spellcheck=${false} hint="Its id, or the address of its page." />
      <//>
      <div class="field">
        <label for="record">Record</label>
        <textarea id="record" rows="12" spellcheck=${false} autocomplete="off" value=${text} onInput=${(event) => put(event.currentTarget.value)} />
      </div>
      <p class="problem" role="alert">${problem}</p>
      <button class="button primary" disabled=${!text} onClick=${check}>Verify</button>
      <${Verdict} verdict=${verdict} />
    </section>
  `;
}

export function FairnessPage() {
  useTitle("Fairness");
  const list = useLoaded(() => api.get("/api/tables"), []);
  const [chosen, setChosen] = useState(tableId.value);
  const id = chosen ?? list.value?.items[0]?.table_id ?? null;
  const { value: table } = useLoaded(() => (id ? api.get(`/api/tables/${id}`) : Promise.resolve(null)), [id]);
  return html`
    <div class="page">
      <h1>Fairness</h1>
      <p class="lead">
        Before a shoe is used, the house publishes the hash of its secret seed: the commitment. The order of the cards follows from that
        seed, from the seeds that players added and from the table's rules. When the shoe is finished the secret is revealed, and everybody can
        check that it is the one that was promised. <a href="/static/docs/fairness.md">The scheme byte by byte</a>, with what it does not protect
        from and <a href="/static/docs/fairness-vectors.json">test vectors</a>, is enough to write a verifier of one's own;
        ${" "}<code>casino verify</code> is another one.
      </p>
      <div class="columns">
        <section class="panel" aria-labelledby="commitments-title">
          <h2 id="commitments-title">Commitments</h2>
          <div class="field">
            <label for="fair-table">Table</label>
            <select id="fair-table" value=${id} onChange=${(event) => setChosen(event.currentTarget.value)}>
              ${list.value?.items.map((each) => html`<option key=${each.table_id} value=${each.table_id}>${each.name}</option>`)}
            </select>
          </div>
          ${table &&
          html`<dl class="stacked">
            <dt>Shoe in play</dt>
            <dd>number ${table.shoe_number}, ${table.cards_left} cards left</dd>
            <dt>Its commitment</dt>
            <dd><${Hex} value=${table.commitment} /></dd>
            <dt>Commitment of the next shoe</dt>
            <dd><${Hex} value=${table.next_commitment} /></dd>
          </dl>`}
        </section>
        ${table && session.value === "in" && html`<${ClientSeed} key=${table.table_id} table=${table} />`}
        <${LookUp} />
        <${VerifyRecord} />
      </div>
    </div>
  `;
}
