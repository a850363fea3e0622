/** Signing in and out. The session itself is an HttpOnly cookie; this page never sees the token. */

import * as api from "./api.js";
import { connect, disconnect, onSessionEnd } from "./socket.js";
import { forgetPlayer, noteBalance, session, syndicate, user } from "./store.js";

/** Take up the session the browser has, if the server saw its cookie when it served the page. */
export async function resume() {
  if (document.documentElement.dataset.session !== "yes") {
    session.value = "out";
    return;
  }
  try {
    await refresh();
    enter();
  } catch (error) {
    session.value = "out";
    if (error.status !== 401) throw error;
  }
}

/** Fetch who is signed in, the balance and the syndicate. */
export async function refresh() {
  const me = await api.get("/api/me");
  user.value = me.user;
  noteBalance(me.balance, me.balance_version);
  syndicate.value = me.syndicate;
  return me;
}

function enter() {
  session.value = "in";
  connect();
}

async function enterWith(call) {
  await call;
  forgetPlayer();
  await refresh();
  enter();
}

export const playAsGuest = () => enterWith(api.post("/api/auth/guest"));
export const logIn = (name, password) => enterWith(api.post("/api/auth/login", { name, password }));
export const register = (name, password) => enterWith(api.post("/api/auth/register", { name, password }));

export async function upgrade(name, password) {
  await api.post("/api/auth/upgrade", { name, password });
  await refresh();
}

export async function logOut(everywhere = false) {
  await api.post(everywhere ? "/api/auth/logout-everywhere" : "/api/auth/logout");
  leave();
}

function leave() {
  disconnect();
  forgetPlayer();
  session.value = "out";
}

onSessionEnd(leave);
