/** What an operator does. Each asks before it does it, and the server keeps it in the audit trail. */

import { signal } from "@preact/signals";
import * as api from "../api.js";
import { count, money, plural } from "../format.js";
import { confirm } from "../ui/dialog.js";
import { toast } from "../ui/toast.js";
import { refusal } from "../words.js";
import * as feed from "./feed.js";
import { askReason } from "./reason.js";
import { queue } from "./store.js";

/** True while an act is under way; the buttons wait for it. */
export const busy = signal(false);

/** Do something once at a time; say `done` or why not. */
export async function attempt(work, done) {
  if (busy.value) return undefined;
  busy.value = true;
  try {
    const result = await work();
    if (done) toast(done, "ok");
    return result;
  } catch (error) {
    toast(refusal(error.error ?? { code: "internal" }), "bad");
    return undefined;
  } finally {
    busy.value = false;
  }
}

/** Work out what a run would pay, show it, and start the run bound to that plan if the operator agrees. */
export async function startRun() {
  const dry = { command_id: api.commandId(), dry_run: true };
  const plan = await attempt(() => api.post("/api/admin/payouts/run", dry));
  if (!plan) return;
  const yes = await confirm({
    title: "Start a payout run?",
    text:
      `By the dry run, ${plural(plan.syndicates, "syndicate")} with ${plural(plan.members, "member")} ` +
      `would be paid ${money(plan.total)}; ${count(plan.skipped)} would be skipped.`,
    action: "Pay now",
  });
  if (!yes) return;
  await attempt(() => feed.command("start_run", { command_id: api.commandId(), plan_id: plan.plan_id }), "The run has started.");
}

export async function togglePause() {
  const paused = queue.value?.paused;
  const yes = await confirm({
    title: paused ? "Resume payouts?" : "Pause payouts?",
    text: paused ? "Waiting payouts are worked on again." : "Payouts that are being paid are finished; the others wait until you resume.",
    action: paused ? "Resume" : "Pause",
  });
  if (!yes) return;
  await attempt(() => feed.command(paused ? "resume_payouts" : "pause_payouts"), paused ? "Payouts go on." : "Payouts are paused.");
}

export async function retryPayout(payout) {
  const yes = await confirm({ title: "Retry this payout?", text: `${payout.syndicate_name ?? payout.syndicate_id}: it is paid as it stands now.`, action: "Retry" });
  return yes ? attempt(() => feed.command("retry_payout", { payout_id: payout.payout_id }), "The payout is scheduled again.") : undefined;
}

export async function switchTable(table) {
  const opening = table.phase === "closed" || table.closing;
  const yes = await confirm({
    title: `${opening ? "Open" : "Close"} ${table.name}?`,
    text: opening ? "Players can sit down again." : "It closes after the round in play.",
    action: opening ? "Open" : "Close",
    danger: !opening,
  });
  if (!yes) return undefined;
  return attempt(() => api.post(`/api/admin/tables/${table.table_id}/${opening ? "open" : "close"}`), opening ? "The table is open." : "The table closes.");
}

export function voidRound(table) {
  return askReason({
    title: `Void the round at ${table.name}?`,
    text: "Every stake of the round comes back, and the shoe is shown and replaced.",
    action: "Void the round",
    act: async (reason) => {
      await api.post(`/api/admin/tables/${table.table_id}/void`, { reason });
      toast("The round is voided; every stake is back.", "ok");
    },
  });
}

export function kickPlayer(table, { seat, player }) {
  return askReason({
    title: `Send ${player.name} away?`,
    text: `Seat ${seat} at ${table.name} becomes free. A hand in play is finished by the timeout rules first.`,
    action: "Send away",
    act: async (reason) => {
      await api.post(`/api/admin/tables/${table.table_id}/kick`, { seat, reason });
      toast(`${player.name} has been sent away.`, "ok");
    },
  });
}
