/** The operators' application: sign-in, then the overview and its sister pages, live by the `/admin` namespace. */

import { signal } from "@preact/signals";
import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "../api.js";
import { span } from "../format.js";
import { ConfirmDialog } from "../ui/dialog.js";
import { Field, Form } from "../ui/form.js";
import { useTitle } from "../ui/page.js";
import { Toasts, toast } from "../ui/toast.js";
import { refusal } from "../words.js";
import * as feed from "./feed.js";
import { Overview } from "./overview.js";
import { ActionsPage, PayoutsPage } from "./pages.js";
import { ReasonDialog } from "./reason.js";
import { alerts, connection, lastHeard, session, user } from "./store.js";
import { TablesPage } from "./tables.js";

const PAGES = [
  ["/admin", "Overview", Overview],
  ["/admin/payouts", "Payouts", PayoutsPage],
  ["/admin/tables", "Tables", TablesPage],
  ["/admin/actions", "Actions", ActionsPage],
];

const path = signal(location.pathname);

addEventListener("popstate", () => {
  path.value = location.pathname;
});

function follow(event) {
  const link = event.target.closest("a[href^='/admin']");
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  history.pushState(null, "", link.getAttribute("href"));
  path.value = location.pathname;
}

async function enter() {
  const me = await api.get("/api/me");
  if (me.user.role !== "admin") throw new api.Refused({ code: "forbidden" });
  user.value = me.user;
  session.value = "in";
  feed.connect();
}

async function resume() {
  if (document.documentElement.dataset.session === "yes") {
    try {
      await enter();
      return;
    } catch (error) {
      if (![401, 403].includes(error.status)) toast(refusal(error.error), "bad");
    }
  }
  session.value = "out";
}

async function signOut() {
  await api.post("/api/auth/logout").catch(() => {});
  feed.disconnect();
  user.value = null;
  session.value = "out";
}

function SignIn() {
  useTitle("Operations");
  const submit = async ({ name, password }) => {
    await api.post("/api/auth/login", { name, password });
    await enter();
  };
  return html`
    <div class="page narrow">
      <h1>Operations</h1>
      <p class="muted">For operators of the house. The first one is made by <code>casino dev</code> or <code>casino admin create</code>.</p>
      <section class="panel" aria-label="Sign in">
        <${Form} onSubmit=${submit} action="Sign in">
          <${Field} label="Name" name="name" autocomplete="username" required />
          <${Field} label="Password" name="password" type="password" autocomplete="current-password" required />
        <//>
      </section>
    </div>
  `;
}

/** Seconds since anything was heard: the proof that the numbers are live. */
function Live() {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((old) => old + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const state = connection.value;
  const age = lastHeard.value === null ? null : Math.max(0, Date.now() - lastHeard.value) / 1000;
  const text = state !== "online" ? (state === "lost" ? "connection lost" : "connecting") : age === null ? "waiting" : `live ${span(age)}`;
  return html`<span class="connection ${state}"><i class="dot" aria-hidden="true"></i>${text}</span>`;
}

function Top() {
  const open = alerts.value.size;
  return html`
    <header class="top">
      <a class="brand" href="/admin"><span aria-hidden="true">♣\uFE0E</span> Moe's<span class="brand-rest"> Casino</span> · Ops</a>
      <div class="status">
        ${session.value === "in" &&
        html`<span class="health ${open ? "warn" : "ok"}">${open ? `▲ ${open} ${open === 1 ? "alert" : "alerts"}` : "● Healthy"}</span>
          <${Live} />
          <button class="button small" onClick=${signOut}>Sign out</button>`}
      </div>
      <nav aria-label="Pages">
        ${session.value === "in" && PAGES.map(([to, name]) => html`<a key=${to} href=${to} aria-current=${path.value === to ? "page" : undefined}>${name}</a>`)}
        <a href="/">Casino</a>
      </nav>
    </header>
  `;
}

function App() {
  const Page = PAGES.find(([to]) => to === path.value)?.[2] ?? Overview;
  return html`
    <div class="shell" onClick=${follow}>
      <a class="skip" href="#main">Skip to the content</a>
      <${Top} />
      <main id="main" tabindex="-1">
        ${session.value === "in" && html`<${Page} key=${path.value} />`}
        ${session.value === "out" && html`<${SignIn} />`}
        ${session.value === "unknown" && html`<div class="page"><h1>Operations</h1></div>`}
      </main>
    </div>
    <${Toasts} />
    <${ConfirmDialog} />
    <${ReasonDialog} />
  `;
}

render(html`<${App} />`, document.getElementById("app"));
resume();
