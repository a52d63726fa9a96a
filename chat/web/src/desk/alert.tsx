import { desk } from "@texts";
import { useState } from "preact/hooks";
import type { Duty } from "../duty";
import { Icon } from "../parts/icons";
import { Sheet } from "../parts/sheet";
import { clock, count, countdown, fill } from "../texts";
import type { Ask } from "../state";
import type { Alert, Decide, Resolve } from "../types";
import type { Colleague, Protocol } from "./alerts-api";
import { Checklist } from "./checklist";
import { Phrases } from "./panel";
import { Pending, tappedOf } from "./pending";
import { Shared } from "./shared";
import { categoryWord } from "./words";

/** What a person can do with an alert. */
export interface Moves {
  onAcknowledge: (alert: string) => void;
  onEnter: (conversation: string) => void;
  onDecide: (alert: string, decision: Decide["decision"]) => void;
  onHand: (alert: string, to: string) => void;
  onTick: (alert: string, item: string, on: boolean) => void;
  onUnseal: (conversation: string) => void;
  onResolve: (alert: string, outcome: Resolve["outcome"]) => void;
  onStandDown: (alert: string) => void;
  onWithdraw: (ref: string) => void;
}

interface Props extends Moves {
  alert: Alert;
  duty: Duty;
  me: string;
  now: number;
  lang: string;
  inside: string[];
  protocol: Protocol | null;
  people: Colleague[];
  /** What was said of alerts here and is not answered yet. */
  asks: Ask[];
  connected: boolean;
}

const DECISIONS = ["following", "on_the_way", "services_called", "in_care"] as const;
const CLOSINGS = ["confirmed", "in_contact", "passed_on", "no_contact", "false_alarm"] as const;

/** Everything about one alert on one screen: who has it and what comes next, then what was found, then what to do. */
export function AlertScreen(props: Props) {
  const { alert, duty, now, lang, inside, protocol } = props;
  const texts = desk.alerts;
  const [open, setOpen] = useState<"closing" | "deciding" | "hand" | null>(null);
  const close = () => setOpen(null);
  const talk = alert.conversation;
  const entered = talk !== null && inside.includes(talk);
  const mine = props.asks.filter((ask) => "alert" in ask.frame && ask.frame.alert === alert.alert);
  const asked = alert.handed_by !== null && alert.mine;
  return (
    <article class="alert" data-test="alert" data-state={alert.state} data-severity={alert.severity}>
      <div aria-live="assertive" class="stack">
        <h2>{title(alert)}</h2>
        {alert.source === "practice" && <p data-test="alert-practice">{texts.practiceLead}</p>}
        <p class="sentence" data-test="alert-sentence">
          {sentence(alert, now)}{" "}
          <span aria-live="off" data-test="alert-next">
            {following(alert, now)}
          </span>
        </p>
      </div>
      {alert.waits && (
        <p class="banner" data-test="alert-waits">
          {texts.waits}
        </p>
      )}
      <p class="quiet">
        {fill(texts.about, { category: categoryWord(alert.category) })} ·{" "}
        {fill(texts.since, { time: clock(alert.since, lang) })} · {fill(texts.rung, { rung: alert.rung })}
      </p>
      <Pending
        asks={mine}
        people={props.people}
        connected={props.connected}
        told={alert.waits}
        onWithdraw={props.onWithdraw}
      />
      <div class="tools">
        {(alert.state === "open" || asked) && (
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
            <Icon name="chat" /> {entered ? texts.entered : texts.enter}
          </button>
        )}
        {alert.mine && (
          <>
            {!asked && (
              <button type="button" class="button plain large" onClick={() => setOpen("deciding")} data-test="decide">
                <Icon name="bell" /> {texts.decide}
              </button>
            )}
            <button type="button" class="button plain large" onClick={() => setOpen("closing")} data-test="resolve">
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
            {!asked && (
              <button type="button" class="button plain large" onClick={() => setOpen("hand")} data-test="hand">
                <Icon name="swap" /> {texts.hand}
              </button>
            )}
          </>
        )}
      </div>
      <section class="stack">
        <h3>{texts.found}</h3>
        <ul class="found" data-test="alert-found">
          {alert.findings.map((one) => (
            <li key={one.category} data-test={`found-${one.category}`}>
              <span class={one.severity === "crisis" ? "pill hot" : "pill warm"}>{desk.severity[one.severity]}</span>{" "}
              {categoryWord(one.category)} <span class="quiet">{count(texts.foundTimes, one.count, lang)}</span>
            </li>
          ))}
        </ul>
        {entered && talk !== null ? (
          <Phrases findings={duty.findings[talk] ?? []} />
        ) : (
          <p class="small quiet">{texts.foundLater}</p>
        )}
      </section>
      <Shared
        envelope={talk === null ? null : (duty.envelopes[talk] ?? null)}
        contents={talk === null ? null : (duty.contents[talk] ?? null)}
        entered={entered}
        me={props.me}
        onUnseal={() => talk !== null && props.onUnseal(talk)}
      />
      {protocol && (
        <Checklist
          protocol={protocol}
          ticks={alert.ticks}
          tapped={tappedOf(mine)}
          lang={lang}
          onTick={(item, on) => props.onTick(alert.alert, item, on)}
        />
      )}
      {open === "closing" && (
        <Sheet title={texts.resolveTitle} test="resolve-sheet" onClose={close}>
          <p class="quiet">{texts.resolveLead}</p>
          <div class="menu">
            {CLOSINGS.map((outcome) => (
              <button
                type="button"
                class="button plain"
                key={outcome}
                data-test={`resolve-${outcome}`}
                onClick={() => {
                  close();
                  props.onResolve(alert.alert, outcome);
                }}
              >
                {texts.closings[outcome]}
              </button>
            ))}
          </div>
        </Sheet>
      )}
      {open === "deciding" && (
        <Sheet title={texts.decideTitle} test="decide-sheet" onClose={close}>
          <p class="quiet">{texts.decideLead}</p>
          <div class="menu">
            {DECISIONS.map((decision) => (
              <button
                type="button"
                class="button plain"
                key={decision}
                data-test={`decide-${decision}`}
                onClick={() => {
                  close();
                  props.onDecide(alert.alert, decision);
                }}
              >
                <span>
                  {texts.decisions[decision]}
                  <small>{texts.decisionsHold[decision]}</small>
                </span>
              </button>
            ))}
          </div>
        </Sheet>
      )}
      {open === "hand" && (
        <HandSheet
          people={props.people.filter((one) => one.name !== props.me)}
          onClose={close}
          onHand={(to) => props.onHand(alert.alert, to)}
        />
      )}
    </article>
  );
}

