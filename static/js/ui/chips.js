/** Chips, coloured by their worth. */

import { html } from "htm/preact";
import { chipText, money } from "../format.js";

const COLOURS = [
  [100000, "gold"],
  [25000, "black"],
  [10000, "violet"],
  [2500, "green"],
  [500, "red"],
  [0, "blue"],
];

function colour(amount) {
  return COLOURS.find(([least]) => amount >= least)[1];
}

/** A stake on the table. */
export function Stake({ amount, ghost = false, label = "bet" }) {
  return html`
    <span class="chip ${colour(amount)} ${ghost ? "ghost" : ""}" role="img" aria-label="${label} ${money(amount)}">
      <span aria-hidden="true">${chipText(amount)}</span>
    </span>
  `;
}

/** A chip to pick up. */
export function ChipButton({ amount, disabled, hotkey, onClick }) {
  return html`
    <button
      class="chip-button"
      disabled=${disabled}
      aria-label="Add ${money(amount)} to the bet"
      aria-keyshortcuts=${hotkey}
      onClick=${onClick}
    >
      <span class="chip ${colour(amount)}"><span>${chipText(amount)}</span></span>
    </button>
  `;
}
