/** Where a member of the team is reached, over HTTP; and one tap. What cannot be done is said in a sentence. */
export type Way = "push" | "sms" | "voice" | "email" | "apprise";

export interface Address {
  id: string;
  channel: Way;
  label: string;
  /** What its own person may see of it. */
  shown: string;
  added_on: string;
  /** Seconds since 1970; null when there was no test yet. */
  tried_at: number | null;
  confirmed_at: number | null;
}

export interface Reach {
  channels: Way[];
  services: string[];
  push_key: string;
  addresses: Address[];
}

export interface Colleague {
  name: string;
  roles: ("supporter" | "lead" | "on_call" | "coordinator")[];
  tested: Way[];
}

export interface Refusal {
  status: number;
  code: string;
  detail: string;
}

/** An answer, or why there is none. `code` is `down` when the server could not be asked. */
export type Told<T> = { good: T } | { refused: Refusal };

export type Outcome = "yours" | "practice" | "confirmed" | "held";

const PATH = "/api/reach";

export const own = (): Promise<Told<Reach>> => ask("GET", PATH);

export const people = (): Promise<Told<{ people: Colleague[] }>> => ask("GET", `${PATH}/people`);

export const add = (channel: Way, address: string, label: string): Promise<Told<Address>> =>
  ask("POST", PATH, { channel, address, label });

export const remove = (id: string): Promise<Told<null>> => ask("DELETE", `${PATH}/${id}`);

export const test = (id: string): Promise<Told<null>> => ask("POST", `${PATH}/${id}/test`, {});

export const heard = (id: string): Promise<Told<null>> => ask("POST", `${PATH}/${id}/heard`, {});

export const acknowledge = (link: string): Promise<Told<{ outcome: Outcome }>> =>
  ask("POST", "/api/acknowledge", { link });

async function ask<T>(method: string, path: string, body?: unknown): Promise<Told<T>> {
  const given =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  try {
    const answer = await fetch(path, { method, cache: "no-store", ...given });
    if (answer.status === 204) return { good: null as T };
    const told = (await answer.json()) as T & { code?: string; detail?: string };
    if (answer.ok) return { good: told };
    return { refused: { status: answer.status, code: told.code ?? "down", detail: told.detail ?? "" } };
  } catch {
    return { refused: { status: 0, code: "down", detail: "" } };
  }
}
