/** Fills the texts of `locales/`; the sentences themselves are in no source file. */
type Values = Record<string, string | number>;

/** Puts values into the `{places}` of a text. */
export function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Chooses the form of a text that the language wants for this number. */
export function count(forms: Record<string, string>, value: number, lang: string): string {
  const form = forms[new Intl.PluralRules(lang).select(value)] ?? forms["other"] ?? "";
  return fill(form, { count: value });
}

interface Range {
  now: string;
  one: string;
  same: string;
  both: string;
}

/** A range of seconds as an honest range of minutes. */
export function range(texts: Range, low: number, high: number): string {
  if (high <= 60) return texts.now;
  const least = Math.max(1, Math.floor(low / 60));
  const most = Math.ceil(high / 60);
  if (least < most) return fill(texts.both, { low: least, high: most });
  return fill(least === 1 ? texts.one : texts.same, { low: least });
}

/** One number of seconds in rounded minutes. */
export function about(texts: Range, seconds: number): string {
  if (seconds < 60) return texts.now;
  const minutes = Math.round(seconds / 60);
  return fill(minutes === 1 ? texts.one : texts.same, { low: minutes });
}

/** The time of day as the reader's language writes it; `at` is in seconds. */
export function clock(at: number, lang: string): string {
  return new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" }).format(at * 1000);
}

/** Seconds as `0:24`. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
