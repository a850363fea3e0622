/** What every page does: name itself, and wait for a session where it needs one. */

import { html } from "htm/preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { session } from "../store.js";
import { refusal } from "../words.js";
import { enterAsGuest, signInDialog } from "./signin.js";

export function useTitle(title) {
  useEffect(() => {
    document.title = `${title} · Moe's Casino`;
  }, [title]);
}

/** What a page that is about one player shows to a visitor. */
export function SignedOut({ title, children }) {
  return html`
    <div class="page narrow">
      <h1>${title}</h1>
      <p>${children}</p>
      ${session.value === "out" &&
      html`<p class="row">
        <button class="button primary" onClick=${enterAsGuest}>Play now as a guest</button>
        <button class="button" onClick=${() => (signInDialog.value = "login")}>Sign in</button>
      </p>`}
    </div>
  `;
}

/**
 * Load something when the page opens and whenever one of `reasons` changes: {value, problem, reload}.
 * The last value stays while it is loaded again; an answer that was overtaken is dropped.
 */
export function useLoaded(load, reasons) {
  const [state, setState] = useState({ value: null, problem: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setState({ value, problem: null }),
      (error) => current && setState((old) => ({ value: old.value, problem: refusal(error.error) })),
    );
    return () => {
      current = false;
    };
  }, [...reasons, turn]);
  return { ...state, reload: useCallback(() => setTurn((old) => old + 1), []) };
}

/** Run `tick` every `ms` milliseconds while the page is visible. */
export function useEvery(ms, tick) {
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") tick();
    }, ms);
    return () => clearInterval(timer);
  }, [ms, tick]);
}

/** A list that is fetched page by page: {items, more, problem, loadMore, reload}. */
export function usePaged(fetchPage, reasons) {
  const [state, setState] = useState({ items: null, next: null, problem: null });
  const load = async (before) => {
    try {
      const page = await fetchPage(before);
      setState((old) => ({ items: before ? [...old.items, ...page.items] : page.items, next: page.next, problem: null }));
    } catch (error) {
      setState((old) => ({ ...old, items: old.items ?? [], problem: refusal(error.error) }));
    }
  };
  useEffect(() => {
    load(null);
  }, reasons);
  return { items: state.items, more: state.next !== null && state.next !== undefined, problem: state.problem, loadMore: () => load(state.next), reload: () => load(null) };
}
