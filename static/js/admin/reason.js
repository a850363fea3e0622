/** The dialog that asks an operator why, before something is done to players. */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { Dialog } from "../ui/dialog.js";
import { Field, Form } from "../ui/form.js";

const REASON_MAX = 200;

const question = signal(null);

/** Ask why, then `act(reason)`; a refusal is shown in the dialog. Resolves to whether it was done. */
export function askReason({ title, text, action, act }) {
  return new Promise((resolve) => {
    question.value = { title, text, action, act, resolve };
  });
}

/** Where `askReason` asks; once in the application. */
export function ReasonDialog() {
  const asked = question.value;
  if (!asked) return null;
  const close = (done) => {
    question.value = null;
    asked.resolve(done);
  };
  const submit = async ({ reason }) => {
    await asked.act(reason.trim());
    close(true);
  };
  return html`
    <${Dialog} title=${asked.title} onClose=${() => close(false)}>
      <p>${asked.text}</p>
      <${Form} onSubmit=${submit} action=${asked.action} danger>
        <${Field} label="Reason" name="reason" required maxlength=${REASON_MAX} autocomplete="off" hint="It stays in the audit trail." />
      <//>
    <//>
  `;
}
