import { desk } from "@texts";
import { useState } from "preact/hooks";
import type { Reach, Way } from "../reach/api";
import { fill } from "../texts";

interface Props {
  reach: Reach;
  /** Answers why it cannot be added, or null. */
  onAdd: (way: Way, address: string, label: string) => Promise<string | null>;
}

type Written = Exclude<Way, "push">;

const KINDS: Record<Written, string> = { sms: "tel", voice: "tel", email: "email", apprise: "url" };

/** One more way to be reached. A push is turned on where it is to arrive, on a page of its own. */
export function ReachForm({ reach, onAdd }: Props) {
  const texts = desk.reach;
  const ways = reach.channels.filter((way): way is Written => way !== "push");
  const [way, setWay] = useState<Written | null>(ways[0] ?? null);
  const [address, setAddress] = useState("");
  const [label, setLabel] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  if (way === null) return <p>{fill(texts.missing, { ways: Object.values(texts.ways).join(", ") })}</p>;
  const send = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFault(await onAdd(way, address, label));
    setBusy(false);
  };
  return (
    <form class="stack" noValidate onSubmit={(event) => void send(event)}>
      <label class="field">
        {texts.way}
        <select value={way} onChange={(event) => setWay(event.currentTarget.value as Written)} data-test="reach-way">
          {ways.map((one) => (
            <option key={one} value={one}>
              {texts.ways[one]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {texts.address}
        <input
          type={KINDS[way] === "tel" ? "tel" : "text"}
          inputMode={KINDS[way] as "tel" | "email" | "url"}
          autocomplete={KINDS[way] === "url" ? "off" : KINDS[way]}
          dir="ltr"
          value={address}
          onInput={(event) => setAddress(event.currentTarget.value)}
          aria-describedby="reach-hint"
          aria-invalid={fault !== null}
          data-test="reach-address"
        />
        <small id="reach-hint" class="quiet">
          {fill(texts.hints[way], { services: reach.services.join(", ") })}
        </small>
      </label>
      <label class="field">
        {texts.label}
        <input
          type="text"
          maxLength={40}
          value={label}
          onInput={(event) => setLabel(event.currentTarget.value)}
          data-test="reach-label"
        />
      </label>
      <p class={fault ? "banner" : undefined} aria-live="assertive" data-test="reach-fault">
        {fault}
      </p>
      <button type="submit" class="button main wide" disabled={busy} data-test="reach-save">
        {texts.save}
      </button>
    </form>
  );
}
