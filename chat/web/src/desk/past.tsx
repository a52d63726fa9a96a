import { desk } from "@texts";
import { useState } from "preact/hooks";
import { clock } from "../texts";
import { past, type Past as Closed } from "./alerts-api";
import { categoryWord } from "./words";

/** What was closed before, without a word of anybody. */
export function Past({ lang }: { lang: string }) {
  const texts = desk.alerts;
  const [closed, setClosed] = useState<Closed[] | string | null>(null);
  const load = () => void past().then((told) => setClosed(typeof told === "string" ? told : told.past));
  return (
    <section class="stack past" data-test="past">
      <h2>{texts.past}</h2>
      {closed === null ? (
        <div class="tools">
          <button type="button" class="button plain" onClick={load} data-test="past-show">
            {texts.pastShow}
          </button>
        </div>
      ) : typeof closed === "string" ? (
        <p class="banner" role="alert">
          {closed}
        </p>
      ) : closed.length === 0 ? (
        <p class="quiet">{texts.pastNone}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={texts.past}>
          <table>
            <thead>
              <tr>
                {[texts.pastDay, texts.pastAbout, texts.pastSeverity, texts.pastEnd, texts.pastTimes, texts.pastWho].map(
                  (word) => (
                    <th scope="col" key={word}>
                      {word}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {closed.map((one) => (
                <tr key={one.alert} data-test="past-row">
                  <th scope="row">{day(one.day, lang)}</th>
                  <td>{one.source === "practice" ? texts.titles.practice : categoryWord(one.category)}</td>
                  <td>{desk.severity[one.severity]}</td>
                  <td>{ending(one)}</td>
                  <td>{times(one, lang)}</td>
                  <td>{one.who ?? texts.pastNobody}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function day(iso: string, lang: string): string {
  return new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(iso));
}

function ending(one: Closed): string {
  const closings: Record<string, string> = desk.alerts.closings;
  const state = one.state === "stood_down" ? desk.alerts.stood_down : desk.alerts.resolved;
  return closings[one.outcome ?? ""] ?? state;
}

function times(one: Closed, lang: string): string {
  const all = [one.raised_at, one.acknowledged_at, one.closed_at];
  if (all.every((at) => at === null)) return desk.alerts.pastNobody;
  return all.map((at) => (at === null ? "\u2013" : clock(at, lang))).join(", ");
}
