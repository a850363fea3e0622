/**
 * Dividends: shown when they arrive, and confirmed to the server after they were on the screen.
 *
 * The server sends them in order and without gaps, so confirming the last one that was shown confirms all before it.
 * What was not confirmed comes again after the next `welcome`.
 */

import { command, on, onWelcome } from "./socket.js";
import { dividends, syndicate, syndicatePaid } from "./store.js";
import { announce } from "./ui/announce.js";
import { money, plural } from "./format.js";
import { toast } from "./ui/toast.js";
import { dividendInWords } from "./words.js";

const KEPT = 200;
// Dividends this close together are one arrival: a whole night's come in a burst after `welcome`.
const BURST_MS = 150;
const RETRY_MS = 3000;

let owner = null;
let confirmed = 0;
let target = 0;
let confirming = false;
let burst = [];
let timer = null;

onWelcome((welcome) => {
  if (welcome.user.user_id !== owner) {
    owner = welcome.user.user_id;
    confirmed = 0;
    target = 0;
    burst = [];
  }
  confirmed = Math.max(confirmed, welcome.confirmed_through);
});

on("payout_completed", (dividend) => {
  if (dividends.value.some((each) => each.seq === dividend.seq)) {
    confirmThrough(dividend.seq);
    return;
  }
  dividends.value = [{ ...dividend, confirmed: false }, ...dividends.value].slice(0, KEPT);
  burst.push(dividend);
  clearTimeout(timer);
  timer = setTimeout(show, BURST_MS);
});

on("syndicate_paid", (payment) => {
  const mine = syndicate.value;
  if (mine?.syndicate_id === payment.syndicate_id) syndicate.value = { ...mine, treasury: payment.treasury };
  syndicatePaid.value += 1;
});

function show() {
  const arrived = burst;
  burst = [];
  const total = arrived.reduce((sum, each) => sum + each.amount, 0);
  const text =
    arrived.length === 1
      ? dividendInWords(arrived[0])
      : `${plural(arrived.length, "dividend")} arrived while you were away: ${money(total)} in all.`;
  toast(text, "dividend");
  announce([text]);
  // Two frames later it has been painted, and a hidden page paints no frames: what nobody saw stays unconfirmed.
  requestAnimationFrame(() => requestAnimationFrame(() => confirmThrough(arrived[arrived.length - 1].seq)));
}

async function confirmThrough(seq) {
  target = Math.max(target, seq);
  if (confirming) return;
  confirming = true;
  try {
    while (confirmed < target) {
      const ack = await command("confirm_payouts", { through: target });
      confirmed = Math.max(confirmed, ack.confirmed_through);
      dividends.value = dividends.value.map((each) => (each.seq <= confirmed ? { ...each, confirmed: true } : each));
    }
  } catch (error) {
    if (error.error?.code === "invalid_payload") target = confirmed;
    else setTimeout(() => confirmThrough(target), RETRY_MS);
  } finally {
    confirming = false;
  }
}
