/** What the server wrote into the page: so that lines and hours show without a request, also offline. */
import type { EnvelopeKey, Line, Wait } from "./types";

export interface Page {
  lang: string;
  campus: string;
  open: boolean;
  hours: string[];
  lines: Line[];
  wait: Wait | null;
  /** Null where the server left it to a request of its own. */
  languages: string[] | null;
  /** Who opens what a student shares under seal. */
  envelope: EnvelopeKey["policy"];
}

export function readPage(): Page {
  const text = document.getElementById("page")?.textContent ?? "{}";
  const empty: Page = {
    lang: "en", campus: "", open: true, hours: [], lines: [], wait: null, languages: null, envelope: "consent" };
  return { ...empty, ...(JSON.parse(text) as Partial<Page>) };
}
