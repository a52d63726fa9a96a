import { desk } from "@texts";
import { useEffect, useRef, useState } from "preact/hooks";
import { fill } from "../texts";

interface Props {
  text: string;
  lead: string;
  test: string;
  /** Answers the sentence that says why it is not in force, or null. */
  onSave: (text: string) => Promise<string | null>;
}

/** A text that people write, with the line of every mistake; until it is right, the old one holds. */
export function SheetText({ text, lead, test, onSave }: Props) {
  const texts = desk.sheet;
  const [draft, setDraft] = useState(text);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const line = Number(/^\D+ (\d+):/.exec(fault ?? "")?.[1] ?? 0);
    if (line > 0) select(area.current, line);
  }, [fault]);

  const save = async () => {
    setBusy(true);
    setFault(null);
    const told = await onSave(draft);
    setBusy(false);
    setFault(told);
  };

  return (
    <form
      class="sheet-text stack"
      aria-busy={busy}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void save();
      }}
    >
      <p class="quiet">{lead}</p>
      {fault && (
        <p class="banner" role="alert" data-test={`${test}-fault`}>
          {fill(texts.fault, { fault })}
        </p>
      )}
      <label class="field">
        {texts.text}
        <textarea
          ref={area}
          class="code"
          rows={18}
          spellcheck={false}
          autocomplete="off"
          value={draft}
          onInput={(event) => setDraft(event.currentTarget.value)}
          data-test={`${test}-text`}
        />
      </label>
      <button type="submit" class="button main wide" aria-disabled={busy} data-test={`${test}-save`}>
        {texts.save}
      </button>
    </form>
  );
}

/** Shows the line that is wrong, where people would look for it. */
function select(area: HTMLTextAreaElement | null, line: number): void {
  if (!area) return;
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
}
