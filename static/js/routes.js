/** Which page an address shows, and how to go there without loading anything again. */

import { signal } from "@preact/signals";

const ROUTES = [
  ["lobby", /^\/$/],
  ["table", /^\/tables\/([a-z0-9-]+)$/],
  ["syndicate", /^\/syndicate$/],
  ["history", /^\/history$/],
  ["round", /^\/history\/([0-9a-f-]+)$/],
  ["fairness", /^\/fairness$/],
  ["account", /^\/account$/],
];

function match(path) {
  for (const [page, pattern] of ROUTES) {
    const found = pattern.exec(path);
    if (found) return { page, id: found[1] ?? null, path };
  }
  return { page: "missing", id: null, path };
}

/** {page, id, path, sit}: `sit` asks the table page to take a seat on arrival. */
export const route = signal({ ...match(location.pathname), sit: false });

export function navigate(path, { sit = false } = {}) {
  if (path !== location.pathname) history.pushState(null, "", path);
  route.value = { ...match(path), sit };
  scrollTo(0, 0);
}

addEventListener("popstate", () => {
  route.value = { ...match(location.pathname), sit: false };
});

/** Follow links of our own pages in place; leave the rest, and modified clicks, to the browser. */
export function followLink(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.hash || match(url.pathname).page === "missing") return;
  event.preventDefault();
  navigate(url.pathname);
}
