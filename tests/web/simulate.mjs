// Two sessions talk through a model of the server while connections are cut and the stream is lost.
// `node simulate.mjs SESSION.mjs SCHEDULES [MUTANT]` prints {schedules, said, cuts, losses, violations, first}.
import { pathToFileURL } from "node:url";

const [module, count, mutant = ""] = process.argv.slice(2);
const { session, step } = await import(pathToFileURL(module).href);
const totals = { schedules: Number(count), said: 0, cuts: 0, losses: 0, violations: 0, first: null };

/** A small generator of chance that begins anew with each seed. */
function chance(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One conversation on the server: a stream that can be lost, and the count of each author. */
class Server {
  epochs = 0;

  constructor() {
    this.lose();
  }

  lose() {
    this.epochs += 1;
    this.epoch = `e${this.epochs}`;
    this.stream = [];
    this.counts = {};
  }

  hello(client, frame) {
    const resume = client.side === "seeker" ? frame.resume : (frame.resume?.c1 ?? null);
    const me = client.author;
    this.counts[me] = Math.max(this.counts[me] ?? 0, resume?.confirmed ?? 0);
    const whole = resume === null || (resume.epoch === this.epoch && resume.offset <= this.stream.length);
    const from = resume !== null && whole ? resume.offset : 0;
    const resumed = { epoch: this.epoch, top: this.stream.length, accepted: this.counts[me], recovered: whole };
    const common = { type: "welcome", v: 1, ticket: "t", open: true, limits: {}, lines: [] };
    const talk = { alias: "Wren", author: me, role: "supporter", topic: null, language: null, phase: "live" };
    const welcome =
      client.side === "seeker"
        ? { ...common, state: "live", conversation: "c1", resumed, author: me, alias: null }
        : { ...common, state: "ready", conversations: { c1: talk }, resumed: { c1: resumed }, name: "", roles: [] };
    client.down.push(welcome, ...this.stream.slice(from));
  }

  take(client, other, frame) {
    const me = client.author;
    if (frame.type === "hello") return this.hello(client, frame);
    if (frame.type === "got") {
      if (other.up !== null) other.down.push({ type: "got", author: frame.author, n: frame.n, conversation: "c1" });
      return;
    }
    if (frame.type !== "say") return;
    const have = this.counts[me] ?? 0;
    if (frame.n > have + 1) {
      const refused = { type: "refused", code: "out_of_order", detail: "", re: "say", ref: null };
      client.down.push({ ...refused, n: frame.n, conversation: "c1", retry_after: null });
      return;
    }
    if (frame.n === have + 1) {
      this.counts[me] = frame.n;
      const said = { type: "said", conversation: "c1", epoch: this.epoch, offset: this.stream.length + 1 };
      const whole = { ...said, from: client.side === "seeker" ? "seeker" : "supporter", author: me };
      this.stream.push({ ...whole, n: frame.n, text: frame.text, at: 1 });
      const last = this.stream[this.stream.length - 1];
      for (const one of [client, other]) if (one.up !== null && one.greeted) one.down.push(last);
    }
    client.down.push({ type: "ack", n: frame.n, conversation: "c1" });
  }
}

class Client {
  up = null; // Frames on their way to the server; null without a connection.
  down = [];
  greeted = false;
  timers = new Set();
  said = [];

  constructor(side, author, key) {
    Object.assign(this, { side, author, key, state: session(side, { seed: author }) });
    this.input({ do: "look", at: key });
    this.input({ do: "open" });
  }

  input(input) {
    const [state, effects] = step(this.state, input);
    this.state = mutate(state, this.key);
    for (const effect of effects) {
      if (effect.do === "connect") Object.assign(this, { up: [], down: [], greeted: false, opening: true });
      else if (effect.do === "close") this.up = null;
      else if (effect.do === "send") this.up?.push(effect.frame);
      else if (effect.do === "timer") this.timers.add(effect.name);
      else if (effect.do === "cancel") this.timers.delete(effect.name);
    }
  }

  cut() {
    if (this.up === null) return;
    this.up = null;
    this.opening = false;
    totals.cuts += 1;
    this.input({ do: "closed", code: 1006 });
  }

  fire(name) {
    if (!this.timers.delete(name)) return;
    this.input({ do: "timer", name });
  }

  server(server, other) {
    if (this.up === null) return;
    if (this.opening) {
      this.opening = false;
      this.input({ do: "opened" });
      return;
    }
    const frame = this.up.shift();
    if (!frame) return;
    server.take(this, other, frame);
    if (frame.type === "hello") this.greeted = true;
  }

  hear() {
    if (this.up !== null && this.down.length > 0) this.input({ do: "frame", frame: this.down.shift() });
  }

  view() {
    const talk = this.state.talks[this.key];
    return talk ? talk.messages.filter((message) => !message.mine).map((message) => message.text) : [];
  }
}

/** Breaks the client on purpose, so that it is known that this simulation notices. */
function mutate(state, key) {
  const talk = state.talks[key];
  if (!talk) return state;
  const changed = { ...talk };
  if (mutant === "forget_at_ack") changed.outbox = talk.outbox.filter((message) => message.n > talk.accepted);
  if (mutant === "show_twice") Object.assign(changed, { heard: {}, next: {} });
  if (mutant === "trust_any_epoch" && talk.epoch !== null) changed.epoch = talk.epoch = mutate.epoch();
  return { ...state, talks: { ...state.talks, [key]: changed } };
}

function run(seed) {
  const random = chance(seed);
  const server = new Server();
  mutate.epoch = () => server.epoch;
  const clients = [new Client("seeker", "seeker", "own"), new Client("team", "s1", "c1")];
  const ping = (client) => {
    const named = { type: "ping", epoch: server.epoch, top: server.stream.length, conversation: "c1" };
    if (client.greeted && client.up !== null) client.down.push(named);
  };
  const turn = (client, other, calm) => {
    const x = random();
    if (x < 0.35) client.server(server, other);
    else if (x < 0.75) client.hear();
    else if (x < 0.85) client.fire("reconnect");
    else if (x < 0.87) client.fire("again");
    else if (x < 0.9) ping(client);
    else if (!calm && x < 0.93) client.cut();
    else if (!calm && x < 0.932) client.fire("silence");
    else if (!calm && x < 0.937) {
      server.lose();
      totals.losses += 1;
      if (random() < 0.5) for (const one of clients) one.cut();
    } else if (!calm && x < 0.99 && client.state.talks[client.key]) {
      const text = `${client.author}${client.said.length + 1}`;
      client.said.push(text);
      client.input({ do: "say", at: client.key, text });
      totals.said += 1;
    }
  };
  for (let i = 0; i < 500; i += 1) {
    const who = random() < 0.5 ? 0 : 1;
    turn(clients[who], clients[1 - who], false);
  }
  const whole = () => clients.every((one, i) => same(one.view(), clients[1 - i].said));
  for (let i = 0; i < 20000 && !(whole() && i > 500); i += 1) {
    const who = i % 2;
    turn(clients[who], clients[1 - who], true);
    if (i % 60 === 0) clients.forEach(ping);
  }
  return clients.map((one, i) => [one.view(), clients[1 - i].said]).find(([got, want]) => !same(got, want)) ?? null;
}

function same(a, b) {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

for (let seed = 1; seed <= totals.schedules; seed += 1) {
  const fault = run(seed);
  if (!fault) continue;
  totals.violations += 1;
  totals.first ??= { seed, shown: fault[0].join(" "), said: fault[1].join(" ") };
}
console.log(JSON.stringify(totals));
