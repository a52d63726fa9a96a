import { desk } from "@texts";
import { clock, fill } from "../texts";
import type { Alert } from "../types";
import type { Protocol } from "./alerts-api";

interface Props {
  protocol: Protocol;
  ticks: Alert["ticks"];
  /** What was tapped here and is not noted yet, by item. */
  tapped: Record<string, boolean>;
  lang: string;
  onTick: (item: string, on: boolean) => void;
}

/** The campus' protocol to tick: whoever has the alert next sees what is done. No free text is kept. */
export function Checklist({ protocol, ticks, tapped, lang, onTick }: Props) {
  const texts = desk.alerts;
  const done = new Map(ticks.map((tick) => [tick.item, tick]));
  const all = protocol.parts.flatMap((part) => part.items);
  return (
    <section class="stack" data-test="checklist">
      <h3>{protocol.title}</h3>
      <p class="small quiet" aria-live="polite" data-test="ticked">
        {fill(texts.ticks, { done: all.filter((item) => done.has(item.id)).length, all: all.length })}
      </p>
      {protocol.parts.map((part) => (
        <fieldset key={part.id} class="steps">
          <legend>{part.title}</legend>
          {part.items.map((item) => {
            const tick = done.get(item.id);
            return (
              <label class="step" key={item.id}>
                <input
                  type="checkbox"
                  checked={tapped[item.id] ?? tick !== undefined}
                  onChange={(event) => onTick(item.id, event.currentTarget.checked)}
                  data-test={`tick-${item.id}`}
                />
                <span>
                  {item.text}
                  {tick && (
                    <small class="quiet"> {fill(texts.tickedBy, { name: tick.by, time: clock(tick.at, lang) })}</small>
                  )}
                </span>
              </label>
            );
          })}
        </fieldset>
      ))}
      {protocol.source && (
        <details>
          <summary class="small quiet">{texts.source}</summary>
          <p class="small quiet">{protocol.source}</p>
        </details>
      )}
    </section>
  );
}
