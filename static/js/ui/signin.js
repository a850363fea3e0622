/** The dialogs for signing in and for making an account, and the one click that needs neither. */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { logIn, playAsGuest, register } from "../session.js";
import { refusal } from "../words.js";
import { Dialog } from "./dialog.js";
import { Field, Form } from "./form.js";
import { toast } from "./toast.js";

/** "login", "register" or null. */
export const signInDialog = signal(null);

/** Become a guest at once; true when it worked. */
export async function enterAsGuest() {
  try {
    await playAsGuest();
    return true;
  } catch (error) {
    toast(refusal(error.error), "bad");
    return false;
  }
}

export function SignInDialog() {
  const mode = signInDialog.value;
  if (!mode) return null;
  const close = () => {
    signInDialog.value = null;
  };
  const isNew = mode === "register";
  const submit = async ({ name, password }) => {
    await (isNew ? register : logIn)(name, password);
    close();
  };
  return html`
    <${Dialog} key=${mode} title=${isNew ? "Create an account" : "Sign in"} onClose=${close}>
      <${Form} onSubmit=${submit} action=${isNew ? "Create account" : "Sign in"}>
        <${Field} label="Name" name="name" autocomplete="username" required minlength="3" maxlength="20" autofocus />
        <${Field}
          label="Password"
          name="password"
          type="password"
          autocomplete=${isNew ? "new-password" : "current-password"}
          required
          minlength="8"
          maxlength="128"
          hint=${isNew ? "At least 8 characters." : null}
        />
      <//>
      <p class="muted">
        ${isNew ? "Already have an account?" : "New here?"}${" "}
        <button class="link" onClick=${() => (signInDialog.value = isNew ? "login" : "register")}>
          ${isNew ? "Sign in" : "Create an account"}
        </button>
      </p>
    <//>
  `;
}
