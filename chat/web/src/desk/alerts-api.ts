/** What the screen of an alert needs besides the alert: the protocol, the people, what was closed before. */
import type { Alert } from "../types";
import { ask, type Told } from "./ask";

export interface Protocol {
  title: string;
  source: string;
  parts: { id: string; title: string; items: { id: string; text: string }[] }[];
}

export interface Colleague {
  id: string;
  name: string;
  roles: string[];
}

export interface Past {
  alert: string;
  /** `2031-05-02`. */
  day: string;
  category: string;
  severity: Alert["severity"];
  source: string;
  state: Alert["state"];
  outcome: string | null;
  /** Seconds since 1970; null when they are not kept any more. */
  raised_at: number | null;
  acknowledged_at: number | null;
  entered_at: number | null;
  closed_at: number | null;
  who: string | null;
}

export function around(): Promise<Told<{ protocol: Protocol; people: Colleague[] }>> {
  return ask("/api/alerts");
}

export function past(): Promise<Told<{ past: Past[] }>> {
  return ask("/api/alerts/past");
}
