import { desk } from "@texts";
import { useState } from "preact/hooks";
import type { Proposal, Severity, Terms } from "./terms-api";
import { categoryWord, languageWord } from "./words";

interface Props {
  terms: Terms;
  /** Answers the sentence that says why it could not be added, or null. */
  onPropose: (proposal: Proposal) => Promise<string | null>;
}

const SEVERITIES: Severity[] = ["notice", "concern", "crisis"];

/** A new term: what people say, what it means, and whether it is tried in shadow first. */
export function ProposalForm({ terms, onPropose }: Props) {
  const texts = desk.proposal;
  const [lexicon, setLexicon] = useState(terms.lexicons.includes("en") ? "en" : (terms.lexicons[0] ?? "en"));
  const [say, setSay] = useState("");
  const [unless, setUnless] = useState("");
  const [why, setWhy] = useState("");
  const [category, setCategory] = useState(terms.categories[0] ?? "suicide");
  const [severity, setSeverity] = useState<Severity>("concern");
  const [shadow, setShadow] = useState(true);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const send = async () => {
    setBusy(true);
    setFault(null);
    const told = await onPropose({
      change: "add",
      lexicon,
      term: named(say),
      state: shadow ? "shadow" : "live",
      severity,
      category,
      why: why.trim(),
      say: lines(say),
      unless: lines(unless),
    });
    setBusy(false);
    setFault(told);
  };

  return (
    <form
      class="proposal stack"
      aria-busy={busy}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void send();
      }}
    >
      <p class="quiet">{texts.lead}</p>
      {fault && (
        <p class="banner" role="alert" data-test="proposal-fault">
          {fault}
        </p>
      )}
      <label class="field">
        {texts.say}
        <textarea required rows={3} maxLength={255} value={say} onInput={(event) => setSay(event.currentTarget.value)} data-test="proposal-say" />
        <small class="quiet">{texts.sayWhy}</small>
      </label>
      <label class="field">
        {texts.why}
        <input type="text" required maxLength={200} value={why} onInput={(event) => setWhy(event.currentTarget.value)} data-test="proposal-why" />
        <small class="quiet">{texts.whyWhy}</small>
      </label>
      <label class="field">
        {texts.unless}
        <textarea rows={2} maxLength={255} value={unless} onInput={(event) => setUnless(event.currentTarget.value)} data-test="proposal-unless" />
        <small class="quiet">{texts.unlessWhy}</small>
      </label>
      <label class="field">
        {texts.language}
        <select value={lexicon} onChange={(event) => setLexicon(event.currentTarget.value)} data-test="proposal-language">
          {terms.lexicons.map((one) => (
            <option key={one} value={one}>
              {languageWord(one)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {texts.category}
        <select value={category} onChange={(event) => setCategory(event.currentTarget.value)} data-test="proposal-category">
          {terms.categories.map((one) => (
            <option key={one} value={one}>
              {categoryWord(one)}
            </option>
          ))}
        </select>
      </label>
      <fieldset>
        <legend>{texts.severity}</legend>
        <div class="choices">
          {SEVERITIES.map((one) => (
            <label class="choice" key={one}>
              <input type="radio" name="severity" checked={severity === one} onChange={() => setSeverity(one)} data-test={`proposal-${one}`} />
              <span>{desk.severity[one]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>{texts.start}</legend>
        <div class="choices">
          {[true, false].map((one) => (
            <label class="choice" key={String(one)}>
              <input type="radio" name="start" checked={shadow === one} onChange={() => setShadow(one)} data-test={one ? "proposal-shadow" : "proposal-live"} />
              <span>{one ? texts.shadow : texts.live}</span>
            </label>
          ))}
        </div>
        <small class="quiet">{texts.startWhy}</small>
      </fieldset>
      <button type="submit" class="button main wide" aria-disabled={busy} data-test="proposal-send">
        {busy ? texts.checking : texts.send}
      </button>
    </form>
  );
}

function lines(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

/** A name made of the first words, so that nobody has to invent one; scripts without such letters get a random one. */
function named(say: string): string {
  const plain = (lines(say)[0] ?? "").normalize("NFD").toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const name = plain.slice(0, 36).replace(/^-+|-+$/g, "");
  return name !== "" ? name : `term-${crypto.getRandomValues(new Uint32Array(1))[0] ?? 0}`;
}
