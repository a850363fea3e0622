/** The tail of the log: by level, by word, and standing still when one wants to read. */

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { timeOfDay } from "../format.js";
import { logs } from "./store.js";

const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const STANDARD = new Set(["severity", "message", "time", "at", "event", "service", "version", "environment", "line", "type"]);

function facts(entry) {
  return Object.entries(entry)
    .filter(([key, value]) => !STANDARD.has(key) && value !== null)
    .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join(" ");
}

export function LogTail() {
  const [level, setLevel] = useState("WARNING");
  const [words, setWords] = useState("");
  const [paused, setPaused] = useState(null);
  const list = useRef(null);
  const all = paused ?? logs.value;
  const least = LEVELS.indexOf(level);
  const shown = all.filter(
    (entry) => LEVELS.indexOf(entry.severity) >= least && (!words || JSON.stringify(entry).toLowerCase().includes(words.toLowerCase())),
  );
  useEffect(() => {
    if (!paused) list.current.scrollTop = list.current.scrollHeight;
  }, [shown.length, paused]);
  return html`
    <section class="panel logs" aria-labelledby="logs-title">
      <div class="row spread">
        <h2 id="logs-title">Log <small class="muted">warnings and above, newest last</small></h2>
        <div class="row">
          <label class="sr-only" for="log-level">Least level</label>
          <select id="log-level" value=${level} onChange=${(event) => setLevel(event.currentTarget.value)}>
            ${LEVELS.slice(2).map((each) => html`<option key=${each}>${each}</option>`)}
          </select>
          <label class="sr-only" for="log-words">Search the log</label>
          <input id="log-words" type="search" placeholder="Search" value=${words} onInput=${(event) => setWords(event.currentTarget.value)} />
          <button class="button small" aria-pressed=${paused !== null} onClick=${() => setPaused(paused ? null : logs.value)}>${paused ? "Resume" : "Pause"}</button>
        </div>
      </div>
      <ol class="log-lines" ref=${list} tabindex="0" aria-label="Log lines">
        ${shown.length === 0 && html`<li class="muted">Nothing to report.</li>`}
        ${shown.map(
          (entry) => html`<li key=${entry.line} class=${entry.severity.toLowerCase()}>
            <time datetime=${entry.time}>${timeOfDay(entry.time ?? entry.at)}</time> <b>${entry.severity}</b> ${entry.event ?? entry.message} <span class="muted">${facts(entry)}</span>
          </li>`,
        )}
      </ol>
    </section>
  `;
}
