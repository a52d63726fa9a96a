/**
 * Carries out what the session asks for: one WebSocket, timers with chance in them, and what a tab may keep.
 */
import { step, type ClientFrame, type Effect, type Input, type Session } from "./session";
import { SUBPROTOCOL, type ServerFrame } from "./types";

export class Wire {
  private socket: WebSocket | null = null;
  private readonly timers = new Map<string, number>();

  constructor(
    private readonly path: string,
    public state: Session,
    private readonly changed: (state: Session, frame: ServerFrame | null) => void,
  ) {}

  do(input: Input): void {
    const [state, effects] = step(this.state, input);
    this.state = state;
    for (const effect of effects) this.carryOut(effect);
    this.changed(state, input.do === "frame" ? input.frame : null);
  }

  private carryOut(effect: Effect): void {
    switch (effect.do) {
      case "connect":
        return this.connect();
      case "send":
        return this.send(effect.frame);
      case "close":
        return this.close();
      case "timer": {
        this.cancel(effect.name);
        const delay = effect.low + Math.random() * (effect.high - effect.low);
        const fire = () => {
          this.timers.delete(effect.name);
          this.do({ do: "timer", name: effect.name });
        };
        this.timers.set(effect.name, window.setTimeout(fire, delay));
        return;
      }
      case "cancel":
        return this.cancel(effect.name);
    }
  }

  private connect(): void {
    this.close();
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, SUBPROTOCOL);
    this.socket = socket;
    socket.onopen = () => this.do({ do: "opened" });
    socket.onmessage = (event) => this.do({ do: "frame", frame: JSON.parse(String(event.data)) as ServerFrame });
    socket.onclose = (event) => {
      this.socket = null;
      this.do({ do: "closed", code: event.code });
    };
  }

  private send(frame: ClientFrame): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Lets the socket go: whatever it still brings is not heard any more. */
  private close(): void {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  private cancel(name: string): void {
    const timer = this.timers.get(name);
    if (timer !== undefined) window.clearTimeout(timer);
    this.timers.delete(name);
  }
}

/** A value in the tab's own storage; a browser that has none keeps nothing, and everything else works. */
export function stored<T>(key: string): T | null {
  try {
    const text = sessionStorage.getItem(key);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

export function store(key: string, value: unknown): void {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Nothing can be kept here; a reload begins anew.
  }
}

/** Begins the references of this page, so that no two pages of one person share any. */
export function seed(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
