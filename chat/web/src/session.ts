/**
 * The client's core: state and input give a new state and effects. No clock, no chance, no socket, no page.
 *
 * Inputs come from the socket, from timers and from the person; effects are carried out by `wire.ts`. The same
 * JSON vectors that hold the server to the contract run against this module.
 */
import {
  accept,
  confirm,
  conversation,
  hear,
  position,
  relabel,
  resume,
  withdraw,
  write,
} from "./conversation";
import { Moves, over, type Effect } from "./moves";
import { OWN, aboutAlert, session, type AboutAlert, type Ask, type ClientFrame, type Session } from "./state";
import {
  CLOSE,
  FINAL_FROM,
  VERSION,
  type Position,
  type Refused,
  type ServerFrame,
  type TeamWelcome,
  type Wait,
  type Welcome,
} from "./types";

export * from "./state";
export type { Effect } from "./moves";

export type Input =
  | { do: "open" }
  | { do: "opened" }
  | { do: "closed"; code: number }
  | { do: "frame"; frame: ServerFrame }
  | { do: "timer"; name: string }
  | { do: "online" }
  | { do: "look"; at: string | null }
  | { do: "say"; at: string; text: string }
  | { do: "typed"; at: string }
  | { do: "cleared"; at: string }
  | { do: "ask"; frame: ClientFrame }
  | { do: "withdraw"; ref: string }
  | { do: "end"; at: string }
  | { do: "drop"; at: string }
  | { do: "calm" }
  | { do: "noted" }
  | { do: "quit" };

const GREETING = 10_000;
/** The server asks every 15 seconds, and every 5 in a conversation. */
const SILENCE = 35_000;
const SILENCE_TALKING = 14_000;
const STILL = 3_000;
const TYPING_SHOWN = 8_000;
const SHORTEST = 200;
const LONGEST = 8_000;

export function step(state: Session, input: Input): [Session, Effect[]] {
  const run = new Run(state);
  run.take(input);
  return [run.state, run.effects];
}

/** One step: gathers the changes and the effects of a single input. */
class Run extends Moves {
  take(input: Input): void {
    switch (input.do) {
      case "open":
        if (["off", "elsewhere", "stopped"].includes(this.state.link)) this.connect();
        return;
      case "online":
        if (this.state.link === "resting") this.connect();
        return;
      case "opened":
        if (this.state.link === "connecting") this.greet();
        return;
      case "closed":
        return this.closed(input.code);
      case "timer":
        return this.timer(input.name);
      case "frame":
        return this.frame(input.frame);
      case "look":
        this.set({ looking: input.at });
        if (input.at !== null) this.show(input.at);
        return;
      case "say":
        return this.say(input.at, input.text);
      case "typed":
        return this.typed(input.at);
      case "cleared":
        return this.stopTyping(input.at);
      case "ask":
        return this.ask(input.frame);
      case "withdraw":
        return this.answered(input.ref);
      case "end":
        return this.end(input.at);
      case "drop":
        return this.drop(input.at);
      case "calm":
        return this.set({ crisis: null, calmed: true });
      case "noted":
        return this.set({ notice: null });
      case "quit":
        return this.quit();
    }
  }

  // --- the connection ---------------------------------------------------------------------------------

  private connect(): void {
    this.set({ link: "connecting" });
    this.cancel("reconnect");
    this.effects.push({ do: "connect" });
    this.after("greeting", GREETING);
  }

  private greet(): void {
    this.set({ link: "greeting" });
    const { lang, ticket } = this.state;
    const hello = { type: "hello", v: VERSION, lang, ticket } as const;
    if (this.state.side === "seeker") {
      const own = this.state.talks[OWN];
      this.send({ ...hello, resume: own ? position(own) : null });
      return;
    }
    const places: Record<string, Position> = {};
    for (const [key, talk] of Object.entries(this.state.talks)) {
      const at = position(talk);
      if (at) places[key] = at;
    }
    this.send({ ...hello, resume: Object.keys(places).length ? places : null });
  }

  private closed(code: number): void {
    if (["off", "stopped", "resting"].includes(this.state.link)) return;
    this.set({ closed: code });
    this.stopTimers();
    if (code === CLOSE.TAKEN_OVER) return this.set({ link: "elsewhere" });
    if (code < FINAL_FROM) return this.rest();
    this.set({ link: "stopped", asks: [] });
    if (code === CLOSE.ENDED && this.state.side === "seeker") this.lost();
  }

