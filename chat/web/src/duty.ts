/** What the team's surfaces know besides conversations: the desk, offers, findings, alerts and the board. Pure. */
import type { Alert, Board, DeskIs, Finding, Offer, Role, ServerFrame, TeamWelcome } from "./types";

export interface Duty {
  name: string;
  roles: Role[];
  standing: TeamWelcome["state"];
  desk: DeskIs | null;
  offers: Offer[];
  /** Findings by conversation, the newest last. */
  findings: Record<string, Finding[]>;
  alerts: Alert[];
  board: Board | null;
}

export const OFF_DUTY: Duty = {
  name: "",
  roles: [],
  standing: "off",
  desk: null,
  offers: [],
  findings: {},
  alerts: [],
  board: null,
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
    case "ended": {
      const { [frame.conversation]: _, ...findings } = duty.findings;
      return { ...duty, findings };
    }
    case "alert": {
      const others = duty.alerts.filter((one) => one.alert !== frame.alert);
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
