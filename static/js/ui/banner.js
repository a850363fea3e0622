/** One line above everything when the connection is not what it should be. */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { connection, secondTab } from "../store.js";

const PATIENCE_MS = 300;

const TEXTS = {
  lost: "Connection lost. Reconnecting… your seat and your bets are held for you.",
  restarting: "The server is restarting. Your game goes on in a moment.",
};

export function Banner() {
  const state = connection.value;
  const [shown, setShown] = useState(null);
  useEffect(() => {
    if (!TEXTS[state]) {
      setShown(null);
      return undefined;
    }
    const timer = setTimeout(() => setShown(state), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return html`
    <div class="banners" role="status">
      ${shown && html`<p class="banner warn"><span class="spinner" aria-hidden="true"></span>${TEXTS[shown]}</p>`}
      ${secondTab.value && html`<p class="banner info">This table is open in another tab too. Both show the same seat.</p>`}
    </div>
  `;
}