  /** Comes back after a while: full jitter, and longer each time it did not help. */
  private rest(): void {
    const { attempt } = this.state;
    this.set({ link: "resting", attempt: attempt + 1, held: false, typing: {} });
    const high = Math.min(LONGEST, 2 * SHORTEST * 2 ** Math.min(attempt, 10));
    this.effects.push({ do: "timer", name: "reconnect", low: SHORTEST, high });
  }

  /** This view has a hole or is of another epoch: a new connection tells where it stands. */
  private resync(): void {
    this.effects.push({ do: "close" });
    this.stopTimers();
    this.rest();
  }

  private timer(name: string): void {
    const [what = "", key = "", author = ""] = name.split(":");
    switch (what) {
      case "reconnect":
        if (this.state.link === "resting") this.connect();
        return;
      case "greeting":
      case "silence":
        if (["connecting", "greeting", "open"].includes(this.state.link)) this.resync();
        return;
      case "again":
        this.set({ held: false });
        if (this.state.link === "open") this.resend();
        return;
      case "still":
        if (!this.state.typing[key]) return this.stopTyping(key);
        this.set({ typing: { ...this.state.typing, [key]: false } });
        return this.tellTyping(key);
      case "quiet": {
        const talk = this.state.talks[key];
        if (talk) this.put(key, { ...talk, typing: talk.typing.filter((one) => one !== author) });
      }
    }
  }

  // --- what the server says ---------------------------------------------------------------------------

  private frame(frame: ServerFrame): void {
    const { link } = this.state;
    if (link !== "open" && !(link === "greeting" && ["welcome", "refused"].includes(frame.type))) return;
    const talking = Object.values(this.state.talks).some((one) => one.epoch !== null && !one.ended);
    this.after("silence", talking ? SILENCE_TALKING : SILENCE);
    if ("ref" in frame && frame.ref && frame.type !== "refused") this.answered(frame.ref);
    const key = "conversation" in frame && frame.conversation ? this.key(frame.conversation) : OWN;
    const talk = this.state.talks[key];
    switch (frame.type) {
      case "welcome":
        return "conversations" in frame ? this.welcomeTeam(frame) : this.welcomeSeeker(frame);
      case "ping":
        this.send({ type: "pong" });
        this.set({ attempt: 0 });
        if (!talk || talk.ended || frame.epoch === null || frame.top === null) return;
        if (talk.epoch === null) this.put(key, { ...talk, epoch: frame.epoch });
        else if (talk.epoch !== frame.epoch) return this.resync();
        if (talk.offset !== null && frame.top > talk.offset) this.resync();
        return;
      case "refused":
        return this.refused(frame);
      case "ack":
        return this.change(key, (own) => accept(own, frame.n));
      case "got":
        if (talk && frame.author === talk.me) this.put(key, confirm(talk, frame.n));
        return;
      case "said": {
        if (!talk) return;
        const heard = hear(talk, frame);
        if (heard === "resync") return this.resync();
        this.put(key, heard);
        if (frame.author !== talk.me) this.cancel(`quiet:${key}:${frame.author}`);
        return this.show(key);
      }
      case "typing": {
        if (!talk || frame.author === talk.me) return;
        const others = talk.typing.filter((author) => author !== frame.author);
        const timer = `quiet:${key}:${frame.author}`;
        this.put(key, { ...talk, typing: frame.on ? [...others, frame.author] : others });
        if (frame.on) this.after(timer, TYPING_SHOWN);
        else this.cancel(timer);
        return;
      }
      case "presence": {
        if (!talk || frame.author === talk.me) return;
        const others = { ...talk.others, [frame.author]: { who: frame.who, is: frame.is } };
        const leaves = frame.is === "gone" && frame.who !== "seeker" && frame.who !== "supporter";
        if (leaves) delete others[frame.author];
        return this.put(key, { ...talk, others });
      }
      case "waiting":
        return this.waiting(frame.conversation, frame.place, frame.staffed === false ? null : frame.wait);
      case "paired": {
        if (this.state.side === "seeker" && talk?.epoch && talk.epoch !== frame.epoch) return this.resync();
        const own = this.state.side === "seeker" && talk ? talk : conversation(frame.conversation, frame.author, frame.offset);
        this.put(key, {
          ...relabel(own, frame.author),
          id: frame.conversation,
          alias: frame.alias,
          role: this.state.side === "seeker" ? "seeker" : "supporter",
          topic: frame.topic,
          language: frame.language,
          mood: frame.mood,
          phase: "live",
          epoch: frame.epoch,
          typing: [],
          others: this.observers(own),
        });
        if (this.state.side === "seeker") {
          this.set({ standing: "live", place: null, wait: null });
          this.answeredBy("join", "switch");
        }
        return this.settle(key, talk);
      }
      case "observing": {
        if (!frame.on) return this.forget(key);
        const fresh = conversation(frame.conversation, frame.author, frame.offset);
        const own = talk && talk.epoch === frame.epoch ? talk : fresh;
        this.put(key, {
          ...relabel(own, frame.author),
          role: frame.role,
          alias: frame.alias,
          phase: "live",
          epoch: frame.epoch,
        });
        return this.settle(key, talk);
      }
      case "ended": {
        const { by, reason, receipt } = frame;
        this.change(key, (own) => ({
          ...own,
          phase: "ended",
          outbox: [],
          typing: [],
          ended: { by, reason, receipt },
        }));
        if (this.state.side === "seeker") {
          this.set({ standing: "ended", envelope: null, asks: this.state.asks.filter((ask) => ask.frame.type === "rate") });
        } else {
          const about = (ask: Ask) => "conversation" in ask.frame && ask.frame.conversation === key;
          this.set({ asks: this.state.asks.filter((ask) => ask.frame.type === "wrapup" || !about(ask)) });
        }
        return;
      }
      case "left":
        this.forget(OWN);
        this.set({ standing: "idle", ticket: null, place: null, wait: null, asks: [], crisis: null, calmed: false });
        return;
      case "envelope":
        if (this.state.side === "seeker") this.set({ envelope: frame });
        return;
      case "crisis":
        this.set({ crisis: frame.lines.length ? frame.lines : this.state.lines });
        return this.answeredBy("help");
    }
  }

