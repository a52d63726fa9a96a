import { desk, shared } from "@texts";
import { useState } from "preact/hooks";
import type { Conversation } from "../conversation";
import { OUTCOMES, TOPICS, type Wrapup } from "../types";

interface Props {
  talk: Conversation;
  onDone: (outcome: Wrapup["outcome"], topic: Wrapup["topic"]) => void;
  onClose: () => void;
}

const OFFERED = OUTCOMES.filter((outcome) => outcome !== "none" && outcome !== "practice");

/** Outcome and topic, and no free text: what is kept of a conversation. */
export function WrapupForm({ talk, onDone, onClose }: Props) {
  const texts = desk.wrapup;
  const told = TOPICS.find((topic) => topic === talk.topic) ?? null;
  const [outcome, setOutcome] = useState<Wrapup["outcome"] | null>(null);
  const [topic, setTopic] = useState<Wrapup["topic"] | null>(told);
  const by: Record<string, string> = texts.by;
  const returned: Record<string, string> = texts.returned;
  // A conversation that goes on without this person is wrapped up by whoever ends it.
  const elsewhere = returned[talk.ended?.reason ?? ""];
  const needed = talk.role === "supporter" && elsewhere === undefined;
  return (
    <section class="pane wrapup" data-test="wrapup">
      <h2 tabIndex={-1}>{needed ? texts.title : texts.over}</h2>
      <p>
        {elsewhere ?? by[talk.ended?.by ?? "system"]} <span class="quiet">{needed && texts.lead}</span>
      </p>
      {needed && (
        <>
          <fieldset>
            <legend>{texts.outcome}</legend>
            <div class="choices">
              {OFFERED.map((one) => (
                <label class="choice" key={one}>
                  <input
                    type="radio"
                    name="outcome"
                    checked={outcome === one}
                    onChange={() => setOutcome(one)}
                    data-test={`outcome-${one}`}
                  />
                  <span>{texts.outcomes[one]}</span>
                </label>
              ))}
            </div>
          </fieldset>
          <fieldset>
            <legend>{texts.topic}</legend>
            <div class="choices">
              {TOPICS.map((one) => (
                <label class="choice" key={one}>
                  <input
                    type="radio"
                    name="wrapup-topic"
                    checked={topic === one}
                    onChange={() => setTopic(one)}
                    data-test={`wrapup-topic-${one}`}
                  />
                  <span>{shared.topics[one]}</span>
                </label>
              ))}
            </div>
          </fieldset>
        </>
      )}
      <div class="tools">
        {needed ? (
          <button
            type="button"
            class="button main"
            disabled={outcome === null || topic === null}
            onClick={() => outcome && topic && onDone(outcome, topic)}
            data-test="wrapup-done"
          >
            {texts.done}
          </button>
        ) : (
          <button type="button" class="button main" onClick={onClose} data-test="talk-close">
            {texts.close}
          </button>
        )}
      </div>
    </section>
  );
}
