/** What the team's surfaces know besides conversations: the desk, offers, findings, alerts and the board. Pure. */
import type { Alert, Board, Contents, DeskIs, EnvelopeIs, Finding, Offer, Role, ServerFrame, TeamWelcome } from "./types";

export interface Duty {
  name: string;
  roles: Role[];
  standing: TeamWelcome["state"];
  desk: DeskIs | null;
  offers: Offer[];
  /** Findings by conversation, the newest last. */
  findings: Record<string, Finding[]>;
  /** By conversation: how it stands with what its student shares, and what was read of it here. */
  envelopes: Record<string, EnvelopeIs>;
  contents: Record<string, Contents>;
  alerts: Alert[];
  board: Board | null;
  /** Whether a debrief is offered after a hard conversation. */
  debrief: boolean;
}

export const OFF_DUTY: Duty = {
  name: "",
  roles: [],
  standing: "off",
  desk: null,
  offers: [],
  findings: {},
  envelopes: {},
  contents: {},
  alerts: [],
  board: null,
  debrief: false,
};

const FINDINGS_KEPT = 20;

export function fold(duty: Duty, frame: ServerFrame): Duty {
  switch (frame.type) {
    case "welcome":
      if (!("conversations" in frame)) return duty;
      return { ...duty, name: frame.name, roles: frame.roles, standing: frame.state, offers: [], alerts: [] };
    case "desk":
      return { ...duty, desk: frame, standing: frame.open ? (frame.paused ? "paused" : "ready") : "off" };
    case "offer":
      return { ...duty, offers: [...without(duty.offers, frame.offer), frame] };
    case "lapsed":
      return { ...duty, offers: without(duty.offers, frame.offer) };
    case "finding": {
      const before = (duty.findings[frame.conversation] ?? []).filter(
        (one) => one.author !== frame.author || one.n !== frame.n || one.category !== frame.category,
      );
      const now = [...before, frame].slice(-FINDINGS_KEPT);
      return { ...duty, findings: { ...duty.findings, [frame.conversation]: now } };
    }
    case "ended":
      return left(duty, frame.conversation);
    case "observing":
      return frame.on ? duty : left(duty, frame.conversation);
    case "envelope": {
      const envelopes = { ...duty.envelopes, [frame.conversation]: frame };
      const { [frame.conversation]: _, ...contents } = duty.contents;
      return { ...duty, envelopes, contents: frame.unread ? contents : duty.contents };
    }
    case "contents":
      return { ...duty, contents: { ...duty.contents, [frame.conversation]: frame } };
    case "debrief":
      return { ...duty, debrief: true };
    case "alert": {
      // A conversation has one alert: one that waited in memory makes room for the stored one.
      const same = (one: Alert) => one.conversation !== null && one.conversation === frame.conversation;
      const others = duty.alerts.filter((one) => one.alert !== frame.alert && !same(one));
      return { ...duty, alerts: [...others, frame].sort(byNeed) };
    }
    case "board":
      return { ...duty, board: frame };
    default:
      return duty;
  }
}

/** The offer was answered here; it need not wait for the server to vanish. */
export function answered(duty: Duty, offer: string): Duty {
  return { ...duty, offers: without(duty.offers, offer) };
}

/** Whoever is out of a conversation keeps nothing of it. */
function left(duty: Duty, conversation: string): Duty {
  const without = <T>(all: Record<string, T>) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => key !== conversation)) as Record<string, T>;
  return {
    ...duty,
    findings: without(duty.findings),
    envelopes: without(duty.envelopes),
    contents: without(duty.contents),
  };
}

export function settled(alert: Alert): boolean {
  return alert.state === "resolved" || alert.state === "stood_down";
}

const NEED: Record<Alert["state"], number> = { open: 0, acknowledged: 1, resolved: 2, stood_down: 2 };

function byNeed(a: Alert, b: Alert): number {
  return NEED[a.state] - NEED[b.state] || Number(b.mine) - Number(a.mine) || a.since - b.since;
}

function without(offers: Offer[], id: string): Offer[] {
  return offers.filter((offer) => offer.offer !== id);
}
