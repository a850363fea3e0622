/** Fairness: what the house has committed itself to before anybody bets, and one's own part in the shuffle. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import * as api from "../api.js";
import { command } from "../socket.js";
import { session, tableId } from "../store.js";
import { Field, Form } from "../ui/form.js";
import { useLoaded, useTitle } from "../ui/page.js";
import { toast } from "../ui/toast.js";

function Hex({ value }) {
  return value ? html`<code class="hex">${value}</code>` : html`<span class="muted">–</span>`;
}

function ClientSeed({ table }) {
  const submit = async ({ seed }, form) => {
    const ack = await command("set_client_seed", { table_id: table.table_id, client_seed: seed });
    form.reset();
    toast(`Your seed counts from shoe ${ack.shoe_number} on.`, "ok");
  };
  return html`
    <section class="panel" aria-labelledby="seed-title">
      <h2 id="seed-title">Your own seed</h2>
      <p class="muted">It is mixed into the next shoe at ${table.name}, whose commitment is fixed already. You need a seat there.</p>
      <${Form} onSubmit=${submit} action="Set my seed">
        <${Field} label="Seed" name="seed" required maxlength="64" autocomplete="off" spellcheck=${false} hint="1 to 64 printable characters." />
      <//>
    </section>
  `;
}

function Shoe({ shoe }) {
  // One entry a seat; empty where nobody set a seed.
  const seeds = (shoe.client_seeds ?? []).filter(Boolean);
  return html`
    <dl class="stacked">
      <dt>Table and shoe</dt>
      <dd>${shoe.table_id}, number ${shoe.shoe_number}</dd>
      <dt>Commitment</dt>
      <dd><${Hex} value=${shoe.commitment} /></dd>
      <dt>Server seed</dt>
      <dd>${shoe.revealed ? html`<${Hex} value=${shoe.server_seed} />` : html`<span class="muted">revealed when the shoe is finished</span>`}</dd>
      <dt>Client seeds</dt>
      <dd>${seeds.length ? seeds.map((seed, index) => html`<code key=${index} class="hex">${seed}</code> `) : html`<span class="muted">none</span>`}</dd>
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
        seed and from the seeds that players added. When the shoe is finished the secret is revealed, and everybody can check that it is
        the one that was promised.
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
        ${table && session.value === "in" && html`<${ClientSeed} table=${table} />`}
        <${LookUp} />
      </div>
    </div>
  `;
}
