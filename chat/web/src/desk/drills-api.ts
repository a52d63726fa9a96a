/** Drills over HTTP: what came of them, a button that starts one, the switch of the monthly one. */
import { desk } from "@texts";

export type Started = "command" | "button" | "month";

export interface Drill {
  day: string;
  started: Started;
  /** Seconds; null where nobody answered. */
  answered_after: number | null;
  rungs: { told_after: number | null; reached: number }[];
}

export interface Drills {
  running: { started: Started; since: number; until: number; rungs: number } | null;
  /** The latest first. */
  drills: Drill[];
  monthly: { on: boolean; next: number | null };
  may_start: boolean;
  may_switch: boolean;
}

/** What is known, or the sentence that says why nothing is. */
export type Told = Drills | string;

const PATH = "/api/drills";

export function list(): Promise<Told> {
  return ask(PATH);
}

export function start(): Promise<Told> {
  return ask(PATH, {});
}

export function monthly(on: boolean): Promise<Told> {
  return ask(`${PATH}/monthly`, { on });
}

async function ask(path: string, body?: unknown): Promise<Told> {
  const given = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  try {
    const answer = await fetch(path, { cache: "no-store", headers: { "Content-Type": "application/json" }, ...given });
    const told = (await answer.json()) as Drills & { detail?: string };
    return answer.ok ? told : (told.detail ?? desk.drills.down);
  } catch {
    return desk.drills.down;
  }
}
