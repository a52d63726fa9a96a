// ws and ioredis: one channel for each room, subscribed to while somebody of the room is connected here.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import Redis from "ioredis";
import { WebSocketServer } from "ws";

const [port, path] = [Number(process.argv[2]), process.argv[3]];
const pub = new Redis({ path });
const sub = new Redis({ path });
const rooms = new Map();

sub.on("message", (channel, data) => {
  const { from, message } = JSON.parse(data);
  const text = JSON.stringify(message);
  for (const socket of rooms.get(channel) ?? []) {
    if (socket.id !== from) socket.send(text);
  }
});

const http = createServer((_, answer) => answer.end("ok"));
const server = new WebSocketServer({ server: http, perMessageDeflate: false });

server.on("connection", (socket) => {
  socket.id = randomUUID();
  socket.on("message", async (data) => {
    const message = JSON.parse(data);
    if (message.type === "join") {
      socket.room = message.room;
      const members = rooms.get(socket.room) ?? new Set();
      members.add(socket);
      rooms.set(socket.room, members);
      if (members.size === 1) await sub.subscribe(socket.room);
      socket.send(JSON.stringify({ type: "joined" }));
    } else {
      pub.publish(socket.room, JSON.stringify({ from: socket.id, message }));
    }
  });
  socket.on("close", () => {
    const members = rooms.get(socket.room);
    if (!members) return;
    members.delete(socket);
    if (members.size === 0) {
      rooms.delete(socket.room);
      sub.unsubscribe(socket.room);
    }
  });
});

// A ping every 30 s to each connection, as the manual of ws advises.
setInterval(() => server.clients.forEach((socket) => socket.ping()), 30_000);

http.listen({ port, host: "127.0.0.1", backlog: 4096 });
