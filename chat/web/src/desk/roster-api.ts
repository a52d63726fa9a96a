/** The roster and the ladder over HTTP. */
import { ask, type Told } from "./ask";

export type Place = "first" | "second";
export type Why = "nobody" | "unreachable";
export type How = "week" | "holiday" | "change" | "cover" | "swap" | "calendar";

export interface Shift {
  place: Place;
  person: string | null;
  name: string | null;
  how: How | null;
  start: number;
  until: number;
  gap: Why | null;
}

export interface Change {
  id: string;
  kind: "cover" | "swap" | "calendar";
  state: "proposed" | "in_force" | "declined" | "withdrawn";
  place: Place;
  person: string;
  name: string | null;
  asked_by: string;
  asker: string | null;
  start: number;
  until: number;
}

export interface Roster {
  me: string;
  now: number;
  zone: string;
  start: number;
  until: number;
  version: number;
  /** For coordinators alone. */
  text: string | null;
  shifts: Shift[];
  people: { id: string; name: string }[];
  swaps: Change[];
  changes: Change[];
  feed: { path: string; made_on: string } | null;
}

export interface Span {
  place: Place;
  person: string;
  from: string;
  until: string;
}

export interface Feed {
  path: string;
  user: string;
  password: string;
}

export type Reason = "setting_up" | "staff_on_site" | "channel_fault" | "demonstration";
export type Kind = "person" | "role" | "first" | "second" | "everyone" | "campus" | "fallback";

export interface Rung {
  after: number;
  tell: { kind: Kind; name: string | null }[];
  by: string[];
  wait: number;
}

export interface Ladder {
  version: number;
  own: boolean;
  /** For coordinators alone. */
  text: string | null;
  rungs: Rung[];
  concerns_wait: boolean;
  state: "tested" | "override" | "untested";
  flaws: { rung: number; at: number }[];
  override: { reason: Reason; until: number; by: string | null } | null;
  reasons: Reason[];
}

export const roster = () => ask<Roster>("/api/roster");
export const cover = (span: Span) => ask<unknown>("/api/roster/cover", span);
export const askSwap = (span: Span) => ask<unknown>("/api/roster/swap", span);
export const withdraw = (change: string) => ask<unknown>("/api/roster/withdraw", { change });
export const settleSwap = (move: "accept" | "decline" | "withdraw", change: string) =>
  ask<unknown>(`/api/roster/swap/${move}`, { change });
export const readCalendar = (file: Blob) => ask<{ shifts: number }>("/api/roster/calendar", file);
export const makeFeed = () => ask<Feed>("/api/roster/feed", {});
export const endFeed = () => ask<unknown>("/api/roster/feed", undefined, "DELETE");

export const ladder = () => ask<Ladder>("/api/ladder");
export const override = (reason: Reason, hours: number) => ask<unknown>("/api/ladder/override", { reason, hours });
export const endOverride = () => ask<unknown>("/api/ladder/override", undefined, "DELETE");

/** Puts a text in force, made from this version. */
export function write(kind: "roster" | "ladder", text: string, version: number): Promise<Told<{ version: number }>> {
  return ask<{ version: number }>(`/api/${kind}`, { text, version });
}
