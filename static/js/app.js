/** The player's application: header, the page of the present address, notices and dialogs. */

import { html, render } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import "./dividends.js";
import { LobbyPage } from "./pages/lobby.js";
import { MissingPage } from "./pages/missing.js";
import { TablePage } from "./pages/table.js";
import { followLink, route } from "./routes.js";
import "./seeds.js";
import { resume } from "./session.js";
import { Banner } from "./ui/banner.js";
import { ConfirmDialog } from "./ui/dialog.js";
import { Header } from "./ui/header.js";
import { SignInDialog } from "./ui/signin.js";
import { Toasts, toast } from "./ui/toast.js";
import { refusal } from "./words.js";

const PAGES = { lobby: LobbyPage, table: TablePage, missing: MissingPage };

// Pages that nobody needs in order to play are fetched when they are first asked for.
const LATER = {
  syndicate: async () => (await import("./pages/syndicate.js")).SyndicatePage,
  history: async () => (await import("./pages/history.js")).HistoryPage,
  round: async () => (await import("./pages/history.js")).RoundPage,
  fairness: async () => (await import("./pages/fairness.js")).FairnessPage,
  account: async () => (await import("./pages/account.js")).AccountPage,
};

/** The component of a page; null while it is being fetched. */
function usePage(page) {
  const [, rerender] = useState(0);
  useEffect(() => {
    if (PAGES[page]) return;
    LATER[page]().then(
      (component) => {
        PAGES[page] = component;
        rerender((turn) => turn + 1);
      },
      () => toast("That page could not be loaded. Please try again.", "bad"),
    );
  }, [page]);
  return PAGES[page] ?? null;
}

function App() {
  const { page, path, id } = route.value;
  const Page = usePage(page);
  const main = useRef(null);
  const arrived = useRef(false);
  useEffect(() => {
    // After a change of page, reading goes on at its beginning.
    if (arrived.current) main.current.focus({ preventScroll: true });
    arrived.current = true;
  }, [path]);
  return html`
    <div class="shell" onClick=${followLink}>
      <a class="skip" href="#main">Skip to the content</a>
      <${Header} />
      <${Banner} />
      <main id="main" tabindex="-1" ref=${main}>
        ${Page && html`<${Page} key=${path} id=${id} />`}
      </main>
    </div>
    <${Toasts} />
    <${SignInDialog} />
    <${ConfirmDialog} />
  `;
}

render(html`<${App} />`, document.getElementById("app"));
resume().catch((error) => toast(refusal(error.error), "bad"));
