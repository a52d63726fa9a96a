/**
 * One conversation as this device knows it: what was said, what is still to be said, and where it stands.
 *
 * An author keeps every message until the counterpart's device has shown it, and says it again after a loss;
 * a receiver shows each `(author, n)` once. Offsets are one unbroken row for everybody, so that a hole is
 * noticed; after a loss on the server the row starts again under another epoch.
 */
import type { From, Position, Resumed, Said } from "./types";

export interface Message {
  author: string;
  from: From;
  n: number;
  text: string;
  at: number;
  mine: boolean;
}

export interface Outgoing {
  n: number;
  text: string;
}

export type Presence = "here" | "away" | "gone";

export interface Other {
  who: From;
  is: Presence;
}

export interface Ending {
  by: string;
  reason: string;
  receipt: string;
}

export interface Conversation {
  /** Empty until the server has named it. */
  id: string;
  /** The label under which this person speaks. */
  me: string;
  role: From;
  alias: string | null;
  topic: string | null;
  language: string | null;
  mood: number | null;
  phase: "waiting" | "live" | "ended";
  epoch: string | null;
  /** The offset of the last message seen; null while what follows decides where the row starts. */
  offset: number | null;
  /** Where this person's view begins. */
  base: number;
  /** Own counts: given out, in the conversation, back from the conversation, shown by the counterpart. */
  sent: number;
  accepted: number;
  echoed: number;
  confirmed: number;
  outbox: Outgoing[];
  /** From each other author: the highest n received, the next one due, the highest one shown to a person. */
  heard: Record<string, number>;
  next: Record<string, number>;
  shown: Record<string, number>;
  messages: Message[];
  typing: string[];
  others: Record<string, Other>;
  ended: Ending | null;
}

/** What the receipt of a message asks of the session: nothing more, or to connect anew and resume. */
export type Heard = Conversation | "resync";

export function conversation(id: string, me: string, base = 0): Conversation {
  return {
    id,
    me,
    role: "seeker",
    alias: null,
    topic: null,
    language: null,
    mood: null,
    phase: "waiting",
    epoch: null,
    offset: base,
    base,
    sent: 0,
    accepted: 0,
    echoed: 0,
    confirmed: 0,
    outbox: [],
    heard: {},
    next: {},
    shown: {},
    messages: [],
    typing: [],
    others: {},
    ended: null,
  };
}

/** Where this device stands, for `hello`; null before anything is known. */
export function position(talk: Conversation): Position | null {
  if (talk.epoch === null || talk.ended) return null;
  return {
    epoch: talk.epoch,
    offset: talk.offset ?? talk.base,
    confirmed: talk.confirmed,
    shown: talk.shown,
  };
}

/** A new message of this person: it is in the outbox from now on. */
export function write(talk: Conversation, text: string): Conversation {
  const n = talk.sent + 1;
  return { ...talk, sent: n, outbox: [...talk.outbox, { n, text }] };
}

/** What has to be said, or said again, on this connection. */
export function unsaid(talk: Conversation): Outgoing[] {
  return talk.outbox.filter((message) => message.n > talk.accepted);
}

export function accept(talk: Conversation, n: number): Conversation {
  return { ...talk, accepted: Math.max(talk.accepted, n), sent: Math.max(talk.sent, n) };
}

/** The counterpart's device has shown own messages up to `n`: only now may they be forgotten here. */
export function confirm(talk: Conversation, n: number): Conversation {
  const confirmed = Math.max(talk.confirmed, n);
  return { ...talk, confirmed, outbox: talk.outbox.filter((message) => message.n > confirmed) };
}

/** The server's answer to where this device stood. */
export function resume(talk: Conversation, told: Resumed | null): Conversation {
  if (!told) return { ...talk, offset: talk.epoch === null ? talk.offset : null, next: {} };
  const whole = told.recovered && (talk.epoch === null || talk.epoch === told.epoch);
  const offset = whole ? talk.offset : told.top === 0 ? 0 : null;
  return {
    ...talk,
    epoch: told.epoch,
    base: whole ? talk.base : 0,
    offset,
    next: whole ? talk.next : {},
    accepted: told.accepted,
    sent: Math.max(talk.sent, told.accepted),
  };
}

/** Takes in one message. */
export function hear(talk: Conversation, said: Said): Heard {
  if (talk.epoch !== null && said.epoch !== talk.epoch) return "resync";
  if (talk.offset !== null && said.offset <= talk.offset) return talk;
  if (talk.offset !== null && said.offset !== talk.offset + 1) return "resync";
  const moved = { ...talk, epoch: said.epoch, offset: said.offset };
  return said.author === talk.me ? echo(moved, said) : listen(moved, said);
}

/** The messages as they are read: what was said, then what is on its way. */
export function reading(talk: Conversation): Message[] {
  const underway = talk.outbox
    .filter((message) => message.n > talk.echoed)
    .map((message) => ({ ...message, author: talk.me, from: talk.role, at: 0, mine: true }));
  return [...talk.messages, ...underway];
}

export function stateOf(talk: Conversation, message: Message): "sending" | "sent" | "read" {
  if (message.n <= talk.confirmed) return "read";
  return message.n <= talk.accepted ? "sent" : "sending";
}

/** How many messages of others nobody has looked at yet. */
export function unread(talk: Conversation): number {
  return talk.messages.filter((m) => !m.mine && m.n > (talk.shown[m.author] ?? 0)).length;
}

/** This person speaks under another label from now on; what was not said yet is counted anew. */
export function relabel(talk: Conversation, me: string): Conversation {
  if (talk.me === me) return talk;
  const outbox = unsaid(talk).map((message, index) => ({ n: index + 1, text: message.text }));
  return { ...talk, me, outbox, sent: outbox.length, accepted: 0, echoed: 0, confirmed: 0 };
}

/** Takes a message out that the server will never take, and counts the later ones anew. */
export function withdraw(talk: Conversation, n: number): Conversation {
  const later = (m: Outgoing) => (m.n > n ? { n: m.n - 1, text: m.text } : m);
  const outbox = talk.outbox.filter((m) => m.n !== n).map(later);
  return outbox.length === talk.outbox.length ? talk : { ...talk, outbox, sent: talk.sent - 1 };
}

function echo(talk: Conversation, said: Said): Conversation {
  const taken = accept(talk, said.n);
  if (said.n <= talk.echoed) return taken;
  return { ...taken, echoed: said.n, messages: [...talk.messages, message(said, true)] };
}

function listen(talk: Conversation, said: Said): Heard {
  const heard = talk.heard[said.author] ?? 0;
  if (said.n <= heard) return talk;
  const due = talk.next[said.author];
  if (due !== undefined && said.n !== due) return "resync";
  return {
    ...talk,
    heard: { ...talk.heard, [said.author]: said.n },
    next: { ...talk.next, [said.author]: said.n + 1 },
    messages: [...talk.messages, message(said, false)],
    typing: talk.typing.filter((author) => author !== said.author),
  };
}

function message(said: Said, mine: boolean): Message {
  return { author: said.author, from: said.from, n: said.n, text: said.text, at: said.at, mine };
}
