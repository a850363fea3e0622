/** Playing cards and hands of them, in CSS and text. */

import { html } from "htm/preact";
import { HIDDEN, face, totalText } from "../hand.js";
import { outcomeInWords } from "../words.js";

export function Card({ card, order = 0 }) {
  const style = { "--order": order };
  if (card === HIDDEN) return html`<div class="card back" role="img" aria-label="hidden card" style=${style}></div>`;
  const { rank, symbol, suit, label } = face(card);
  return html`
    <div class="card ${suit}" role="img" aria-label=${label} style=${style}>
      <span class="index" aria-hidden="true"><b>${rank}</b><i>${symbol}</i></span>
      <span class="pip" aria-hidden="true">${symbol}</span>
    </div>
  `;
}

const TONES = { win: "good", blackjack: "good", lose: "bad", surrender: "dull", push: "dull", void: "dull" };

/** One hand: its cards overlapping so that each index stays visible, its total, its outcome. */
export function Hand({ hand, dealt, active = false }) {
  const text = totalText(hand);
  const outcome = outcomeInWords(hand);
  const tone = hand.status === "blackjack" && !hand.outcome ? "good" : (TONES[hand.outcome] ?? (hand.status === "busted" ? "bad" : ""));
  return html`
    <div class="hand ${active ? "active" : ""}">
      <div class="cards" style=${{ "--n": hand.cards.length }}>
        ${hand.cards.map((card, index) => html`<${Card} key=${`${dealt}-${index}-${card === HIDDEN}`} card=${card} order=${index} />`)}
      </div>
      ${text && html`<span class="total ${tone}">${text}</span>`}
      ${outcome && html`<span class="outcome ${tone}">${outcome}</span>`}
    </div>
  `;
}
