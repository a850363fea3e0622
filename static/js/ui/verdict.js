/** What a verification is about and what it found, in words. */

import { html } from "htm/preact";

/** One entry a seat; empty where nobody gave a seed. */
export function ClientSeeds({ seeds }) {
  const given = seeds.flatMap((seed, index) => (seed ? [{ seat: index + 1, seed }] : []));
  if (!given.length) return html`<span class="muted">none: every seat counts with its public value</span>`;
  return html`<ul>${given.map(({ seat, seed }) => html`<li key=${seat}>seat ${seat}: <code class="hex">${seed}</code></li>`)}</ul>`;
}

const CHECKS = {
  round: "It is the round that was asked for",
  rules: "The rules are rules of a table",
  shoes: "The cards lie where a round's cards lie",
  commitment: "The server seed is the one that was committed to",
  shuffle: "The seeds and rules give an order of the cards",
  cards: "Every card is the one that lies there",
  replay: "The actions on these cards lead to these hands",
  payouts: "Every payout is what the rules say",
};

/** Where the record differs, the first places of many. */
function Places({ differences }) {
  const shown = differences.slice(0, 3).map(({ field, recorded, computed }) => `${field} is ${written(recorded)}, not ${written(computed)}`);
  const rest = differences.length - shown.length;
  return html`<span class="muted"> ${shown.join("; ")}${rest > 0 ? `; and ${rest} more` : ""}.</span>`;
}

function written(value) {
  return value === undefined ? "missing" : JSON.stringify(value);
}

function Checked({ check }) {
  const shoe = check.shoeNumber === null ? "" : ` (shoe ${check.shoeNumber})`;
  return html`
    <li>
      <span class="mark ${check.ok ? "good" : "bad"}" aria-hidden="true">${check.ok ? "✓" : "✗"}</span>
      <span>
        ${check.ok ? CHECKS[check.check] : html`<b class="bad">Failed: ${check.check}.</b> Here ${check.reason}`}${shoe}.
        ${check.differences.length > 0 && html`<${Places} differences=${check.differences} />`}
      </span>
    </li>
  `;
}

function sentence(verdict) {
  if (verdict.ok) return "This round matches: its cards are those of the committed shoe, and its payouts are right.";
  if (verdict.code === "not_revealed") return "The shoe is not revealed yet. Its secret seed is published when the shoe is finished.";
  return `This round does not match: ${verdict.failed.check}.`;
}

/** `verdict` as `verify` gives it, or null; the status is there from the start, so that it is spoken. */
export function Verdict({ verdict }) {
  return html`
    <div class="verdict">
      <p role="status" class="verdict-line ${verdict === null ? "" : verdict.ok ? "good" : verdict.code === "not_revealed" ? "" : "bad"}">
        ${verdict && sentence(verdict)}
      </p>
      ${verdict && html`<ul class="checks">${verdict.checks.map((check, index) => html`<${Checked} key=${index} check=${check} />`)}</ul>`}
    </div>
  `;
}
