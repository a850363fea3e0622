/** Short notices in the corner. */

import { signal } from "@preact/signals";
import { html } from "htm/preact";

const SHOWN = 4;
const LIFETIME_MS = { info: 6000, ok: 6000, bad: 8000, dividend: 12000 };

const toasts = signal([]);
let last = 0;

/** Show a notice; `action` is {label, run} for a button in it. */
export function toast(text, kind = "info", action = null) {
  if (toasts.value.some((each) => each.text === text && kind === "bad")) return;
  last += 1;
  const id = last;
  toasts.value = [...toasts.value, { id, text, kind, action }].slice(-SHOWN);
  setTimeout(() => dismiss(id), LIFETIME_MS[kind]);
}

function dismiss(id) {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}

const ICONS = { info: "ℹ\uFE0E", ok: "✓", bad: "!", dividend: "♣\uFE0E" };

function Toast({ each }) {
  const run = () => {
    dismiss(each.id);
    each.action.run();
  };
  return html`
    <li class="toast ${each.kind}">
      <span class="toast-icon" aria-hidden="true">${ICONS[each.kind]}</span>
      <span>${each.text}</span>
      ${each.action && html`<button class="button small" onClick=${run}>${each.action.label}</button>`}
      <button class="icon-button" aria-label="Dismiss" onClick=${() => dismiss(each.id)}>×</button>
    </li>
  `;
}

export function Toasts() {
  return html`
    <section class="toasts" aria-label="Notices">
      <div role="status">
        <ul>${toasts.value.map((each) => html`<${Toast} key=${each.id} each=${each} />`)}</ul>
      </div>
    </section>
  `;
}
