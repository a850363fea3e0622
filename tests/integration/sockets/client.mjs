// socket.io-client of the web client, driven by JSON lines on standard input; what it hears goes to standard output.
//
// node client.mjs FOLDER URL, where FOLDER holds package.json and node_modules.
//   {"open": "/admin", "auth": {…}} · {"ask": "/", "event": "…", "payload": {…}} · {"connect": "/"}
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [folder, url] = process.argv.slice(2);
const { Manager } = createRequire(`${folder}/package.json`)("socket.io-client");
const manager = new Manager(url, { transports: ["websocket"], reconnectionDelay: 50, autoConnect: false });
const sockets = {};

function say(namespace, event, facts) {
  process.stdout.write(`${JSON.stringify({ namespace, event, facts })}\n`);
}

function open(namespace, auth) {
  const socket = (sockets[namespace] = manager.socket(namespace, { auth }));
  socket.on("connect", () => say(namespace, "connect", manager.engine.id));
  socket.on("disconnect", (reason) => say(namespace, "disconnect", reason));
  socket.on("connect_error", (error) => say(namespace, "connect_error", { message: error.message, data: error.data }));
  socket.onAny((event, payload) => say(namespace, event, payload));
  socket.connect();
}

for await (const line of createInterface({ input: process.stdin })) {
  const step = JSON.parse(line);
  if (step.open) open(step.open, step.auth);
  else if (step.connect) sockets[step.connect].connect();
  else sockets[step.ask].emit(step.event, step.payload, (ack) => say(step.ask, "ack", ack));
}
process.exit(0);
