/** Time that is left, on the server's clock: green, then amber, then red. */

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { msUntil } from "../clock.js";
import { announce } from "./announce.js";

const TICK_MS = 200;

/** Milliseconds until `deadline`, renewed five times a second; null without one. */
export function useMsLeft(deadline) {
  const [left, setLeft] = useState(() => msUntil(deadline));
  useEffect(() => {
    setLeft(msUntil(deadline));
    if (!deadline) return undefined;
    const timer = setInterval(() => setLeft(msUntil(deadline)), TICK_MS);
    return () => clearInterval(timer);
  }, [deadline]);
  return left;
}

export function useSecondsLeft(deadline) {
  const left = useMsLeft(deadline);
  return left === null ? null : Math.ceil(left / 1000);
}

/** Say how long is left at ten and at five seconds, while `isMine`. */
export function useSpokenTimer(deadline, isMine) {
  const seconds = useSecondsLeft(deadline);
  const spoken = useRef(null);
  useEffect(() => {
    if (!isMine || (seconds !== 10 && seconds !== 5)) return;
    const key = `${deadline} ${seconds}`;
    if (spoken.current === key) return;
    spoken.current = key;
    announce([`${seconds} seconds left.`]);
  }, [deadline, isMine, seconds]);
}

const RADIUS = 10;
const AROUND = 2 * Math.PI * RADIUS;

/** A ring that empties towards `deadline`. */
export function Ring({ deadline }) {
  const left = useMsLeft(deadline);
  const whole = useRef({ deadline: null, ms: 1 });
  if (left === null) return null;
  if (whole.current.deadline !== deadline) whole.current = { deadline, ms: Math.max(left, 1) };
  const share = Math.min(1, left / whole.current.ms);
  const tone = share > 0.5 ? "calm" : share > 0.2 ? "soon" : "late";
  return html`
    <svg class="ring ${tone}" viewBox="0 0 26 26" aria-hidden="true">
      <circle cx="13" cy="13" r=${RADIUS} class="ring-track" />
      <circle cx="13" cy="13" r=${RADIUS} class="ring-left" stroke-dasharray=${AROUND} stroke-dashoffset=${AROUND * (1 - share)} />
    </svg>
  `;
}
