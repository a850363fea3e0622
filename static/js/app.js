/** The player's application: header, the page of the present address, notices and dialogs. */

import { html, render } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import "./dividends.js";
import { AccountPage } from "./pages/account.js";
import { FairnessPage } from "./pages/fairness.js";
import { HistoryPage, RoundPage } from "./pages/history.js";
import { LobbyPage } from "./pages/lobby.js";
import { MissingPage } from "./pages/missing.js";
import { SyndicatePage } from "./pages/syndicate.js";
import { TablePage } from "./pages/table.js";
import { followLink, route } from "./routes.js";
import { resume } from "./session.js";
import { Banner } from "./ui/banner.js";
import { ConfirmDialog } from "./ui/dialog.js";
import { Header } from "./ui/header.js";
import { SignInDialog } from "./ui/signin.js";
import { Toasts, toast } from "./ui/toast.js";
import { refusal } from "./words.js";

const PAGES = {
  lobby: LobbyPage,
  table: TablePage,
  syndicate: SyndicatePage,
  history: HistoryPage,
  round: RoundPage,
  fairness: FairnessPage,
  account: AccountPage,
  missing: MissingPage,
};

function App() {
  const { page, path, id } = route.value;
  const Page = PAGES[page];
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
        <${Page} key=${path} id=${id} />
      </main>
    </div>
    <${Toasts} />
    <${SignInDialog} />
    <${ConfirmDialog} />
  `;
}

render(html`<${App} />`, document.getElementById("app"));
resume().catch((error) => toast(refusal(error.error), "bad"));
