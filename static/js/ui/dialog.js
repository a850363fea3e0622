/** Dialogs on the browser's own <dialog>, which traps focus, closes on Escape and gives focus back. */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useId, useRef } from "preact/hooks";

/** A modal dialog that is open as long as it is rendered. */
export function Dialog({ title, onClose, children }) {
  const element = useRef(null);
  const heading = useId();
  useEffect(() => {
    const opener = document.activeElement;
    element.current.showModal();
    return () => opener?.focus?.();
  }, []);
  const closed = (event) => {
    if (event.target === element.current) onClose();
  };
  return html`
    <dialog ref=${element} class="dialog" aria-labelledby=${heading} onClose=${closed} onClick=${closed}>
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id=${heading}>${title}</h2>
          <button class="icon-button" aria-label="Close" onClick=${onClose}>×</button>
        </header>
        ${children}
      </div>
    </dialog>
  `;
}

const question = signal(null);

/** Ask before something is done; resolves to true or false. */
export function confirm({ title, text, action, danger = false }) {
  return new Promise((resolve) => {
    question.value = { title, text, action, danger, resolve };
  });
}

/** Where `confirm` shows its question; once in each application. */
export function ConfirmDialog() {
  const asked = question.value;
  if (!asked) return null;
  const answer = (yes) => {
    question.value = null;
    asked.resolve(yes);
  };
  return html`
    <${Dialog} title=${asked.title} onClose=${() => answer(false)}>
      <p>${asked.text}</p>
      <div class="dialog-actions">
        <button class="button" onClick=${() => answer(false)}>Cancel</button>
        <button class="button ${asked.danger ? "danger" : "primary"}" onClick=${() => answer(true)}>${asked.action}</button>
      </div>
    <//>
  `;
}
