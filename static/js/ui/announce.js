/** The live region: what a player who does not see the table hears, batched per action. */

const GAP_MS = 120;

let waiting = [];
let timer = null;

/** Say these sentences, together with whatever else comes within a moment. */
export function announce(sentences) {
  if (!sentences.length) return;
  waiting.push(...sentences);
  timer ??= setTimeout(speak, GAP_MS);
}

function speak() {
  const region = document.getElementById("announcer");
  const line = document.createElement("p");
  line.textContent = waiting.join(" ");
  region.append(line);
  while (region.childElementCount > 5) region.firstElementChild.remove();
  waiting = [];
  timer = null;
}
