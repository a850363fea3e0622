/** One seat at the table: its player, hands, stake, and the clock while it is its turn. */

import { html } from "htm/preact";
import { money } from "../format.js";
import { pending, presence, view } from "../store.js";
import { Hand } from "./card.js";
import { Stake } from "./chips.js";
import { Ring } from "./timer.js";

function Empty({ seat, canSit, onSit }) {
  const waiting = pending.value?.kind === "sit" && [0, seat.seat].includes(pending.value.seat);
  return html`
    <li class="seat empty">
      ${canSit
        ? html`<button class="take-seat" disabled=${pending.value !== null} aria-busy=${waiting} onClick=${() => onSit(seat.seat)}>
            ${waiting ? "Sitting down…" : `Take seat ${seat.seat}`}
          </button>`
        : html`<span class="free-seat">Seat ${seat.seat}</span>`}
    </li>
  `;
}

/** The spot in front of the player's own seat: places what is laid out. */
function Spot({ bet, laidOut, onPlace }) {
  const waiting = pending.value?.kind === "bet";
  const amount = waiting ? pending.value.amount : laidOut || bet;
  if (!onPlace) return amount ? html`<${Stake} amount=${amount} ghost=${waiting} />` : null;
  return html`
    <button class="spot ${waiting ? "pending" : ""}" disabled=${!laidOut || waiting} onClick=${onPlace} aria-label=${laidOut ? `Place a bet of ${money(laidOut)}` : bet ? `Your bet: ${money(bet)}` : "Your betting spot: pick chips first"}>
      ${amount ? html`<${Stake} amount=${amount} ghost=${waiting || laidOut > 0} />` : html`<span class="spot-word">Bet</span>`}
    </button>
  `;
}

export function Seat({ seat, mine, canSit, onSit, laidOut = 0, onPlace = null }) {
  const table = view.value;
  if (!seat.player) return html`<${Empty} seat=${seat} canSit=${canSit} onSit=${onSit} />`;
  const turn = table.turn?.seat === seat.seat ? table.turn : null;
  const here = presence.value?.connected;
  const away = here && !here.includes(seat.seat);
  const staked = seat.hands.length ? seat.hands.reduce((sum, hand) => sum + hand.bet, 0) : seat.bet;
  const name = mine ? "You" : seat.player.name;
  return html`
    <li class="seat ${mine ? "mine" : ""} ${turn ? "turn" : ""}" aria-label="Seat ${seat.seat}: ${name}">
      <div class="hands" data-count=${seat.hands.length}>
        ${seat.hands.map(
          (hand, index) => html`<${Hand} key=${index} hand=${hand} dealt=${`${table.round_id}-${seat.seat}-${index}`} active=${turn?.hand === index && seat.hands.length > 1} />`,
        )}
      </div>
      <div class="seat-foot">
        ${mine ? html`<${Spot} bet=${staked} laidOut=${laidOut} onPlace=${onPlace} />` : staked > 0 && html`<${Stake} amount=${staked} />`}
        <div class="seat-name">
          <span class="name">${name}</span>
          ${turn && html`<${Ring} deadline=${table.deadline} />`}
          ${away && html`<span class="tag">away</span>`}
          ${seat.insurance > 0 && html`<span class="tag">insured ${money(seat.insurance)}</span>`}
        </div>
      </div>
    </li>
  `;
}
