import { desk } from "@texts";
import { useEffect, useState } from "preact/hooks";
import { settled, type Duty } from "../duty";
import type { Ask } from "../state";
import { clock, fill } from "../texts";
import { AlertScreen, sentence, title, type Moves } from "./alert";
import { around, type Colleague, type Protocol } from "./alerts-api";
import { Past } from "./past";

interface Props extends Moves {
  duty: Duty;
  me: string;
  now: number;
  lang: string;
  /** The conversations that this person is in. */
  inside: string[];
  asks: Ask[];
  connected: boolean;
}

const AGAIN = 5000;

/** Sentences before numbers, for somebody who was just woken: one alert whole, the others in a line each. */
export function Alerts(props: Props) {
  const texts = desk.alerts;
  const { alerts } = props.duty;
  const [chosen, setChosen] = useState<string | null>(null);
  const [protocol, setProtocol] = useState<Protocol | null>(null);
  const [people, setPeople] = useState<Colleague[]>([]);
  const open = alerts.filter((alert) => !settled(alert));
  const over = alerts.filter(settled);
  const shown = open.find((alert) => alert.alert === chosen) ?? open[0];
  const any = open.length > 0;
  useEffect(() => {
    if (!any) return;
    let timer = 0;
    const look = () =>
      void around().then((told) => {
        if (typeof told === "string") {
          timer = window.setTimeout(look, AGAIN);
          return;
        }
        setProtocol(told.protocol);
        setPeople(told.people);
      });
    look();
    return () => window.clearTimeout(timer);
  }, [any]);
  return (
    <section class="alerts" data-test="alerts">
      <h1 tabIndex={-1}>{texts.title}</h1>
      {!any && (
        <div class="empty large">
          <p>
            <strong>{texts.none}</strong>
          </p>
          <p class="quiet">{texts.noneLead}</p>
        </div>
      )}
      <div class="stack">
        {open.map((alert) =>
          alert === shown ? (
            <AlertScreen key={alert.alert} {...props} alert={alert} protocol={protocol} people={people} />
          ) : (
            <article class="alert brief" key={alert.alert} data-test="alert" data-state={alert.state}>
              <h2>{title(alert)}</h2>
              <p>
                {sentence(alert, props.now)} <span class="quiet">{fill(texts.since, { time: clock(alert.since, props.lang) })}</span>
              </p>
              <div class="tools">
                <button type="button" class="button plain" onClick={() => setChosen(alert.alert)} data-test="alert-show">
                  {texts.show}
                </button>
              </div>
            </article>
          ),
        )}
      </div>
      {over.length > 0 && (
        <>
          <h2>{texts.over}</h2>
          <ul class="over">
            {over.map((alert) => (
              <li key={alert.alert} data-test="alert-over">
                <strong>{title(alert)}.</strong> {sentence(alert, props.now)}{" "}
                <span class="quiet">{fill(texts.since, { time: clock(alert.since, props.lang) })}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <Past lang={props.lang} />
    </section>
  );
}
