/** What is said at the table. */

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { timeOfDay } from "../format.js";
import { say } from "../play.js";
import { chat, connection, user } from "../store.js";

export function Chat() {
  const list = useRef(null);
  const [text, setText] = useState("");
  const lines = chat.value;
  useEffect(() => {
    list.current.scrollTop = list.current.scrollHeight;
  }, [lines.length]);
  const send = async (event) => {
    event.preventDefault();
    const words = text.trim();
    if (words && (await say(words))) setText("");
  };
  return html`
    <section class="panel chat" aria-labelledby="chat-title">
      <h2 id="chat-title">Chat</h2>
      <div ref=${list} class="chat-lines" role="log" tabindex="0" aria-label="Chat lines">
        ${lines.length === 0 && html`<p class="muted">Nobody has said anything yet.</p>`}
        <ol>
          ${lines.map(
            (line) => html`<li key=${line.at + line.user_id}>
              <b class=${line.user_id === user.value?.user_id ? "me" : ""}>${line.name}</b> ${line.text}
              <time class="muted" datetime=${line.at}>${timeOfDay(line.at)}</time>
            </li>`,
          )}
        </ol>
      </div>
      <form class="chat-form" onSubmit=${send}>
        <label class="sr-only" for="chat-text">Say something</label>
        <input
          id="chat-text"
          value=${text}
          maxlength="200"
          autocomplete="off"
          placeholder="Say something to the table"
          onInput=${(event) => setText(event.currentTarget.value)}
        />
        <button class="button" disabled=${connection.value !== "online"}>Send</button>
      </form>
    </section>
  `;
}
