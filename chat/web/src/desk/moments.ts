/** Times of the roster, written by the clock of its own zone wherever the reader is. Pure. */

const SHORT: Intl.DateTimeFormatOptions = {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
};

/** The day and the time, as the reader's language writes them; `at` is in seconds. */
export function moment(at: number, zone: string, lang: string): string {
  return new Intl.DateTimeFormat(lang, { ...SHORT, timeZone: zone }).format(at * 1000);
}

/** Two of them; a day that is the same is said once. */
export function span(one: { start: number; until: number }, zone: string, lang: string): string {
  return new Intl.DateTimeFormat(lang, { ...SHORT, timeZone: zone }).formatRange(one.start * 1000, one.until * 1000);
}

/** As a field for a date and a time takes it: `2031-05-02T18:00`. */
export function wall(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  }).formatToParts(at * 1000);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}
