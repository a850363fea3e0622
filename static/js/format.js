/** Numbers and times as people read them. Pure; amounts are whole cents. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dated = new Intl.DateTimeFormat("en", {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/** 1250 → "12.50", 100000 → "1,000": the cents only when there are some. */
export function money(amount) {
  return amount % 100 === 0 ? whole.format(amount / 100) : cents.format(amount / 100);
}

/** The same with its sign: "+12.50", "−5". */
export function signedMoney(amount) {
  return amount < 0 ? `−${money(-amount)}` : `+${money(amount)}`;
}

/** What fits on a chip: "2.5K" for 250000. */
export function chipText(amount) {
  return amount >= 100000 ? short.format(amount / 100) : money(amount);
}

/** "12.50" → 1250; NaN for what is no amount. */
export function toCents(text) {
  const found = /^\s*(\d{1,9})(?:[.,](\d{1,2}))?\s*$/.exec(text);
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "0").padEnd(2, "0")) : Number.NaN;
}

export function count(number) {
  return whole.format(number);
}

/** "1 seat", "3 seats". */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Hundredths of a percent as a percentage: 2500 → "25 %". */
export function basisPoints(bps) {
  return `${bps % 100 === 0 ? whole.format(bps / 100) : cents.format(bps / 100)} %`;
}

/** A share of one as a percentage with two decimals: 0.0123 → "1.23 %". */
export function percent(ratio) {
  return `${cents.format(ratio * 100)} %`;
}

/** A duration in milliseconds: "8.4 ms", "1.2 s", "–" for none. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms >= 10000) return `${whole.format(ms / 1000)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 100 ? `${whole.format(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** A long duration in seconds: "45 s", "12 min", "3 h 5 min", "2 d 4 h". */
export function span(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function bytes(size) {
  return `${whole.format(size / 1048576)} MB`;
}

/** An ISO string, or epoch milliseconds, as hours, minutes and seconds. */
export function timeOfDay(iso) {
  return iso ? clock.format(new Date(iso)) : "–";
}

export function dateTime(iso) {
  return iso ? dated.format(new Date(iso)) : "–";
}

/** The two ends of a long hex string: "9f2c41…a41e". */
export function shortHex(hex) {
  return hex && hex.length > 14 ? `${hex.slice(0, 6)}…${hex.slice(-4)}` : hex || "–";
}
