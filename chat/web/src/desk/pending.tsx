import { desk } from "@texts";
import { Icon } from "../parts/icons";
import type { AboutAlert, Ask } from "../state";
import { aboutAlert } from "../state";
import { count, fill } from "../texts";
import type { Colleague } from "./alerts-api";

interface Props {
  /** What was said of this alert here and is not answered yet. */
  asks: Ask[];
  people: Colleague[];
  connected: boolean;
  /** Whether it is said above already that the database is away. */
  told: boolean;
  onWithdraw: (ref: string) => void;
}

/** What was said of an alert and could not be written down yet: it is kept here and said again by itself. */
export function Pending({ asks, people, connected, told, onWithdraw }: Props) {
  const texts = desk.alerts.pending;
  const waits = asks.flatMap(({ ref, frame, late }) => (aboutAlert(frame) && (late || !connected) ? [{ ref, frame }] : []));
  const ticks = waits.filter(({ frame }) => frame.type === "tick").length;
  const others = waits.filter(({ frame }) => frame.type !== "tick");
  return (
    <div role="status" aria-live="polite">
      {waits.length > 0 && (
        <div class="banner stack" data-test="alert-pending">
          <p>
            {!connected ? `${texts.offline} ` : told ? "" : `${texts.away} `}
            {texts.lead}
          </p>
          <ul class="pending">
            {others.map(({ ref, frame }) => (
              <li key={ref} data-test={`pending-${frame.type}`}>
                <span>{said(frame, people)}</span>
                <button type="button" class="button plain" onClick={() => onWithdraw(ref)} data-test="pending-withdraw">
                  <Icon name="back" /> {texts.withdraw}
                </button>
              </li>
            ))}
            {ticks > 0 && <li data-test="pending-tick">{count(texts.ticks, ticks, document.documentElement.lang)}</li>}
          </ul>
        </div>
      )}
    </div>
  );
}

/** From each item of the protocol that was tapped and is not noted yet, to what it was set to. */
export function tappedOf(asks: Ask[]): Record<string, boolean> {
  return Object.fromEntries(asks.flatMap(({ frame }) => (frame.type === "tick" ? [[frame.item, frame.on]] : [])));
}

function said(frame: AboutAlert, people: Colleague[]): string {
  const texts = desk.alerts;
  switch (frame.type) {
    case "decide":
      return fill(texts.decidedMine, { decision: texts.decisions[frame.decision] });
    case "hand":
      return fill(texts.pending.hand, { name: people.find((one) => one.id === frame.to)?.name ?? texts.pending.someone });
    case "resolve":
      return fill(texts.pending.resolve, { outcome: texts.closings[frame.outcome] });
    default:
      return texts.standDown;
  }
}
