/** A number with its window and its last quarter of an hour as a sparkline. */

import { html } from "htm/preact";

const WIDTH = 240;
const HEIGHT = 44;

function points(values) {
  const top = Math.max(...values, Number.MIN_VALUE);
  const step = WIDTH / Math.max(values.length - 1, 1);
  return values.map((value, index) => `${(index * step).toFixed(1)},${(HEIGHT - 3 - (value / top) * (HEIGHT - 8)).toFixed(1)}`);
}

function Sparkline({ values, tone }) {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length < 2) return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true"></svg>`;
  const line = points(known).join(" ");
  return html`
    <svg class="spark ${tone}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
      <polygon points="0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}" />
      <polyline points=${line} />
    </svg>
  `;
}

export function Tile({ title, value, note, values, tone, name }) {
  return html`
    <section class="tile" aria-label=${title} data-tile=${name}>
      <h2>${title}</h2>
      <p class="tile-value">${value}</p>
      <p class="tile-note">${note}</p>
      <${Sparkline} values=${values} tone=${tone} />
    </section>
  `;
}
