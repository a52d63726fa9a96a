import { seeker, shared } from "@texts";
import { useState } from "preact/hooks";
import type { Ending } from "../conversation";
import { Lines } from "../parts/lines";
import type { Line } from "../types";
import { Faces } from "./about";

interface Props {
  ending: Ending;
  lines: Line[];
  onRate: (helped: number, mood: number) => void;
  onAgain: () => void;
  onDone: () => void;
}

/** Two taps, the receipt, and where to find more. */
export function Afterwards({ ending, lines, onRate, onAgain, onDone }: Props) {
  const { after } = seeker;
  const [helped, setHelped] = useState<number | null>(null);
  const [mood, setMood] = useState<number | null>(null);
  const rated = helped !== null && mood !== null;
  const lost = ending.reason === "gone" && ending.receipt === "";
  const rate = (newHelped: number | null, newMood: number | null) => {
    if (rated) return;
    setHelped(newHelped);
    setMood(newMood);
    if (newHelped !== null && newMood !== null) onRate(newHelped, newMood);
  };
  return (
    <>
      <div class="screen calm">
        <div class="stack">
          <h1 tabIndex={-1}>{lost ? after.lost : after.title}</h1>
          {lost && <p class="lead">{after.lostLead}</p>}
          {ending.by === "supporter" && <p class="lead">{after.bySupporter}</p>}
        </div>
        {!lost && !rated && (
          <>
            <fieldset data-test="helped">
              <legend>{after.helped}</legend>
              <Faces name="helped" words={after.helpedFaces} value={helped} onChange={(v) => rate(v, mood)} />
            </fieldset>
            <fieldset data-test="mood">
              <legend>{after.mood}</legend>
              <Faces name="mood" words={shared.moods} value={mood} onChange={(v) => rate(helped, v)} />
            </fieldset>
          </>
        )}
        {rated && (
          <p class="banner" role="status" data-test="rated">
            {after.rated}
          </p>
        )}
        {ending.receipt && (
          <section class="receipt">
            <h2>{after.receipt}</h2>
            <p class="quiet">{after.receiptLead}</p>
            <code data-test="receipt">{ending.receipt}</code>
          </section>
        )}
        <section class="stack">
          <h2>{after.more}</h2>
          <Lines lines={lines} />
        </section>
      </div>
      <div class="foot two">
        <button type="button" class="button plain wide" onClick={onAgain} data-test="start-again">
          {after.again}
        </button>
        <button type="button" class="button main wide" onClick={onDone} data-test="done">
          {after.done}
        </button>
      </div>
    </>
  );
}
