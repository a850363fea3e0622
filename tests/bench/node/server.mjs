// The Socket.IO server of Node.js with the work of the bench: an ack, and a push to the room of the sender.
import { createServer } from "node:http";
import { Server } from "socket.io";

const view = JSON.parse(process.env.BENCH_VIEW);
const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  const room = socket.handshake.auth.room;
  let version = 0;
  socket.join(room);
  socket.on("act", (_command, ack) => {
    version += 1;
    ack({ ok: true, version, balance: 99900 });
    io.to(room).emit("table_changed", { ...view, version });
  });
});

process.on("SIGUSR2", () => globalThis.gc());
http.listen(0, "127.0.0.1", () => process.stdout.write(`${http.address().port}\n`));
