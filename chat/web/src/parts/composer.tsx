import { shared } from "@texts";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { identifier, type Identifier } from "../identifiers";
import { fill } from "../texts";
import { MAX_TEXT } from "../types";
import { Icon } from "./icons";

interface Props {
  draft: string;
  onDraft: (draft: string) => void;
  onSend: (text: string) => void;
  /** Asks before something that could tell who somebody is goes out. */
  nudge: boolean;
  label?: string;
}

const NEARLY = MAX_TEXT - 300;

/** The field to write in: grows to five lines, sends on Enter where there is a keyboard. */
export function Composer({ draft, onDraft, onSend, nudge, label = shared.composer }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [found, setFound] = useState<Identifier | null>(null);

  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.blockSize = "auto";
    area.style.blockSize = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
  }, [draft]);

  const send = (anyway: boolean) => {
    const text = draft.trim();
    if (text === "" || text.length > MAX_TEXT) return;
    const seen = nudge && !anyway ? identifier(text) : null;
    setFound(seen);
    if (seen) return;
    onSend(text);
    field.current?.focus();
  };

  const change = () => {
    setFound(null);
    field.current?.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send(false);
      }}
    >
      {found && (
        <div class="nudge" role="alert" data-test="nudge">
          <p>
            {shared.identifier[found]} {shared.identifier.why}
          </p>
          <button type="button" class="button" onClick={() => send(true)} data-test="nudge-send">
            {shared.identifier.send}
          </button>
          <button type="button" class="button" onClick={change} data-test="nudge-change">
            {shared.identifier.change}
          </button>
        </div>
      )}
      {draft.length > NEARLY && (
        <p class="count" role="status">
          {fill(shared.tooLong, { count: draft.length, most: MAX_TEXT })}
        </p>
      )}
      <div class="row">
        <textarea
          ref={field}
          rows={1}
          value={draft}
          aria-label={label}
          placeholder={label}
          autocomplete="off"
          enterkeyhint="send"
          data-test="composer"
          onInput={(event) => {
            setFound(null);
            onDraft(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            const plain = event.key === "Enter" && !event.shiftKey && !event.isComposing;
            if (!plain || !matchMedia("(pointer: fine)").matches) return;
            event.preventDefault();
            send(false);
          }}
        />
        <button type="submit" class="button main send" disabled={draft.trim() === ""} data-test="send">
          <Icon name="send" /> {shared.send}
        </button>
      </div>
    </form>
  );
}
