/** Forms: labelled fields, one submission at a time, the refusal in words below. */

import { html } from "htm/preact";
import { useId, useState } from "preact/hooks";
import { refusal } from "../words.js";

/** A labelled input; other properties go to the input. */
export function Field({ label, hint, ...input }) {
  const id = useId();
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <input id=${id} aria-describedby=${hint ? `${id}-hint` : undefined} ...${input} />
      ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>
  `;
}

/** A form that calls `onSubmit(values, form)` with its fields by name, and shows what that throws. */
export function Form({ onSubmit, action, danger, children, class: name = "" }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    const form = event.currentTarget;
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit(Object.fromEntries(new FormData(form)), form);
    } catch (error) {
      setProblem(refusal(error.error ?? { code: "internal" }));
    } finally {
      setBusy(false);
    }
  };
  return html`
    <form class="form ${name}" onSubmit=${submit}>
      ${children}
      <p class="problem" role="alert">${problem}</p>
      <button class="button ${danger ? "danger" : "primary"}" type="submit" disabled=${busy}>${busy ? "One moment…" : action}</button>
    </form>
  `;
}
