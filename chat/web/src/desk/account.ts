/** Who is signed in here. The cookie is the browser's own; no script ever sees it. */
import type { Role } from "../types";

export interface Account {
  name: string;
  roles: Role[];
}

/** What an app takes in before its first code: to type, as a link, and as the rows of a QR code. */
export interface Enrolment {
  secret: string;
  address: string;
  squares: string[];
}

export type Fault = "wrong" | "later" | "down" | "code_wrong" | "code_unreadable";

export type SignIn = Account | Enrolment | "code_needed" | Fault;

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

export async function signIn(email: string, password: string, code: string): Promise<SignIn> {
  try {
    const answer = await fetch(PATH, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(code === "" ? { email, password } : { email, password, code }),
      cache: "no-store",
    });
    if (answer.ok) return (await answer.json()) as Account;
    if (answer.status === 429) return "later";
    if (answer.status >= 500) return "down";
    const said = (await answer.json()) as { code: string } & Enrolment;
    if (said.code === "enrol") return said;
    return said.code === "code_needed" || said.code === "code_wrong" || said.code === "code_unreadable"
      ? said.code
      : "wrong";
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
