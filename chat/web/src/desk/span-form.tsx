import { desk } from "@texts";
import { useState } from "preact/hooks";
import type { Place, Roster, Span } from "./roster-api";

interface Props {
  roster: Roster;
  given: Span;
  /** A swap is about one place and never with oneself. */
  swap: boolean;
  test: string;
  onSend: (span: Span) => Promise<string | null>;
}

/** Who is on call instead, at which place, from when until when. */
export function SpanForm({ roster, given, swap, test, onSend }: Props) {
  const texts = desk.roster;
  const [span, setSpan] = useState(given);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const people = roster.people.filter((one) => !swap || one.id !== roster.me);
  const change = (more: Partial<Span>) => setSpan({ ...span, ...more });

  const send = async () => {
    setBusy(true);
    setFault(null);
    const told = await onSend({ ...span, person: span.person || (people[0]?.id ?? "") });
    setBusy(false);
    setFault(told);
  };

  return (
    <form
      class="stack"
      aria-busy={busy}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void send();
      }}
    >
      <p class="quiet">{swap ? texts.swapLead : texts.coverLead}</p>
      {fault && (
        <p class="banner" role="alert" data-test={`${test}-fault`}>
          {fault}
        </p>
      )}
      <label class="field">
        {texts.who}
        <select value={span.person} onChange={(event) => change({ person: event.currentTarget.value })} data-test={`${test}-person`}>
          {people.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      {!swap && (
        <label class="field">
          {texts.place}
          <select value={span.place} onChange={(event) => change({ place: event.currentTarget.value as Place })} data-test={`${test}-place`}>
            {(["first", "second"] as const).map((one) => (
              <option key={one} value={one}>
                {texts.places[one]}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        {texts.from}
        <input type="datetime-local" required value={span.from} onInput={(event) => change({ from: event.currentTarget.value })} data-test={`${test}-from`} />
      </label>
      <label class="field">
        {texts.until}
        <input type="datetime-local" required value={span.until} onInput={(event) => change({ until: event.currentTarget.value })} data-test={`${test}-until`} />
        <small class="quiet">{texts.zone.replace("{zone}", roster.zone)}</small>
      </label>
      <button type="submit" class="button main wide" aria-disabled={busy} data-test={`${test}-send`}>
        {swap ? texts.swapSend : texts.coverSend}
      </button>
    </form>
  );
}