  private welcomeSeeker(frame: Welcome): void {
    this.welcome(frame);
    this.set({ standing: frame.state, envelopeKey: frame.envelope ?? null, envelope: null });
    const own = this.state.talks[OWN];
    if (frame.conversation !== null) {
      const known = own && (own.id === "" || own.id === frame.conversation);
      const talk = known ? own : conversation(frame.conversation, frame.author);
      const phase = frame.state === "live" || frame.state === "ended" ? frame.state : "waiting";
      this.put(OWN, {
        ...relabel(resume({ ...talk, phase }, frame.resumed), frame.author),
        id: frame.conversation,
        alias: frame.alias ?? talk.alias,
      });
      if (frame.state === "ended") this.lost();
      else this.answeredBy("join");
    } else if (own && !own.ended && !this.asked("join")) {
      if (own.id !== "") this.lost();
      else this.note({ type: "join" }); // asked for a place before a reload, and was refused one or not heard
    }
    this.resend();
  }

  private welcomeTeam(frame: TeamWelcome): void {
    this.welcome(frame);
    for (const [id, told] of Object.entries(frame.conversations)) {
      const known = this.state.talks[id];
      const talk = known && !known.ended ? known : conversation(id, told.author);
      this.put(id, {
        ...relabel(resume(talk, frame.resumed?.[id] ?? null), told.author),
        alias: told.alias,
        role: told.role,
        topic: told.topic ?? talk.topic,
        language: told.language ?? talk.language,
        phase: told.phase,
      });
    }
    for (const [id, talk] of Object.entries(this.state.talks)) {
      if (id in frame.conversations || talk.ended) continue;
      if (talk.role === "supporter") this.put(id, over(talk));
      else this.forget(id);
    }
    this.resend();
  }

  private welcome(frame: Welcome | TeamWelcome): void {
    this.set({ link: "open", closed: null, ticket: frame.ticket, open: frame.open, lines: frame.lines });
    this.cancel("greeting");
  }

  private waiting(id: string, place: number, wait: Wait | null): void {
    const own = this.state.talks[OWN];
    const talk = own && (own.id === "" || own.id === id) ? own : conversation(id, "seeker");
    this.put(OWN, { ...talk, id, phase: "waiting", alias: null, typing: [], others: this.observers(talk) });
    this.set({ standing: "waiting", place, wait });
    this.answeredBy("join", "switch");
    this.settle(OWN, own);
  }

