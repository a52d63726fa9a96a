/** Asks an address of the staff surface; errors come as whole sentences. */
import { desk } from "@texts";

/** An answer, or the sentence that says why there is none. */
export type Told<T> = T | string;

export async function ask<T>(path: string, body?: unknown, method?: "POST" | "DELETE"): Promise<Told<T>> {
  const given: RequestInit = method || body !== undefined ? { method: method ?? "POST" } : {};
  if (body instanceof Blob) given.body = body;
  else if (body !== undefined) given.body = JSON.stringify(body);
  try {
    const answer = await fetch(path, { cache: "no-store", headers: { "Content-Type": "application/json" }, ...given });
    const told = (await answer.json()) as T & { detail?: string };
    return answer.ok ? told : (told.detail ?? desk.terms.down);
  } catch {
    return desk.terms.down;
  }
}
