import { desk } from "@texts";
import { span } from "./moments";
import type { Place, Roster, Shift } from "./roster-api";

interface Props {
  roster: Roster;
  lang: string;
}

const WEEK = 7 * 86_400;

/** Who is on call from now on, place by place, in this week and the next; what is missing is said in words. */
export function Weeks({ roster, lang }: Props) {
  const texts = desk.roster;
  // The week changes on Monday at midnight by the roster's clock, which may be an hour off where clocks change.
  const middle = roster.shifts.reduce((sum, shift) => closer(sum, shift.start, roster.start + WEEK), roster.start + WEEK);
  const weeks = [
    [texts.thisWeek, roster.start, middle],
    [texts.nextWeek, middle, roster.until],
  ] as const;
  return (
    <>
      {weeks.map(([title, start, until]) => (
        <section key={title} class="week" data-test="roster-week">
          <h2>{title}</h2>
          <div class="places">
            {(["first", "second"] as const).map((place) => (
              <div key={place}>
                <h3>{texts.places[place]}</h3>
                <ul class="shifts">{rows(roster, place, start, until).map((shift) => row(shift, roster, lang))}</ul>
              </div>
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

/** Midnight in the roster's zone near this time, as far as a shift begins then. */
function closer(found: number, start: number, wanted: number): number {
  return start !== wanted && Math.abs(start - wanted) <= 3600 ? start : found;
}

function rows(roster: Roster, place: Place, start: number, until: number): Shift[] {
  return roster.shifts
    .filter((shift) => shift.place === place && shift.start < until && shift.until > Math.max(start, roster.now))
    .map((shift) => ({ ...shift, start: Math.max(shift.start, start), until: Math.min(shift.until, until) }));
}

function row(shift: Shift, roster: Roster, lang: string) {
  const texts = desk.roster;
  const now = shift.start <= roster.now;
  return (
    <li key={shift.start} class="shift" data-test="shift" data-gap={shift.gap ?? ""}>
      <p>
        <strong>{shift.name ?? (shift.person === null ? texts.nobody : texts.gone)}</strong>
        {now && <span class="pill">{texts.now}</span>}
        {shift.how && shift.how !== "week" && <span class="pill calm">{texts.how[shift.how]}</span>}
        {shift.gap === "unreachable" && <span class="pill warm">{texts.unreachable}</span>}
        {shift.gap === "nobody" && <span class="pill warm">{texts.gap}</span>}
      </p>
      <p class="small quiet">
        {span(shift, roster.zone, lang)}
      </p>
    </li>
  );
}