  private refused(frame: Refused): void {
    const { re, code, detail } = frame;
    const later = code === "too_fast" || code === "busy";
    if (later) {
      const pause = 1000 * (frame.retry_after ?? 2);
      this.set({ held: true });
      this.effects.push({ do: "timer", name: "again", low: pause, high: pause + 2 * SHORTEST });
      const late = this.state.asks.find((ask) => ask.ref === frame.ref && aboutAlert(ask.frame));
      if (late) this.set({ asks: this.state.asks.map((ask) => (ask === late ? { ...ask, late: true } : ask)) });
      else if (code === "busy") this.set({ notice: { re, code, detail } });
      return;
    }
    if (re === "say") {
      if (code === "out_of_order") {
        if (!this.state.held) this.resync();
        return;
      }
      const key = frame.conversation ? this.key(frame.conversation) : OWN;
      const n = frame.n;
      if (n !== null && (code === "too_long" || code === "bad_frame")) {
        this.change(key, (talk) => withdraw(talk, n));
      }
    }
    if (re === "typing" || re === "got" || re === "pong") return;
    if (frame.ref) this.answered(frame.ref);
    this.set({ notice: { re, code, detail } });
  }

  // --- what the person does ---------------------------------------------------------------------------

  private say(key: string, text: string): void {
    const talk = this.state.talks[key] ?? (key === OWN ? conversation("", "seeker") : null);
    if (!talk || talk.ended || text.trim() === "") return;
    this.put(key, write(talk, text));
    const told = key in this.state.typing;
    if (told) this.stopTyping(key, false);
    if (this.state.link !== "open" || this.state.held || talk.id === "") return;
    this.sendSay(key, { n: talk.sent + 1, text });
  }

  private typed(key: string): void {
    if (this.state.link !== "open" || this.state.talks[key]?.phase !== "live") return;
    if (key in this.state.typing) return this.set({ typing: { ...this.state.typing, [key]: true } });
    this.set({ typing: { ...this.state.typing, [key]: false } });
    this.tellTyping(key);
  }

  private tellTyping(key: string): void {
    this.sendTyping(key, true);
    this.after(`still:${key}`, STILL);
  }

  private stopTyping(key: string, tell = true): void {
    if (!(key in this.state.typing)) return;
    const { [key]: _, ...typing } = this.state.typing;
    this.set({ typing });
    this.cancel(`still:${key}`);
    if (tell && this.state.link === "open") this.sendTyping(key, false);
  }

  private ask(frame: ClientFrame): void {
    const asked = this.note(frame);
    if (frame.type === "join" && !this.state.talks[OWN]) this.put(OWN, conversation("", "seeker"));
    if (this.state.link === "open") this.send(asked.frame);
    else if (this.state.link === "off" || this.state.link === "stopped") this.connect();
  }

  /** Among what waits for its answer from now on. */
  private note(frame: ClientFrame): Ask {
    const { seed, refs } = this.state;
    const ref = `${seed}${refs + 1}`;
    const asked = { ref, frame: { ...frame, ref } as ClientFrame };
    const others = aboutAlert(frame) ? this.state.asks.filter((ask) => !instead(frame, ask.frame)) : this.state.asks;
    this.set({ refs: refs + 1, notice: null, asks: [...others, asked] });
    return asked;
  }

  private end(key: string): void {
    const talk = this.state.talks[key];
    if (!talk || talk.ended || this.asked("end", key)) return;
    this.ask(this.state.side === "seeker" ? { type: "end" } : { type: "end", conversation: key });
  }

  private drop(key: string): void {
    this.stopTyping(key);
    this.forget(key);
    if (this.state.side !== "seeker") return;
    this.quit();
  }

  /** Leaves at once and without a trace; the server is told where there is still a way to tell it. */
  private quit(): void {
    const own = this.state.talks[OWN];
    // What has no name here yet may have its place in the line already.
    if (this.state.link === "open" && own && !own.ended) {
      this.send(own.id === "" ? { type: "leave" } : { type: "end" });
    }
    if (this.state.link !== "off") this.effects.push({ do: "close" });
    this.stopTimers();
    const { side, lang, seed, refs, lines, open } = this.state;
    this.state = { ...session(side, { lang, seed }), refs, lines, open };
  }
}

/** Whether what was said of an alert before and is not done yet makes room for what is said now. */
function instead(now: AboutAlert, before: ClientFrame): boolean {
  if (!aboutAlert(before) || before.alert !== now.alert) return false;
  if (now.type === "tick") return before.type === "tick" && before.item === now.item;
  const closes = (frame: AboutAlert) => frame.type === "resolve" || frame.type === "stand_down";
  return now.type === before.type || (closes(now) && closes(before));
}
