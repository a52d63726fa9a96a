/** What the client's core knows, and what of it may be kept so that a reload goes on. */
import { conversation, position, type Conversation, type Outgoing } from "./conversation";
import type { EnvelopeIs, EnvelopeKey, Line, Position, SeekerFrame, TeamFrame, Wait, Welcome } from "./types";

export type Side = "seeker" | "team";

/**
 * `off` before the first try; `connecting` and `greeting` until the welcome; `open`; `resting` between two tries;
 * `elsewhere` when another tab goes on; `stopped` when this client is to stay away.
 */
export type Link = "off" | "connecting" | "greeting" | "open" | "resting" | "elsewhere" | "stopped";

export type ClientFrame = SeekerFrame | TeamFrame;

/** A frame that changes something and has not been answered yet; it is sent again under the same `ref`. */
export interface Ask {
  ref: string;
  frame: ClientFrame;
  /** The server could not do it yet; it is asked again. */
  late?: boolean;
}

/** What staff say of an alert and can wait for the database: it outlives a reload, and holds ids alone. */
export type AboutAlert = Extract<TeamFrame, { type: "decide" | "hand" | "tick" | "resolve" | "stand_down" }>;

const ABOUT_ALERTS = ["decide", "hand", "tick", "resolve", "stand_down"];

export function aboutAlert(frame: ClientFrame): frame is AboutAlert {
  return ABOUT_ALERTS.includes(frame.type);
}

export interface Notice {
  re: string | null;
  code: string;
  detail: string;
}

export interface Session {
  side: Side;
  lang: string;
  /** Makes `ref`s differ from those of another page of the same person. */
  seed: string;
  refs: number;
  link: Link;
  /** The number by which the last connection ended. */
  closed: number | null;
  attempt: number;
  /** Whether says wait because the server asked for a moment. */
  held: boolean;
  ticket: string | null;
  standing: Welcome["state"] | null;
  open: boolean | null;
  lines: Line[];
  talks: Record<string, Conversation>;
  asks: Ask[];
  /** Under which key the person looks at a conversation now; null when the page is out of sight. */
  looking: string | null;
  /** Keys of the conversations in which "typing" was told, and whether a key was pressed since. */
  typing: Record<string, boolean>;
  place: number | null;
  wait: Wait | null;
  /** Whom to reach, since what was written sounded like danger; null once the person has put it away. */
  crisis: Line[] | null;
  /** Whether they have put it away before: from then on it stands beside what they write, not over it. */
  calmed: boolean;
  /** What this device seals to; null where nothing can be sealed. */
  envelopeKey: EnvelopeKey | null;
  /** How it stands with what was sealed; null where nothing lies there. */
  envelope: EnvelopeIs | null;
  notice: Notice | null;
}

/** What may be kept in the tab's own storage: opaque, and never what the other side said. */
export interface Kept {
  ticket: string | null;
  talks: Record<string, KeptTalk>;
  /** What was said of alerts and is not done yet, and a place in line that was asked for. */
  asks?: Ask[];
}

export interface KeptTalk {
  id: string;
  me: string;
  position: Position | null;
  outbox: Outgoing[];
  /** A conversation of the team's that is over and waits for its wrap-up. */
  over?: Pick<Conversation, "alias" | "topic" | "ended">;
}

/** The key of a seeker's one conversation. */
export const OWN = "own";

export function session(side: Side, options: { lang?: string; seed?: string; kept?: Kept | null } = {}): Session {
  const talks: Record<string, Conversation> = {};
  for (const [key, kept] of Object.entries(options.kept?.talks ?? {})) {
    const talk = { ...conversation(kept.id, kept.me), outbox: kept.outbox };
    const last = kept.outbox[kept.outbox.length - 1];
    const at = kept.position;
    talks[key] = {
      ...talk,
      ...(kept.over && { ...kept.over, phase: "ended", role: "supporter" }),
      sent: Math.max(last?.n ?? 0, at?.confirmed ?? 0),
      ...(at && {
        epoch: at.epoch,
        base: at.offset,
        offset: at.offset,
        confirmed: at.confirmed,
        shown: at.shown,
      }),
    };
  }
  return {
    side,
    lang: options.lang ?? "en",
    seed: options.seed ?? "r",
    refs: 0,
    link: "off",
    closed: null,
    attempt: 0,
    held: false,
    ticket: options.kept?.ticket ?? null,
    standing: null,
    open: null,
    lines: [],
    talks,
    asks: options.kept?.asks ?? [],
    looking: null,
    typing: {},
    place: null,
    wait: null,
    crisis: null,
    calmed: false,
    envelopeKey: null,
    envelope: null,
    notice: null,
  };
}

/** What is to be kept so that a reload goes on; null when nothing is. A reloaded page reads from its base on. */
export function kept(state: Session): Kept | null {
  const talks: Kept["talks"] = {};
  for (const [key, talk] of Object.entries(state.talks)) {
    if (talk.ended) {
      if (talk.role !== "supporter") continue;
      const { id, me, alias, topic, ended } = talk;
      talks[key] = { id, me, position: null, outbox: [], over: { alias, topic, ended } };
      continue;
    }
    const at = position(talk);
    talks[key] = {
      id: talk.id,
      me: talk.me,
      position: at && { ...at, offset: talk.base },
      outbox: talk.outbox,
    };
  }
  const nothing = Object.keys(talks).length === 0;
  if (state.side === "seeker" && nothing) return null;
  if (state.ticket === null && nothing) return null;
  const asks = state.asks.filter((ask) => aboutAlert(ask.frame) || ask.frame.type === "join");
  return { ticket: state.ticket, talks, ...(asks.length > 0 && { asks }) };
}