interface HandProps {
  people: Colleague[];
  onClose: () => void;
  onHand: (to: string) => void;
}

function HandSheet({ people, onClose, onHand }: HandProps) {
  const texts = desk.alerts;
  return (
    <Sheet title={texts.handTitle} test="hand-sheet" onClose={onClose}>
      <p class="quiet">{people.length > 0 ? texts.handLead : texts.handNobody}</p>
      <div class="menu">
        {people.map((one) => (
          <button
            type="button"
            class="button plain"
            key={one.id}
            data-test={`hand-${one.name.toLowerCase()}`}
            onClick={() => {
              onClose();
              onHand(one.id);
            }}
          >
            {one.name}
          </button>
        ))}
      </div>
    </Sheet>
  );
}

/** What this is about, in one line: the danger first, then who called. */
export function title(alert: Alert): string {
  const { titles } = desk.alerts;
  if (alert.source === "practice" || alert.source === "failure") return titles[alert.source];
  if (alert.category.startsWith("report_")) return titles.report;
  if (alert.source === "seeker") return titles.seeker;
  if (alert.source === "supporter" && alert.category !== "call_crisis") return titles.supporter;
  return desk.alerts[alert.severity];
}

/** Who has it, in a sentence. */
export function sentence(alert: Alert, now: number): string {
  const texts = desk.alerts;
  if (alert.state !== "acknowledged") return texts[alert.state];
  if (alert.handed_by !== null) {
    const time = countdown((alert.next_at ?? now) - now);
    const by = alert.handed_by;
    return alert.mine ? fill(texts.handedMine, { by, time }) : fill(texts.handed, { by, name: alert.held_by ?? "", time });
  }
  if (alert.decision) {
    const decision = texts.decisions[alert.decision];
    return alert.mine || !alert.held_by
      ? fill(texts.decidedMine, { decision })
      : fill(texts.decided, { name: alert.held_by, decision });
  }
  return alert.mine || !alert.held_by ? texts.mine : fill(texts.held, { name: alert.held_by });
}

/** What comes next if nothing else happens, and when. */
function following(alert: Alert, now: number): string {
  if (alert.next_at === null || alert.handed_by !== null) return "";
  const texts = desk.alerts;
  const left = alert.next_at - now;
  if (alert.state === "acknowledged") {
    return fill(alert.decision ? texts.decidedUntil : texts.heldUntil, { time: countdown(left) });
  }
  if (alert.state !== "open") return "";
  const who: Record<string, string> = texts.who;
  if (alert.next === null) return fill(texts.nextNobody, { time: countdown(left) });
  return fill(left <= 0 ? texts.nextNow : texts.next, { next: who[alert.next] ?? alert.next, time: countdown(left) });
}
