/** The bar under the table: what the player may do now, always in the same place. */

import { html } from "htm/preact";
import { money } from "../format.js";
import { chipsFor } from "../hand.js";
import { act, advice, askHint, clearBet, draft, lastBet, placeBet, takeSeat } from "../play.js";
import { balance, connection, mySeat, pending, session, view } from "../store.js";
import { MOVES } from "../words.js";
import { ChipButton } from "./chips.js";
import { enterAsGuest } from "./signin.js";
import { toast } from "./toast.js";

/** What is laid out, in cents: never below the table's least bet once there is anything. */
export function laidOut() {
  const sum = draft.value.reduce((total, chip) => total + chip, 0);
  return sum && Math.max(sum, view.value.min_bet);
}

/** Put one more chip to the draft; the bet already placed is where it starts from. */
export function addChip(amount) {
  const start = draft.value.length ? draft.value : mySeat.value.bet ? [mySeat.value.bet] : [];
  const sum = start.reduce((total, chip) => total + chip, 0) + amount;
  if (sum > view.value.max_bet) return toast(`The most you can bet here is ${money(view.value.max_bet)}.`, "bad");
  if (sum > balance.value + (mySeat.value.bet ?? 0)) return toast("Your balance does not cover that.", "bad");
  draft.value = [...start, amount];
  return undefined;
}

export function place() {
  if (laidOut()) placeBet(laidOut());
}

/** The bet of the last round again, as far as limits and balance allow it. */
export function repeatable() {
  const { table_id: tableId, min_bet: least, max_bet: most } = view.value;
  const last = lastBet(tableId);
  return last >= least && last <= most && last <= (balance.value ?? 0) + (mySeat.value?.bet ?? 0) ? last : 0;
}

function doubled() {
  const twice = 2 * (laidOut() || mySeat.value.bet || 0);
  return twice <= view.value.max_bet && twice <= balance.value + (mySeat.value.bet ?? 0) ? twice : 0;
}

function undo() {
  draft.value = draft.value.slice(0, -1);
}

function Betting({ idle }) {
  const table = view.value;
  const seat = mySeat.value;
  const out = laidOut();
  const last = repeatable();
  const twice = doubled();
  return html`
    <div class="actions betting" role="group" aria-label="Your bet">
      <div class="chip-row">
        ${chipsFor(table.min_bet, table.max_bet).map(
          (amount, index) => html`<${ChipButton} key=${amount} amount=${amount} hotkey=${String(index + 1)} disabled=${!idle} onClick=${() => addChip(amount)} />`,
        )}
      </div>
      <div class="bet-row">
        <button class="button primary place" disabled=${!idle || !out || out === seat.bet} onClick=${place}>
          ${out ? `Place ${money(out)}` : seat.bet ? `Bet ${money(seat.bet)}` : "Place bet"} <kbd>B</kbd>
        </button>
        <button class="button" disabled=${!idle || !last || seat.bet > 0} onClick=${() => placeBet(last)}>
          Repeat${last ? ` ${money(last)}` : ""}
        </button>
        <button class="button" disabled=${!idle || !twice} onClick=${() => (draft.value = [twice])}>×2</button>
        <button class="button" disabled=${!idle || !draft.value.length} onClick=${undo}>Undo</button>
        <button class="button" disabled=${!idle || (!draft.value.length && !seat.bet)} onClick=${clearBet}>Clear</button>
      </div>
    </div>
  `;
}

function Insurance({ idle }) {
  const stake = Math.floor(mySeat.value.bet / 2);
  return html`
    <div class="actions insurance" role="group" aria-label="Insurance">
      <button class="button primary" disabled=${!idle || balance.value < stake} onClick=${() => act("insure")}>
        Insure for ${money(stake)} <kbd>I</kbd>
      </button>
      <button class="button" disabled=${!idle} onClick=${() => act("decline_insurance")}>No insurance <kbd>N</kbd></button>
    </div>
  `;
}

function Moves({ idle }) {
  const table = view.value;
  const mine = table.turn && table.turn.seat === mySeat.value.seat ? table.turn.moves : [];
  const waiting = pending.value?.kind === "move" ? pending.value.move : null;
  return html`
    <div class="actions moves" role="group" aria-label="Your moves">
      ${Object.entries(MOVES).map(
        ([move, { name, key }]) => html`
          <button
            key=${move}
            class="button ${move === "hit" || move === "stand" ? "primary" : ""} ${move} ${waiting === move ? "waiting" : ""} ${advice.value === move ? "advised" : ""}"
            disabled=${!idle || !mine.includes(move)}
            aria-keyshortcuts=${key}
            onClick=${() => act(move)}
          >
            ${name} <kbd>${key}</kbd>
          </button>
        `,
      )}
      ${table.hints && mine.length > 0 && html`<button class="button hint-button" disabled=${!idle} onClick=${askHint}>Hint</button>`}
    </div>
  `;
}

/** True when the player still owes an answer to the offer of insurance. */
export function owesInsurance() {
  const seat = mySeat.value;
  return view.value.phase === "insurance" && seat !== null && seat.bet > 0 && seat.hands.length > 0 && seat.insurance === null;
}

function Joining({ idle }) {
  const closed = view.value.phase === "closed";
  const free = view.value.seats.some((seat) => !seat.player);
  if (session.value !== "in") {
    return html`
      <div class="actions joining">
        <button class="button primary" disabled=${session.value === "unknown"} onClick=${enterAsGuest}>Play now as a guest</button>
        <p class="muted">1,000 of play money, no form.</p>
      </div>
    `;
  }
  return html`
    <div class="actions joining">
      <button class="button primary" disabled=${!idle || !free || closed} onClick=${() => takeSeat(0)}>
        ${closed ? "This table is closed" : free ? "Take a seat" : "Every seat is taken"}
      </button>
    </div>
  `;
}

export function Actions() {
  const idle = pending.value === null && (connection.value === "online" || session.value !== "in");
  const phase = view.value.phase;
  if (!mySeat.value) return html`<${Joining} idle=${idle} />`;
  if (phase === "betting") return html`<${Betting} idle=${idle} />`;
  if (owesInsurance()) return html`<${Insurance} idle=${idle} />`;
  return html`<${Moves} idle=${idle} />`;
}

const MOVE_KEYS = Object.fromEntries(Object.entries(MOVES).map(([move, { key }]) => [key.toLowerCase(), move]));

/** A key pressed on the table page; true when it meant something. */
export function pressKey(key) {
  if (pending.value !== null || connection.value !== "online" || !mySeat.value) return false;
  const { phase, turn, min_bet: least, max_bet: most } = view.value;
  if (phase === "betting") {
    const chip = chipsFor(least, most)[Number(key) - 1];
    if (chip) addChip(chip);
    else if (key === "b" && laidOut()) place();
    else if (key === "b" && !mySeat.value.bet && repeatable()) placeBet(repeatable());
    else return false;
    return true;
  }
  if (owesInsurance() && (key === "i" || key === "n")) {
    act(key === "i" ? "insure" : "decline_insurance");
    return true;
  }
  const move = MOVE_KEYS[key];
  if (!move || phase !== "playing" || turn?.seat !== mySeat.value.seat || !turn.moves.includes(move)) return false;
  act(move);
  return true;
}
