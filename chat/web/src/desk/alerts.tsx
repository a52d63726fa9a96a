import { desk } from "@texts";
import { useState } from "preact/hooks";
import { settled } from "../duty";
import { Icon } from "../parts/icons";
import { Sheet } from "../parts/sheet";
import { clock, countdown, fill } from "../texts";
import type { Alert, Resolve } from "../types";
import { categoryWord } from "./words";

interface Props {
  alerts: Alert[];
  now: number;
  lang: string;
  /** The conversations that this person is in. */
  inside: string[];
  onAcknowledge: (alert: string) => void;
  onEnter: (conversation: string) => void;
  onResolve: (alert: string, outcome: Resolve["outcome"]) => void;
  onStandDown: (alert: string) => void;
}

/** Sentences before numbers, for somebody who was just woken. */
export function Alerts(props: Props) {
  const texts = desk.alerts;
  const open = props.alerts.filter((alert) => !settled(alert));
  const over = props.alerts.filter(settled);
  return (
    <section class="alerts" data-test="alerts">
      <h1 tabIndex={-1}>{texts.title}</h1>
      {open.length === 0 && (
        <div class="empty large">
          <p>
            <strong>{texts.none}</strong>
          </p>
          <p class="quiet">{texts.noneLead}</p>
        </div>
      )}
      <div aria-live="assertive" class="stack">
        {open.map((alert) => (
          <Card key={alert.alert} alert={alert} {...props} />
        ))}
      </div>
      {over.length > 0 && (
        <>
          <h2>{texts.over}</h2>
          <ul class="over">
            {over.map((alert) => (
              <li key={alert.alert} data-test="alert-over">
                <strong>{title(alert)}.</strong> {sentence(alert)}{" "}
                <span class="quiet">{fill(texts.since, { time: clock(alert.since, props.lang) })}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const CLOSINGS = ["confirmed", "in_contact", "passed_on", "no_contact", "false_alarm"] as const;

function Card(props: Props & { alert: Alert }) {
  const { alert, now, lang, inside } = props;
  const texts = desk.alerts;
  const [closing, setClosing] = useState(false);
  const talk = alert.conversation;
  return (
    <article class="alert" data-test="alert" data-state={alert.state} data-severity={alert.severity}>
      <h2>{title(alert)}</h2>
      {alert.source === "practice" && <p data-test="alert-practice">{texts.practiceLead}</p>}
      <p class="sentence" data-test="alert-sentence">
        {sentence(alert)}{" "}
        <span aria-live="off" data-test="alert-next">
          {following(alert, now)}
        </span>
      </p>
      <p class="quiet">
        {fill(texts.about, { category: categoryWord(alert.category) })} ·{" "}
        {fill(texts.since, { time: clock(alert.since, lang) })} · {fill(texts.rung, { rung: alert.rung })}
      </p>
      <div class="tools">
        {alert.state === "open" && (
          <button
            type="button"
            class="button urgent large"
            onClick={() => props.onAcknowledge(alert.alert)}
            data-test="acknowledge"
          >
            <Icon name="check" /> {texts.ack}
          </button>
        )}
        {talk !== null && alert.source !== "practice" && (
          <button
            type="button"
            class={alert.mine ? "button main large" : "button plain large"}
            onClick={() => props.onEnter(talk)}
            data-test="observe"
          >
            <Icon name="chat" /> {inside.includes(talk) ? texts.entered : texts.enter}
          </button>
        )}
        {alert.mine && (
          <>
            <button type="button" class="button plain large" onClick={() => setClosing(true)} data-test="resolve">
              <Icon name="flag" /> {texts.resolve}
            </button>
            <button
              type="button"
              class="button plain large"
              onClick={() => props.onStandDown(alert.alert)}
              data-test="stand-down"
            >
              {texts.standDown}
            </button>
          </>
        )}
      </div>
      {closing && (
        <Sheet title={texts.resolveTitle} test="resolve-sheet" onClose={() => setClosing(false)}>
          <p class="quiet">{texts.resolveLead}</p>
          <div class="menu">
            {CLOSINGS.map((outcome) => (
              <button
                type="button"
                class="button plain"
                key={outcome}
                data-test={`resolve-${outcome}`}
                onClick={() => {
                  setClosing(false);
                  props.onResolve(alert.alert, outcome);
                }}
              >
                {texts.closings[outcome]}
              </button>
            ))}
          </div>
        </Sheet>
      )}
    </article>
  );
}

/** What this is about, in one line: the danger first, then who called. */
function title(alert: Alert): string {
  const { titles } = desk.alerts;
  if (alert.source === "practice" || alert.source === "failure") return titles[alert.source];
  if (alert.category.startsWith("report_")) return titles.report;
  if (alert.source === "seeker") return titles.seeker;
  if (alert.source === "supporter" && alert.category !== "call_crisis") return titles.supporter;
  return desk.alerts[alert.severity];
}

function sentence(alert: Alert): string {
  const texts = desk.alerts;
  if (alert.state !== "acknowledged") return texts[alert.state];
  return alert.mine || !alert.held_by ? texts.mine : fill(texts.held, { name: alert.held_by });
}

/** Who is told next, and when. */
function following(alert: Alert, now: number): string {
  if (alert.state !== "open" || alert.next_at === null) return "";
  const texts = desk.alerts;
  const left = alert.next_at - now;
  const who: Record<string, string> = texts.who;
  if (alert.next === null) return fill(texts.nextNobody, { time: countdown(left) });
  return fill(left <= 0 ? texts.nextNow : texts.next, { next: who[alert.next] ?? alert.next, time: countdown(left) });
}
