import { seeker, shared } from "@texts";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../parts/icons";
import { Sheet } from "../parts/sheet";
import { fill } from "../texts";
import type { EnvelopeIs, EnvelopeKey } from "../types";

const MOST = 300;

interface Props {
  policy: EnvelopeKey["policy"];
  envelope: EnvelopeIs | null;
  /** Answers whether it could be sealed on this device. */
  onSeal: (where: string, reach: string, agreed: boolean) => Promise<boolean>;
  onConsent: (on: boolean) => void;
  onClose: () => void;
}

/** Where somebody is, and how to reach them, under seal; whether it opens is theirs to say. */
export function Share({ policy, envelope, onSeal, onConsent, onClose }: Props) {
  const texts = seeker.share;
  const [again, setAgain] = useState(false);
  const lies = envelope !== null && !again;
  return (
    <Sheet title={texts.title} test="share-sheet" onClose={onClose}>
      <p>{texts.lead[policy]}</p>
      {lies ? (
        <>
          <Openings envelope={envelope} />
          {envelope.unread && (
            <p role="status" data-test="sealed">
              {texts.sealed}
            </p>
          )}
          <Agree on={envelope.agreed} fixed={envelope.agreed && !envelope.unread} onChange={onConsent} />
          <button type="button" class="button plain wide" onClick={() => setAgain(true)} data-test="share-again">
            {texts.again}
          </button>
        </>
      ) : (
        <Write onSeal={onSeal} onSealed={() => setAgain(false)} />
      )}
      <button type="button" class="button wide" onClick={onClose} data-test="share-back">
        {texts.back}
      </button>
    </Sheet>
  );
}

interface WriteProps {
  onSeal: Props["onSeal"];
  onSealed: () => void;
}

function Write({ onSeal, onSealed }: WriteProps) {
  const texts = seeker.share;
  const [where, setWhere] = useState("");
  const [reach, setReach] = useState("");
  const [agreed, setAgreed] = useState(false);
  const [state, setState] = useState<"sealing" | "failed" | null>(null);
  const empty = where.trim() === "" && reach.trim() === "";
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (empty || state === "sealing") return;
        setState("sealing");
        void onSeal(where.trim(), reach.trim(), agreed).then((done) => {
          setState(done ? null : "failed");
          if (done) onSealed();
        });
      }}
    >
      <Field name="where" word={texts.where} hint={texts.whereFor} value={where} onInput={setWhere} />
      <Field name="reach" word={texts.reach} hint={texts.reachFor} value={reach} onInput={setReach} />
      <Agree on={agreed} fixed={false} onChange={setAgreed} />
      <p class="small quiet">{texts.told}</p>
      {state === "failed" && (
        <p class="banner" role="alert" data-test="share-failed">
          {texts.failed}
        </p>
      )}
      <button type="submit" class="button main wide" disabled={empty} data-test="share-seal">
        <Icon name="seal" /> {state === "sealing" ? texts.sealing : texts.seal}
      </button>
    </form>
  );
}

interface FieldProps {
  name: string;
  word: string;
  hint: string;
  value: string;
  onInput: (text: string) => void;
}

function Field({ name, word, hint, value, onInput }: FieldProps) {
  return (
    <label class="field">
      <span>{word}</span>
      <small class="quiet">{hint}</small>
      <textarea
        rows={2}
        maxLength={MOST}
        autocomplete="off"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        data-test={`share-${name}`}
      />
    </label>
  );
}

function Agree({ on, fixed, onChange }: { on: boolean; fixed: boolean; onChange: (on: boolean) => void }) {
  const texts = seeker.share;
  /** What was tapped and is not confirmed yet. */
  const [tapped, setTapped] = useState<boolean | null>(null);
  useEffect(() => setTapped(null), [on]);
  return (
    <label class="agree">
      <input
        type="checkbox"
        role="switch"
        checked={tapped ?? on}
        disabled={fixed}
        onChange={(event) => {
          setTapped(event.currentTarget.checked);
          onChange(event.currentTarget.checked);
        }}
        data-test="share-agree"
      />
      <span>
        {texts.agree}
        {!fixed && <small class="quiet">{on ? texts.agreeOn : texts.agreeOff}</small>}
      </span>
    </label>
  );
}

/** Who opened it, each in a sentence. */
export function Openings({ envelope }: { envelope: EnvelopeIs }) {
  const texts = seeker.share;
  const told = envelope.opened.map((one) =>
    fill(one.together ? texts.together : texts.opened, { name: one.name, role: shared.roles[one.who] }),
  );
  const asked = (envelope.asked ?? []).map((name) => fill(texts.asked, { name }));
  return (
    <>
      {[...new Set([...told, ...asked])].map((sentence) => (
        <p class="banner held" role="status" key={sentence} data-test="opened">
          <Icon name="seal" /> {sentence}
        </p>
      ))}
    </>
  );
}
