/** The terms of the screen over HTTP: for coordinators, who are told in whole sentences what cannot be done. */
import { desk } from "@texts";
import type { Finding } from "../types";

export type Severity = Finding["severity"];
export type Move = "agree" | "shadow" | "live" | "undo";

export interface Change {
  kind: "add" | "mute" | "lower";
  lexicon: string;
  term: string;
  state: "draft" | "shadow" | "live" | "undone";
  version: number;
  severity: Severity | null;
  say: string[];
  unless: string[];
  needs_second: boolean;
  mine: boolean;
}

export interface Term {
  lexicon: string;
  term: string;
  shipped: boolean;
  category: string;
  severity: Severity | null;
  why: string;
  change: Change | null;
  shown: number;
  shadow: number;
  false_alarm: number;
}

export interface Terms {
  terms: Term[];
  missed: number;
  lexicons: string[];
  categories: string[];
}

export interface Turned {
  text: string;
  before: Severity | null;
  after: Severity | null;
}

export interface Answered {
  change: Change;
  turned: Turned[];
  turned_count: number;
}

export interface Proposal {
  change: Change["kind"];
  lexicon: string;
  term: string;
  state?: "draft" | "shadow" | "live";
  severity?: Severity;
  category?: string;
  why?: string;
  say?: string[];
  unless?: string[];
}

/** An answer, or the sentence that says why there is none. */
export type Told<T> = T | string;

const PATH = "/api/terms";

export function list(): Promise<Told<Terms>> {
  return ask<Terms>(PATH);
}

export function propose(proposal: Proposal): Promise<Told<Answered>> {
  return ask<Answered>(PATH, proposal);
}

export function move(change: Change, to: Move): Promise<Told<Answered>> {
  const { lexicon, term, version } = change;
  return ask<Answered>(`${PATH}/${to}`, { lexicon, term, version });
}

async function ask<T>(path: string, body?: unknown): Promise<Told<T>> {
  const given = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  try {
    const answer = await fetch(path, { cache: "no-store", headers: { "Content-Type": "application/json" }, ...given });
    const told = (await answer.json()) as T & { detail?: string };
    return answer.ok ? told : (told.detail ?? desk.terms.down);
  } catch {
    return desk.terms.down;
  }
}
