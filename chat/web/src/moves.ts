/** The small moves that every step is made of: changing the state, and asking for effects. */
import { unsaid, type Conversation, type Outgoing } from "./conversation";
import { OWN, type ClientFrame, type Session } from "./state";

/** Timers draw their delay between `low` and `high` milliseconds; setting one anew replaces it. */
export type Effect =
  | { do: "connect" }
  | { do: "send"; frame: ClientFrame }
  | { do: "close" }
  | { do: "timer"; name: string; low: number; high: number }
  | { do: "cancel"; name: string };

/** Frames that go out before anything that waits: a call for help, its answer, and what opens the way. */
const FIRST = ["help", "raise", "acknowledge", "seal", "join", "desk", "accept"];

export class Moves {
  state: Session;
  readonly effects: Effect[] = [];

  constructor(state: Session) {
    this.state = state;
  }

  /** Tells the authors that their messages are on a screen now, and remembers it. */
  protected show(key: string): void {
    const talk = this.state.talks[key];
    if (!talk || this.state.looking !== key) return;
    const shown = { ...talk.shown };
    for (const [author, n] of Object.entries(talk.heard)) {
      // A reloaded page hears again what was shown before: that never takes anything back.
      if (n <= (shown[author] ?? 0)) continue;
      shown[author] = n;
      if (this.state.link === "open") this.sendGot(key, author, n);
    }
    this.put(key, { ...talk, shown });
  }

  /** After a welcome: calls for help first, then what was not said, then the rest. */
  protected resend(): void {
    const { asks } = this.state;
    const urgent = asks.filter((ask) => FIRST.includes(ask.frame.type));
    for (const ask of urgent) this.send(ask.frame);
    this.set({ held: false });
    for (const key of Object.keys(this.state.talks)) this.sayAgain(key);
    for (const ask of asks) if (!urgent.includes(ask)) this.send(ask.frame);
    if (this.state.looking !== null) this.tellShown(this.state.looking);
  }

  protected flush(): void {
    if (this.state.link !== "open" || this.state.held) return;
    for (const key of Object.keys(this.state.talks)) this.sayAgain(key);
  }

  /** Says what was written before the conversation had this name and this person this label. */
  protected settle(key: string, before: Conversation | undefined): void {
    const talk = this.state.talks[key];
    if (before && (before.id !== talk?.id || before.me !== talk.me)) this.flush();
  }

  protected sayAgain(key: string): void {
    const talk = this.state.talks[key];
    if (!talk || talk.id === "" || talk.ended) return;
    for (const message of unsaid(talk)) this.sendSay(key, message);
  }

  /** What was shown is told again on a new connection: the frame that said so may have been lost. */
  protected tellShown(key: string): void {
    const talk = this.state.talks[key];
    if (!talk || talk.ended) return;
    for (const [author, n] of Object.entries(talk.shown)) if (n > 0) this.sendGot(key, author, n);
  }

  protected sendSay(key: string, { n, text }: Outgoing): void {
    this.send(this.state.side === "seeker" ? { type: "say", n, text } : { type: "say", conversation: key, n, text });
  }

  protected sendGot(key: string, author: string, n: number): void {
    const got = { type: "got", author, n } as const;
    this.send(this.state.side === "seeker" ? got : { ...got, conversation: key });
  }

  protected sendTyping(key: string, on: boolean): void {
    const typing = { type: "typing", on } as const;
    this.send(this.state.side === "seeker" ? typing : { ...typing, conversation: key });
  }

  /** The conversation is over, and nothing here heard how. */
  protected lost(): void {
    this.change(OWN, (talk) => (talk.ended ? talk : over(talk)));
    this.set({ standing: "ended", asks: this.state.asks.filter((ask) => ask.frame.type === "rate") });
  }

  protected observers(talk: Conversation): Conversation["others"] {
    const staying = Object.entries(talk.others).filter(([, other]) => other.who !== "supporter");
    return Object.fromEntries(staying);
  }

  protected answered(ref: string): void {
    this.set({ asks: this.state.asks.filter((ask) => ask.ref !== ref) });
  }

  protected answeredBy(...types: string[]): void {
    this.set({ asks: this.state.asks.filter((ask) => !types.includes(ask.frame.type)) });
  }

  protected asked(type: string, key?: string): boolean {
    return this.state.asks.some(
      ({ frame }) => frame.type === type && (!("conversation" in frame) || frame.conversation === key),
    );
  }

  protected key(id: string): string {
    if (this.state.side === "team") return id;
    const own = this.state.talks[OWN];
    return !own || own.id === "" || own.id === id ? OWN : id;
  }

  protected stopTimers(): void {
    for (const name of ["greeting", "silence", "again", "reconnect"]) this.cancel(name);
    for (const key of Object.keys(this.state.typing)) this.cancel(`still:${key}`);
  }

  protected change(key: string, how: (talk: Conversation) => Conversation): void {
    const talk = this.state.talks[key];
    if (talk) this.put(key, how(talk));
  }

  protected put(key: string, talk: Conversation): void {
    this.set({ talks: { ...this.state.talks, [key]: talk } });
  }

  protected forget(key: string): void {
    const { [key]: _, ...talks } = this.state.talks;
    this.set({ talks });
  }

  protected send(frame: ClientFrame): void {
    this.effects.push({ do: "send", frame });
  }

  protected after(name: string, delay: number): void {
    this.effects.push({ do: "timer", name, low: delay, high: delay });
  }

  protected cancel(name: string): void {
    this.effects.push({ do: "cancel", name });
  }

  protected set(change: Partial<Session>): void {
    this.state = { ...this.state, ...change };
  }
}

export function over(talk: Conversation): Conversation {
  return { ...talk, phase: "ended", outbox: [], typing: [], ended: { by: "system", reason: "gone", receipt: "" } };
}
