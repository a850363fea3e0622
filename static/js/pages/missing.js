import { html } from "htm/preact";
import { useTitle } from "../ui/page.js";

/** An address that shows nothing. */
export function MissingPage() {
  useTitle("Not found");
  return html`
    <div class="page narrow">
      <h1>Nothing here</h1>
      <p class="muted">This address leads to no table and no page.</p>
      <p><a class="button primary" href="/">To the lobby</a></p>
    </div>
  `;
}
