/** Who is signed in here. The cookie is the browser's own; no script ever sees it. */
import type { Role } from "../types";

export interface Account {
  name: string;
  roles: Role[];
}

export type SignIn = Account | "wrong" | "later" | "down";

const PATH = "/api/session";

/** Null when nobody is; "down" when that could not be learned. */
export async function current(): Promise<Account | null | "down"> {
  try {
    const answer = await fetch(PATH, { cache: "no-store" });
    if (answer.status === 401) return null;
    return answer.ok ? ((await answer.json()) as Account) : "down";
  } catch {
    return "down";
  }
}

export async function signIn(email: string, password: string): Promise<SignIn> {
  try {
    const answer = await fetch(PATH, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
      cache: "no-store",
    });
    if (answer.ok) return (await answer.json()) as Account;
    if (answer.status === 429) return "later";
    return answer.status < 500 ? "wrong" : "down";
  } catch {
    return "down";
  }
}

export async function signOut(): Promise<void> {
  try {
    await fetch(PATH, { method: "DELETE" });
  } catch {
    // The server forgets the session by itself when its term is over.
  }
}
