/** What the server wrote into the page: so that lines and hours show without a request, also offline. */
import type { Line, Wait } from "./types";

export interface Page {
  lang: string;
  campus: string;
  open: boolean;
  hours: string[];
  lines: Line[];
  wait: Wait | null;
  /** Null where the server left it to a request of its own. */
  languages: string[] | null;
}

export function readPage(): Page {
  const text = document.getElementById("page")?.textContent ?? "{}";
  const empty: Page = {
    lang: "en", campus: "", open: true, hours: [], lines: [], wait: null, languages: null };
  return { ...empty, ...(JSON.parse(text) as Partial<Page>) };
}
