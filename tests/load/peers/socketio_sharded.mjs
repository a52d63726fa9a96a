// Socket.IO with its sharded Redis adapter: a room for each pair, and a message to everybody else in it.
import { createServer } from "node:http";
import { createShardedAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, path] = [Number(process.argv[2]), process.argv[3]];
const pub = createClient({ socket: { path } });
const sub = pub.duplicate();
await Promise.all([pub.connect(), sub.connect()]);

const http = createServer((_, answer) => answer.end("ok"));
const io = new Server(http, { adapter: createShardedAdapter(pub, sub) });

io.on("connection", (socket) => {
  socket.on("join", async (room) => {
    await socket.join(room);
    socket.data.room = room;
    socket.emit("joined");
  });
  socket.on("message", (message) => {
    socket.to(socket.data.room).emit("message", message);
  });
});

http.listen({ port, host: "127.0.0.1", backlog: 4096 });
