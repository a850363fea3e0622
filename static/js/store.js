/** What the client knows, as signals. Modules that talk to the server write here; pages read. */

import { computed, signal } from "@preact/signals";

/** "unknown" until the first answer, then "in" or "out". */
export const session = signal("unknown");
/** {user_id, name, role, is_guest?} of the player who is signed in. */
export const user = signal(null);
/** The wallet in cents; a lower version never replaces a higher one. */
export const balance = signal(null);
export const balanceVersion = signal(-1);

/** "idle", "connecting", "online", "lost" or "restarting". */
export const connection = signal("idle");
/** The latest round trip in milliseconds. */
export const roundTrip = signal(null);
/** Another tab of this browser shows the same table. */
export const secondTab = signal(false);

/** The lobby's table summaries; null before the first answer. */
export const tables = signal(null);

/** Id of the table this page is at, the newest view of it, and who is there. */
export const tableId = signal(null);
export const view = signal(null);
export const presence = signal(null);
/** The command this page waits for at the table: {kind, amount?, move?, seat?, version}, or null. */
export const pending = signal(null);
/** Chat lines of the table, oldest first. */
export const chat = signal([]);

/** The player's syndicate as last fetched, null for none, undefined before the first answer. */
export const syndicate = signal(undefined);
/** Dividends that arrived in this session, newest first: payload of `payout_completed` plus {confirmed}. */
export const dividends = signal([]);
/** Counts up with every payout to the syndicate, so that pages know to fetch again. */
export const syndicatePaid = signal(0);

export const mySeat = computed(() => {
  const me = user.value?.user_id;
  return (me && view.value?.seats.find((seat) => seat.player?.user_id === me)) || null;
});

/** Take a balance with its version, unless a newer one is known. */
export function noteBalance(amount, version) {
  if (version < balanceVersion.value) return;
  balance.value = amount;
  balanceVersion.value = version;
}

/** Take a view of the table this page is at, unless a newer one is known. */
export function noteView(next) {
  if (next.table_id !== tableId.value) return false;
  if (view.value && view.value.table_id === next.table_id && next.version < view.value.version) return false;
  view.value = next;
  const waiting = pending.value;
  if (waiting && waiting.version !== null && next.version >= waiting.version) pending.value = null;
  return true;
}

/** Forget everything that belongs to one player. */
export function forgetPlayer() {
  user.value = null;
  balance.value = null;
  balanceVersion.value = -1;
  syndicate.value = undefined;
  dividends.value = [];
  pending.value = null;
  chat.value = [];
}
