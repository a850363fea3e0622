/** The account: balance and transfers, top-up, name and password, the way out. */

import { html } from "htm/preact";
import * as api from "../api.js";
import { dateTime, money, signedMoney } from "../format.js";
import { navigate } from "../routes.js";
import { logOut, refresh, upgrade } from "../session.js";
import { balance, balanceVersion, session, user } from "../store.js";
import { confirm } from "../ui/dialog.js";
import { Field, Form } from "../ui/form.js";
import { SignedOut, usePaged, useTitle } from "../ui/page.js";
import { toast } from "../ui/toast.js";
import { REASONS, refusal } from "../words.js";

// The house tops a player up once a day, when less than this is left (in cents).
const TOP_UP_BELOW = 1000;

async function topUp() {
  try {
    await api.post("/api/me/top-up");
    await refresh();
    toast("The house has topped you up.", "ok");
  } catch (error) {
    const text = error.error?.code === "limit_reached" ? "Once a day, and only when less than 10 is left." : refusal(error.error);
    toast(text, "bad");
  }
}

async function leave(everywhere) {
  const guest = user.value?.is_guest;
  const ask = {
    title: everywhere ? "Sign out everywhere?" : "Sign out?",
    text: guest ? "You are a guest: without an account you cannot come back to this balance." : "Every device is signed out.",
    action: "Sign out",
    danger: true,
  };
  if ((guest || everywhere) && !(await confirm(ask))) return;
  try {
    await logOut(everywhere);
    navigate("/");
  } catch (error) {
    toast(refusal(error.error), "bad");
  }
}

function Money() {
  return html`
    <section class="panel" aria-labelledby="money-title">
      <h2 id="money-title">Balance</h2>
      <p class="big-number">${balance.value === null ? "–" : money(balance.value)}</p>
      <p class="muted">Play money: it buys nothing and cannot be cashed in.</p>
      <button class="button" disabled=${balance.value === null || balance.value >= TOP_UP_BELOW} onClick=${topUp}>Daily top-up</button>
    </section>
  `;
}

function Keep() {
  const submit = async ({ name, password }) => {
    await upgrade(name, password);
    toast("This account is yours now.", "ok");
  };
  return html`
    <section class="panel" aria-labelledby="keep-title">
      <h2 id="keep-title">Keep this account</h2>
      <p class="muted">You play as a guest. With a name and a password you can come back from any device.</p>
      <${Form} onSubmit=${submit} action="Make it mine">
        <${Field} label="Name" name="name" autocomplete="username" required minlength="3" maxlength="20" />
        <${Field} label="Password" name="password" type="password" autocomplete="new-password" required minlength="8" maxlength="128" hint="At least 8 characters." />
      <//>
    </section>
  `;
}

function Password() {
  const submit = async (values, form) => {
    try {
      await api.post("/api/auth/password", { old: values.old, new: values.new });
    } catch (error) {
      if (error.error?.code !== "invalid_credentials") throw error;
      throw new api.Refused({ code: "wrong_password", message: "That is not your present password." });
    }
    form.reset();
    toast("Your password is changed.", "ok");
  };
  return html`
    <section class="panel" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      <${Form} onSubmit=${submit} action="Change the password">
        <input class="sr-only" type="text" name="name" autocomplete="username" value=${user.value.name} tabindex="-1" aria-hidden="true" readonly />
        <${Field} label="Present password" name="old" type="password" autocomplete="current-password" required maxlength="128" />
        <${Field} label="New password" name="new" type="password" autocomplete="new-password" required minlength="8" maxlength="128" hint="At least 8 characters." />
      <//>
    </section>
  `;
}

function Transfers() {
  const { items, more, problem, loadMore } = usePaged(
    (before) => api.get(`/api/transfers?limit=25${before ? `&before=${encodeURIComponent(before)}` : ""}`),
    [balanceVersion.value],
  );
  return html`
    <section class="panel wide" aria-labelledby="transfers-title">
      <h2 id="transfers-title">Transfers</h2>
      ${problem && html`<p class="problem">${problem}</p>`}
      <div class="scroll" tabindex="0" role="group" aria-labelledby="transfers-title">
        <table class="data">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">What</th>
              <th scope="col" class="number">Amount</th>
              <th scope="col" class="number">Balance</th>
            </tr>
          </thead>
          <tbody>
            ${items?.map(
              (each) => html`<tr key=${each.transfer_id}>
                <td>${dateTime(each.at)}</td>
                <td>${each.round_id ? html`<a href="/history/${each.round_id}">${REASONS[each.reason] ?? each.reason}</a>` : (REASONS[each.reason] ?? each.reason)}</td>
                <td class="number ${each.amount < 0 ? "" : "good"}">${signedMoney(each.amount)}</td>
                <td class="number">${money(each.balance)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${more && html`<button class="button" onClick=${loadMore}>Show more</button>`}
    </section>
  `;
}

export function AccountPage() {
  useTitle("Account");
  if (session.value !== "in") return html`<${SignedOut} title="Account">Sign in to see your balance and your transfers.<//>`;
  const me = user.value;
  return html`
    <div class="page">
      <div class="row spread">
        <h1>${me.name}${me.is_guest ? html` <span class="tag">guest</span>` : ""}</h1>
        <p class="row">
          <button class="button" onClick=${() => leave(false)}>Sign out</button>
          <button class="button" onClick=${() => leave(true)}>Sign out everywhere</button>
        </p>
      </div>
      <div class="columns">
        <${Money} />
        ${me.is_guest ? html`<${Keep} />` : html`<${Password} />`}
        <${Transfers} />
      </div>
    </div>
  `;
}
